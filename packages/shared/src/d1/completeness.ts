import { countCandles } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";
import { askOwners } from "./ask-databases.ts";
import type { Found } from "./read-series.ts";
import {
  DAY,
  FIRST_DAY,
  HOT_DAYS,
  HOT_OF_DAY,
  RANGES,
  rangesJson,
  type DayRange,
} from "./hot-days.ts";

/** Of which part of a series the holdings are asked. */
export interface HoldingsRange extends DayRange {
  /** Inclusive, unix seconds, on the first day: no candle before it counts as missing. */
  readonly start: number;
}

/** What the tables know of a series, without a look at candles of days that are counted. */
export interface Holdings {
  /** Candles of the range that are held, hot or cold. */
  readonly held: number;
  /** Missing candles of gaps in the range that will not be filled: never more than there are. */
  readonly explained: number;
}

export interface HoldingsFound {
  /** As many as ranges were given, in their order. */
  readonly holdings: readonly Holdings[];
  readonly rowsRead: number;
  readonly durationMs: number;
}

/**
 * Cold candles: of a file that lies in the range, its rows; of one that reaches beyond it, the sum
 * of its days there.
 */
const COLD = `
WITH ${RANGES}
SELECT r.position, SUM(
  iif(f.first_timestamp >= r.from_day * ${DAY} AND f.last_timestamp < r.to_day * ${DAY}, f.rows, (
    SELECT TOTAL(d.value) FROM json_each(f.day_counts) AS d
    WHERE ${FIRST_DAY} + d.key >= r.from_day AND ${FIRST_DAY} + d.key < r.to_day))) AS candles
FROM r CROSS JOIN archive_files AS f ON f.source = r.source AND f.symbol = r.symbol
  AND f.timeframe = r.timeframe AND f.state = 'current'
  AND f.last_timestamp >= r.from_day * ${DAY} AND f.first_timestamp < r.to_day * ${DAY}
GROUP BY r.position`;

/** Cold candles of a day that is hot too: of most none, and no file is looked at. */
const COLD_OF_DAY = `
iif(day > COALESCE(cold_until, -1), 0, COALESCE((
  SELECT f.day_counts ->> (days.day - ${FIRST_DAY}) FROM archive_files AS f
  WHERE f.source = days.source AND f.symbol = days.symbol AND f.timeframe = days.timeframe
    AND f.state = 'current' AND f.partition = strftime(
      iif(days.unit = 'year', '%Y', '%Y-%m'), days.day * ${DAY}, 'unixepoch')), 0))`;

/** Of a day that is both hot and cold, what the one of them that has more has beyond the other. */
const HOT = `
WITH RECURSIVE ${RANGES}, ${HOT_DAYS}
SELECT position, SUM(MAX(0, ${HOT_OF_DAY} - ${COLD_OF_DAY})) AS candles
FROM days GROUP BY position`;

/**
 * Unfillable gaps: those that lie in a range are summed, those that reach beyond it come one by one,
 * with where they begin. By seconds, not by days: a gap may end where the range begins.
 */
const EXPLAINED = `
WITH r (position, source, symbol, timeframe, start, until) AS MATERIALIZED (
  SELECT key, value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1))
SELECT r.position,
  iif(g.start >= r.start AND g."end" <= r.until, NULL, g.start) AS edge,
  MAX(g."end") AS "end", MAX(g.runs) AS runs, SUM(g.missing) AS candles
FROM r CROSS JOIN gaps AS g ON g.source = r.source AND g.symbol = r.symbol
  AND g.timeframe = r.timeframe AND g.start < r.until AND g."end" > r.start
  AND g.state = 'unfillable'
GROUP BY r.position, edge`;

interface CountRow {
  readonly position: number;
  readonly candles: number;
}

/** One gap that reaches beyond a range, or, where `edge` is null, the sum of those that do not. */
interface ExplainedRow extends CountRow {
  readonly edge: number | null;
  readonly end: number;
  readonly runs: number;
}

/**
 * How many candles each of `ranges` holds, and how many of those it misses are explained, at one
 * moment. Cold candles are counted by the manifest, hot ones by the coverage, and only days that
 * have no row there yet, and larger timeframes, by the key. A candle is at times in both: of a day
 * that both have, the larger count is taken, and where each has candles that the other has not, the
 * sum is higher. Throws StorageUnavailableError.
 */
export async function readHoldings(
  db: D1Database,
  ranges: readonly HoldingsRange[],
): Promise<HoldingsFound> {
  const { rows, ...cost } = await askOwners(db, ranges, ({ series }) => series, readHoldingsIn);
  return { holdings: rows, ...cost };
}

async function readHoldingsIn(
  db: D1Database,
  ranges: readonly HoldingsRange[],
): Promise<Found<Holdings>> {
  const days = rangesJson(ranges);
  const [cold, hot, explained] = await db
    .batch<ExplainedRow>([
      db.prepare(COLD).bind(days),
      db.prepare(HOT).bind(days),
      db.prepare(EXPLAINED).bind(secondsJson(ranges)),
    ])
    .catch(throwStorageError);
  const held = [cold, hot].map((found) => sumsOf(found?.results ?? []));
  const reasons = sumsOf(
    (explained?.results ?? []).map((row) => ({
      position: row.position,
      candles: explainedBy(row, ranges[row.position]),
    })),
  );
  const all = [cold, hot, explained].flatMap((found) => found?.meta ?? []);
  return {
    rows: ranges.map((_, position) => ({
      held: held.reduce((sum, counts) => sum + (counts.get(position) ?? 0), 0),
      explained: reasons.get(position) ?? 0,
    })),
    rowsRead: all.reduce((sum, meta) => sum + meta.rows_read, 0),
    durationMs: all.reduce((sum, meta) => sum + meta.duration, 0),
  };
}

function sumsOf(rows: readonly CountRow[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const { position, candles } of rows) {
    sums.set(position, (sums.get(position) ?? 0) + candles);
  }
  return sums;
}

/**
 * How many candles of `row` are missing in `range` at least. Of one run they can be counted. Of
 * several nobody knows where they are: only what is too much to lie outside is surely in the range.
 */
function explainedBy(
  { edge, end, runs, candles }: ExplainedRow,
  range: HoldingsRange | undefined,
): number {
  if (edge === null || range === undefined) {
    return candles;
  }
  const { timeframe } = range.series;
  const within = countCandles(Math.max(edge, range.start), Math.min(end, range.until), timeframe);
  const outside = countCandles(edge, end, timeframe) - within;
  return runs === 1 ? within : Math.max(0, candles - outside);
}

function secondsJson(ranges: readonly HoldingsRange[]): string {
  return JSON.stringify(
    ranges.map(({ series: { source, symbol, timeframe }, start, until }) => [
      source,
      symbol,
      timeframe,
      start,
      until,
    ]),
  );
}
