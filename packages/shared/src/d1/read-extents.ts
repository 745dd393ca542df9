import type { StoredExtent } from "../core/base-plan.ts";
import type { TimeRange } from "../core/cold-plan.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { askOwners } from "./ask-databases.ts";
import type { Found } from "./read-series.ts";
import { partitionsOf, type D1Cost } from "./read-candles.ts";

/** A stretch of a series, to be looked for in hot and cold. */
export interface ExtentWanted {
  readonly series: Series;
  readonly range: TimeRange;
}

/** What was found, and what it cost. */
export interface ExtentsFound extends D1Cost {
  /** One for each that was wanted, in their order. */
  readonly extents: readonly StoredExtent[];
}

const HOT = `
FROM price_data AS p WHERE p.source = w.source AND p.symbol = w.symbol AND p.timeframe = w.timeframe
  AND p.timestamp >= w.since AND p.timestamp < w.until`;
const COLD = `
FROM archive_files AS f WHERE f.source = w.source AND f.symbol = w.symbol AND f.timeframe = w.timeframe
  AND f.partition >= w.first_partition AND f.partition <= w.last_partition AND f.state = 'current'
  AND f.last_timestamp >= w.since AND f.first_timestamp < w.until`;

/** Four seeks of the keys for each that is wanted. */
const SELECT_EXTENTS = `
WITH wanted AS (
  SELECT key AS place, value ->> 0 AS source, value ->> 1 AS symbol, value ->> 2 AS timeframe,
    value ->> 3 AS since, value ->> 4 AS until, value ->> 5 AS first_partition,
    value ->> 6 AS last_partition
  FROM json_each(?1)
)
SELECT (SELECT MIN(p.timestamp) ${HOT}) AS oldestHot, (SELECT MAX(p.timestamp) ${HOT}) AS newestHot,
  (SELECT f.first_timestamp ${COLD} ORDER BY f.partition ASC LIMIT 1) AS firstCold,
  (SELECT f.last_timestamp ${COLD} ORDER BY f.partition DESC LIMIT 1) AS lastCold
FROM wanted AS w ORDER BY w.place`;

interface ExtentRow {
  readonly oldestHot: number | null;
  readonly newestHot: number | null;
  readonly firstCold: number | null;
  readonly lastCold: number | null;
}

/**
 * The first and the last candle of each of `wanted`, in one query a database. Where a file reaches beyond the
 * range, the range's own end stands for its candles, so that only the whole of time tells of candles
 * that are there for certain. Throws StorageUnavailableError or
 * StorageRejectedError.
 */
export async function readExtents(
  db: D1Database,
  wanted: readonly ExtentWanted[],
): Promise<ExtentsFound> {
  const { rows, ...cost } = await askOwners(db, wanted, ({ series }) => series, readExtentsIn);
  return { extents: rows, ...cost };
}

async function readExtentsIn(
  db: D1Database,
  wanted: readonly ExtentWanted[],
): Promise<Found<StoredExtent>> {
  const given = wanted.map(({ series: { source, symbol, timeframe }, range }) => [
    source,
    symbol,
    timeframe,
    range.from,
    range.to,
    ...partitionsOf(range, timeframe),
  ]);
  const { results, meta } = await db
    .prepare(SELECT_EXTENTS)
    .bind(JSON.stringify(given))
    .all<ExtentRow>()
    .catch(throwStorageError);
  return {
    rows: wanted.map(({ series: { timeframe }, range }, index): StoredExtent => {
      const row = results[index];
      const first = [row?.oldestHot, row?.firstCold].flatMap((time) => time ?? []);
      const last = [row?.newestHot, row?.lastCold].flatMap((time) => time ?? []);
      return first.length === 0
        ? { timeframe, first: undefined, last: undefined }
        : {
            timeframe,
            first: Math.max(range.from, Math.min(...first)),
            last: Math.min(range.to - 1, Math.max(...last)),
          };
    }),
    rowsRead: meta.rows_read,
    durationMs: meta.duration,
  };
}
