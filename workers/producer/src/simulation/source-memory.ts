import type { Shard } from "@candlehouse/shared/core/collect-plan";
import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import type { SentMessages } from "@candlehouse/shared/core/fleet-month-store";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import type { RateState } from "@candlehouse/shared/core/rate-limit";
import type { ShardReport } from "../collect-shard.ts";
import { shardRecordOf } from "../shard-record.ts";
import type { Source } from "../sources/source.ts";
import { collectVirtually, type Buckets, type Latency } from "./source-tick.ts";

/** What a source did in a tick, whenever that was: times are counted from the tick. */
export interface SourceOutcome {
  readonly tally: LedgerTally;
  readonly sent: readonly SentMessages[];
  /** One for each shard, in their order. */
  readonly shards: readonly ShardOutcome[];
  readonly buckets: Buckets;
}

/** What came of a shard. */
interface ShardOutcome {
  /** Places of the windows that were answered. */
  readonly answered: readonly number[];
  readonly unreached: number;
  /** Rows of `series` that are written because a source had nothing new. */
  readonly silent: number;
}

/** What a source does when it is asked for the same windows from the same state is the same. */
export class SourceMemory {
  readonly #latency: Latency;
  readonly #known = new Map<string, SourceOutcome>();

  constructor(latency: Latency) {
    this.#latency = latency;
  }

  /** What `shards` of `source` come to in the tick of `nowSeconds`, with the limiters as `buckets` has them. */
  async collect(
    source: Source,
    shards: readonly Shard[],
    buckets: Buckets,
    nowSeconds: number,
  ): Promise<SourceOutcome> {
    const startMs = nowSeconds * 1_000;
    const own = bucketsAt(source, buckets, startMs);
    const key = JSON.stringify([source.id, shapesOf(shards, nowSeconds), [...own]]);
    const known = this.#known.get(key);
    if (known !== undefined) {
      return known;
    }
    const given = { startMs, buckets: shiftBuckets(own, startMs), latency: this.#latency };
    const done = await collectVirtually(source, shards, given);
    const outcome: SourceOutcome = {
      tally: done.tally,
      sent: done.sent.map((one) => ({ ...one, atMs: one.atMs - startMs })),
      shards: done.reports.map((report, place) => outcomeOf(source, shards[place], report)),
      buckets: shiftBuckets(done.buckets, -startMs),
    };
    this.#known.set(key, outcome);
    return outcome;
  }
}

function outcomeOf({ id }: Source, shard: Shard | undefined, report: ShardReport): ShardOutcome {
  if (shard === undefined) {
    throw new Error("there are more reports than shards");
  }
  return {
    answered: report.answered.map(({ window }) => shard.windows.indexOf(window)),
    unreached: report.unreached.length,
    silent: shardRecordOf(id, report, shard.askAt).silent.length,
  };
}

/** All that collecting depends on, beside the limiters, but for names. */
function shapesOf(shards: readonly Shard[], nowSeconds: number): unknown {
  return shards.map(({ askAt, windows }) => [
    askAt - nowSeconds,
    windows.map((window) => shapeOf(window, nowSeconds)),
  ]);
}

function shapeOf(window: CandleWindow, nowSeconds: number): unknown {
  const { kind, timeframe, start, end, watermark, askedUntil } = window;
  const times = [start, end, watermark, askedUntil];
  return [kind, timeframe, ...times.map((time) => (time === null ? null : time - nowSeconds))];
}

/** The limiters of `source` as they are at `atMs`, counted from there: buckets fill by the clock. */
function bucketsAt({ hosts, rate }: Source, buckets: Buckets, atMs: number): Buckets {
  const own = new Map<string, RateState>();
  for (const host of hosts) {
    const state = buckets.get(host);
    if (state !== undefined) {
      const filled = state.tokens + ((atMs - state.atMs) / 1_000) * rate.perSecond;
      own.set(host, { ...state, tokens: Math.min(rate.burst, filled), atMs: 0 });
    }
  }
  return own;
}

/** `buckets` whose times are counted from `byMs` earlier. */
export function shiftBuckets(buckets: Buckets, byMs: number): Buckets {
  return new Map(
    Array.from(buckets, ([host, state]) => [host, { ...state, atMs: state.atMs + byMs }]),
  );
}
