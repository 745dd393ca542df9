import { env } from "cloudflare:workers";
import { freshProgress, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import type { Series } from "@candlehouse/shared/core/series";
import { openTimeOf, timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { candleValues } from "@candlehouse/shared/core/candle";
import { insertBackfills } from "@candlehouse/shared/d1/jobs";
import { candleOf, type Market } from "./market.ts";
import type { Random } from "./random.ts";

const DAY = 86_400;

/** Days before schedules begin at the end of a month, so that minutes come to two partitions. */
const MONTH_END = Date.UTC(2026, 1, 1) / 1_000;

/** When a schedule begins, unix seconds. */
export function beginOf(random: Random): number {
  return MONTH_END - random.below(3) * DAY + random.below(DAY);
}

/** The series of a schedule: names of its own, so that nothing an isolate remembers is met again. */
export function seriesOf(seed: number, random: Random): Series[] {
  const finer: Timeframe = random.pick(["5m", "15m", "30m"]);
  return [
    { source: "binance", symbol: `A${seed}-USDT`, timeframe: "1h" },
    { source: "coinbase", symbol: `B${seed}-USD`, timeframe: finer },
  ];
}

const TABLES = [
  "price_data",
  "candle_revisions",
  "series",
  "source_state",
  "dead_letters",
  "archive_files",
  "archive_changes",
  "asked_ranges",
  "coverage",
  "gaps",
  "jobs",
  "cost_ledger",
];

/** Empties the stores. */
export async function clearStores(): Promise<void> {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  const { objects } = await env.BUCKET.list();
  if (objects.length > 0) {
    await env.BUCKET.delete(objects.map(({ key }) => key));
  }
}

/**
 * Has all of `series` collected from `from` (unix seconds) on: each has one candle, from which
 * collection goes on. Returns their open times, in the order of `series`.
 */
export async function startCollection(
  series: readonly Series[],
  market: Market,
  from: number,
): Promise<readonly number[]> {
  const firsts: number[] = [];
  for (const one of series) {
    const { source, symbol, timeframe } = one;
    const step = timeframeSeconds(timeframe);
    let first = openTimeOf(from, timeframe) - 2 * step;
    while (!market.has(one, first)) {
      first -= step;
    }
    firsts.push(first);
    const said = market.say(one, first, from);
    market.note(one, said);
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES (?1, ?2, ?3, ?4, 1)",
      ).bind(source, symbol, timeframe, source === "binance" ? symbol.replace("-", "") : symbol),
      env.DB.prepare("INSERT INTO price_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").bind(
        source,
        symbol,
        timeframe,
        ...candleValues(candleOf(one, said)),
      ),
    ]);
  }
  return firsts;
}

/** A backfill of the two days of `series` before `until`, unix seconds; the next tick starts it. */
export async function orderBackfill(series: Series, until: number): Promise<BackfillJob> {
  const { source, symbol, timeframe } = series;
  const end = openTimeOf(until, timeframe);
  const range = { start: end - DAY, end };
  const nativeSymbol = source === "binance" ? symbol.replace("-", "") : symbol;
  const job: BackfillJob = {
    id: "0123456789ab",
    batch: "ba9876543210",
    source,
    symbol,
    timeframe,
    state: "queued",
    request: { ...range, markets: [{ symbol, nativeSymbol }], isGrouped: false },
    progress: freshProgress(range, "probe"),
    message: null,
    instance: null,
    createdAt: until,
    startedAt: null,
    updatedAt: until,
    finishedAt: null,
  };
  await insertBackfills(env.DB, [job]);
  return job;
}
