import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import { freshProgress, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { REAL_CLOCK } from "@candlehouse/shared/core/clock";
import type { Series } from "@candlehouse/shared/core/series";
import { insertBackfills } from "@candlehouse/shared/d1/jobs";
import type { CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { decodeUpload } from "@candlehouse/shared/r2/decode-fragment";
import type { BackfillContext } from "../src/backfill-context.ts";
import { binance } from "../src/sources/binance.ts";
import { gated, stopper, type Gate } from "../../archiver/test/stoppable.ts";

const MINUTE = 60;
const DAY = 86_400;

const END = Date.UTC(2026, 5, 20, 12) / 1_000;
/** The last minute of the range has closed and settled. */
const NOW = END + 30;
const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };

/** The job that a test runs. */
export const JOB = "0123456789ab";

/** The range that is backfilled: two days, of which the last one and a half are hot. */
export const RANGE = { start: END - 2 * DAY, end: END };
const HOT_DAYS = 1;

/** Minutes that the market does not have: some quiet ones, and a hole of some hours. */
function isAbsent(time: number): boolean {
  const minute = (time - RANGE.start) / MINUTE;
  return minute % 701 === 13 || (minute >= 2_000 && minute < 2_300);
}

/** Binance's row of a minute. */
function rowAt(time: number): readonly unknown[] {
  const price = 50_000 + ((time / MINUTE) % 977);
  const [open, high, low] = [price, price + 2.5, price - 1.25].map(String);
  return [time * 1_000, open, high, low, open, "1.5", time * 1_000 + 59_999, "75000.25", 7];
}

/** The market's minutes of the range, as D1 holds them. */
export function marketMinutes(): number[] {
  const times: number[] = [];
  for (let time = RANGE.start; time < RANGE.end; time += MINUTE) {
    if (!isAbsent(time)) {
      times.push(time);
    }
  }
  return times;
}

/** Answers as Binance does; of some requests, only the first rows. Minutes that `isQuiet` are none. */
export function answerAs(
  cutShort: (request: number) => number | undefined,
  isQuiet: (time: number) => boolean = isAbsent,
) {
  let requests = 0;
  return async (request: Request): Promise<Response> => {
    requests += 1;
    const query = new URL(request.url).searchParams;
    const [start, end] = ["startTime", "endTime"].map((name) => Number(query.get(name)) / 1_000);
    const step = query.get("interval") === "1d" ? DAY : MINUTE;
    const rows: (readonly unknown[])[] = [];
    for (let time = start ?? 0; time <= (end ?? 0); time += step) {
      if (step === DAY || !isQuiet(time)) {
        rows.push(rowAt(time));
      }
    }
    const date = new Date(NOW * 1_000).toUTCString();
    const kept = rows.slice(0, cutShort(requests));
    return new Response(JSON.stringify(kept), { headers: { date } });
  };
}

function nowMs(): number {
  return NOW * 1_000;
}

/** What a test decides of a context: who answers, and where it is stopped. */
export interface Outside {
  readonly fetch: (request: Request) => Promise<Response>;
  /** No member: it is never stopped. */
  readonly gate?: Gate;
  /** Requests that the limiter grants; undefined where it has closed the host. No member: enough. */
  readonly grant?: (ask: number) => number | undefined;
}

/**
 * Real D1 and R2. The two other Workers are stood in for by what they come to: what is handed on is
 * stored. Everything that waits or is asked goes through `gate`.
 */
export function contextOf({
  fetch,
  gate = stopper(undefined).gate,
  grant = (ask) => Math.min(ask, 3),
}: Outside): BackfillContext {
  return {
    db: gated(env.DB, gate),
    bucket: gated(env.BUCKET, gate),
    queue: {
      sendBatch: (messages) =>
        gate("send", async () => {
          for (const { body } of messages) {
            await storeMessage(body);
          }
        }),
    },
    archiver: {
      fetch: async (input) => {
        const bytes = new Uint8Array(await new Request(input).arrayBuffer());
        return gate("hand in", async () => {
          const { candles } = decodeUpload(bytes, undefined, NOW);
          await store(candles);
          return new Response("{}");
        });
      },
    },
    workflow: env.BACKFILL,
    clock: { ...REAL_CLOCK },
    realNowMs: nowMs,
    hotDays: HOT_DAYS,
    budget: null,
    source: () => binance,
    askTools: () => ({
      access: {
        fetch: (request) => gate("fetch", () => fetch(request)),
        simulatorUrl: "http://market",
        key: undefined,
        nowMs,
      },
      reserve: (_host, _policy, _outcomes, ask) =>
        gate("reserve", async () => {
          const granted = grant(ask);
          return granted === undefined
            ? { granted: 0, waitMs: 0, closed: { reason: "rate_limited", untilMs: nowMs() } }
            : { granted, waitMs: 0, closed: null };
        }),
      nowMs,
      sleep: () => gate("sleep", async () => undefined),
      realMs: (ms) => ms,
      realNowMs: nowMs,
    }),
  };
}

async function storeMessage({ candles }: CandleMessage): Promise<void> {
  await store(
    candles.map(([, , timestamp, open, high, low, close, volume_from, volume_to, trades]) => ({
      timestamp,
      open,
      high,
      low,
      close,
      volume_from,
      volume_to,
      trades,
    })),
  );
}

const INSERT = `
INSERT OR IGNORE INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close,
  volume_from, volume_to, trades)
SELECT 'binance', 'BTC-USDT', '1m', value ->> 'timestamp', value ->> 'open', value ->> 'high',
  value ->> 'low', value ->> 'close', value ->> 'volume_from', value ->> 'volume_to', value ->> 'trades'
FROM json_each(?1)`;

async function store(candles: readonly Candle[]): Promise<void> {
  await env.DB.prepare(INSERT).bind(JSON.stringify(candles)).run();
}

/** A job for the range, with `instance` working on it. */
export async function putJob(id: string, instance: string): Promise<BackfillJob> {
  const market = { symbol: SERIES.symbol, nativeSymbol: "BTCUSDT" };
  const job: BackfillJob = {
    id,
    batch: `of-${id}`,
    source: SERIES.source,
    symbol: SERIES.symbol,
    timeframe: SERIES.timeframe,
    state: "queued",
    request: { ...RANGE, markets: [market], isGrouped: false },
    progress: freshProgress(RANGE, "probe"),
    message: null,
    instance: null,
    createdAt: NOW,
    startedAt: null,
    updatedAt: NOW,
    finishedAt: null,
  };
  await insertBackfills(env.DB, [job]);
  await setInstance(id, instance);
  return job;
}

export async function setInstance(id: string, instance: string): Promise<void> {
  await env.DB.prepare("UPDATE jobs SET instance = ?1 WHERE id = ?2").bind(instance, id).run();
}

export async function heldTimes(): Promise<number[]> {
  const { results } = await env.DB.prepare(
    "SELECT timestamp FROM price_data ORDER BY timestamp",
  ).all<{ timestamp: number }>();
  return results.map(({ timestamp }) => timestamp);
}

export async function clearWarehouse(): Promise<void> {
  await env.DB.batch(
    ["price_data", "asked_ranges", "jobs"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
}
