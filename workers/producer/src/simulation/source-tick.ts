import type { Candle } from "@candlehouse/shared/core/candle";
import type { Shard } from "@candlehouse/shared/core/collect-plan";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import {
  freshRateState,
  recordOutcomes,
  reserve,
  type RateState,
} from "@candlehouse/shared/core/rate-limit";
import { addCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import type { SentMessages } from "@candlehouse/shared/core/fleet-month-store";
import { collectShard, type CollectorTools, type ShardReport } from "../collect-shard.ts";
import type { Source } from "../sources/source.ts";
import { VirtualTime } from "./virtual-time.ts";

/** How long things take that only a network knows, in milliseconds. */
export interface Latency {
  /** A request to a source, until its answer is read. */
  readonly requestMs: number;
  /** A call of a host's limiter. */
  readonly limiterMs: number;
}

/** D1 bills two rows read a key of the overlap: the element of the list, and the candle. */
const ROWS_READ_A_KEY = 2;

/** As the shard's own invocation has it. */
const COLLECT_MS_MAX = 55_000;

/** The bucket of each host, by name. */
export type Buckets = ReadonlyMap<string, RateState>;

/** What the shards of one source did in a tick. */
export interface SourceTick {
  /** What is billed of it, but for what is recorded of the shards. */
  readonly tally: LedgerTally;
  readonly reports: readonly ShardReport[];
  readonly sent: readonly SentMessages[];
  readonly buckets: Buckets;
}

/**
 * Collects `shards` of `source` as the producer does, with its own code, on a clock of their own that
 * begins at `startMs`: from a market that has every candle, into a queue that takes all, with all
 * stored that the windows' watermarks say.
 */
export async function collectVirtually(
  source: Source,
  shards: readonly Shard[],
  { startMs, buckets, latency }: { startMs: number; buckets: Buckets; latency: Latency },
): Promise<SourceTick> {
  const time = new VirtualTime(startMs);
  const tally = newTally();
  const sent: SentMessages[] = [];
  const limiters = new Map(buckets);
  const tools = toolsOf({ time, tally, sent, limiters, latency });
  const collectOne = async (shard: Shard): Promise<ShardReport> => {
    await time.sleep(Math.max(0, shard.askAt * 1_000 - time.nowMs()));
    return collectShard(marketOf(source), shard, startMs + COLLECT_MS_MAX, tools);
  };
  const reports = await time.run(Promise.all(shards.map(collectOne)));
  tally.candles = reports.reduce((sum, { candles }) => sum + candles, 0);
  return { tally, reports, sent, buckets: limiters };
}

interface World {
  readonly time: VirtualTime;
  readonly tally: LedgerTally;
  readonly sent: SentMessages[];
  readonly limiters: Map<string, RateState>;
  readonly latency: Latency;
}

function toolsOf({ time, tally, sent, limiters, latency }: World): CollectorTools {
  return {
    access: {
      fetch: async () => {
        await time.sleep(latency.requestMs);
        return new Response(null, { headers: { date: new Date(time.nowMs()).toUTCString() } });
      },
      simulatorUrl: undefined,
      key: "simulated",
      nowMs: time.nowMs,
    },
    reserve: async (host, policy, outcomes, ask) => {
      await time.sleep(latency.limiterMs);
      const nowMs = time.nowMs();
      const known = recordOutcomes(
        limiters.get(host) ?? freshRateState(policy, nowMs),
        policy,
        outcomes,
        nowMs,
      );
      const { state, reservation } = reserve(known, policy, ask, nowMs);
      tally.object_requests += 1;
      // As HostLimiter has it: nothing is written where nothing was granted or learned.
      if (outcomes.length > 0 || reservation.granted > 0) {
        tally.object_rows_written += 1;
        limiters.set(host, state);
      }
      return reservation;
    },
    readStored: async (_source, keys) => {
      tally.rows_read += ROWS_READ_A_KEY * keys.length;
      return keys.map((key) => ({ ...key, ...candleAt(key.timestamp) }));
    },
    queue: {
      sendBatch: async (batch) => {
        const bodies = Array.from(batch, ({ body }) => body);
        const candles = bodies.reduce((sum, body) => sum + body.candles.length, 0);
        tally.queue_operations += bodies.length;
        sent.push({ atMs: time.nowMs(), messages: bodies.length, candles });
      },
    },
    nowMs: time.nowMs,
    sleep: time.sleep,
  };
}

/** `source`, as it is asked, with a market that has every candle. */
function marketOf(source: Source): Source {
  return {
    ...source,
    readError: () => undefined,
    usedWeight: () => undefined,
    parseCandles: ({ timeframe, start, end }) => ({
      candles: openTimes(start, end, timeframe).map(candleAt),
      openCandles: [],
      coveredStart: start,
      coveredEnd: end,
    }),
  };
}

function openTimes(start: number, end: number, timeframe: Timeframe): number[] {
  const times: number[] = [];
  for (let time = start; time < end; time = addCandles(time, timeframe, 1)) {
    times.push(time);
  }
  return times;
}

/** The same each time that it is asked for. */
function candleAt(timestamp: number): Candle {
  return {
    timestamp,
    open: "64000.5",
    high: "64010",
    low: "63990.25",
    close: "64001",
    volume_from: "1.25",
    volume_to: "80001.25",
    trades: 7,
  };
}
