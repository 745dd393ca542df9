import type { Series } from "../core/series.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { askPage, compareSeries } from "./ask-databases.ts";
import { storageErrorOf } from "./d1-error.ts";
import { groupByOwner } from "./databases.ts";

/** Which rows of `series` are meant; a member that is undefined excludes none. */
export interface SeriesFilter {
  readonly source?: SourceId | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly tier?: number | undefined;
  readonly enabled?: boolean | undefined;
}

/** A stretch of an inventory: its order is that of the primary key. */
export interface InventoryPage {
  /** Exclusive: the series that the page before ended with. */
  readonly after: Series | undefined;
  readonly limit: number;
}

/** What is known of a series. Times are unix seconds. */
export interface SeriesRow extends Series {
  readonly native_symbol: string;
  readonly tier: number;
  readonly enabled: 0 | 1;
  /** Open time of the oldest candle, hot or cold; null where there is none. */
  readonly first_timestamp: number | null;
  /** Open time of the newest candle, hot or cold; null where there is none. */
  readonly last_timestamp: number | null;
  readonly asked_until: number | null;
  readonly catch_up_from: number | null;
  readonly catch_up_until: number | null;
  readonly failure_count: number;
  readonly retry_at: number | null;
  readonly last_error_at: number | null;
  readonly last_error_code: string | null;
  readonly last_error: string | null;
}

/** What a read found, and what it cost. */
export interface Found<Row> {
  readonly rows: readonly Row[];
  /** Rows that D1 bills. */
  readonly rowsRead: number;
  /** Milliseconds that D1 worked. */
  readonly durationMs: number;
}

/** The rows of a table that are of the series `s`. */
export const OF_SERIES = "source = s.source AND symbol = s.symbol AND timeframe = s.timeframe";
const OLDEST_TIMESTAMP = `(SELECT MIN(timestamp) FROM price_data WHERE ${OF_SERIES})`;
export const NEWEST_TIMESTAMP = `(SELECT MAX(timestamp) FROM price_data WHERE ${OF_SERIES})`;

/** Partitions sort by time, and each has one current file. */
export const CURRENT_FILES = `FROM archive_files WHERE ${OF_SERIES} AND state = 'current'`;

/** Two seeks by primary key a series and store, not a scan. */
const SELECT_SERIES = `
SELECT s.source, s.symbol, s.timeframe, s.native_symbol, s.tier, s.enabled, s.asked_until,
  s.catch_up_from, s.catch_up_until,
  s.failure_count, s.retry_at, s.last_error_at, s.last_error_code, s.last_error,
  ${OLDEST_TIMESTAMP} AS oldest_hot, ${NEWEST_TIMESTAMP} AS newest_hot,
  (SELECT first_timestamp ${CURRENT_FILES} ORDER BY partition ASC LIMIT 1) AS oldest_cold,
  (SELECT last_timestamp ${CURRENT_FILES} ORDER BY partition DESC LIMIT 1) AS newest_cold
FROM series AS s`;

/** The series of the JSON that `jsonOf` makes, as the table `s`. */
export const SERIES_GIVEN = `
(SELECT key AS position, value ->> 0 AS source, value ->> 1 AS symbol, value ->> 2 AS timeframe
 FROM json_each(?)) AS s`;

/** Up to `page.limit` rows of `series`, in the order of their key. */
export async function readSeries(
  db: D1Database,
  filter: SeriesFilter,
  page: InventoryPage,
): Promise<Found<SeriesRow>> {
  const { sql, values } = conditionOf(filter, page);
  const order = { compare: compareSeries, limit: page.limit };
  const found = await askPage(db, order, (one) =>
    read<SeriesAndBounds>(one, `${SELECT_SERIES} ${sql}`, values),
  );
  return { ...found, rows: found.rows.map(seriesRowOf) };
}

/** Those of `series` that are neither collected nor have a candle or a file, in their order. */
export async function findUnknownSeries(
  db: D1Database,
  series: readonly Series[],
): Promise<readonly Series[]> {
  return findWithout(
    db,
    series,
    `NOT EXISTS (SELECT 1 FROM series WHERE ${OF_SERIES})
      AND NOT EXISTS (SELECT 1 FROM price_data WHERE ${OF_SERIES})
      AND NOT EXISTS (SELECT 1 FROM archive_files WHERE ${OF_SERIES})`,
  );
}

/** Those of `series`, as `s`, for which the SQL `condition` holds where they lie, in their order. */
export async function findWithout(
  db: D1Database,
  series: readonly Series[],
  condition: string,
): Promise<readonly Series[]> {
  const groups = groupByOwner(db, series, (one) => one);
  const found = await Promise.all(
    groups.map(async ({ db: owner, items, places }) => {
      const { rows } = await read<{ readonly position: number }>(
        owner,
        `SELECT position FROM ${SERIES_GIVEN} WHERE ${condition} ORDER BY s.position`,
        [jsonOf(items)],
      );
      return rows.map(({ position }) => places[position] ?? 0);
    }),
  );
  const places = new Set(found.flat());
  return series.filter((_, place) => places.has(place));
}

/** Names of up to `limit` series that are collected. */
export async function readSeriesNames(db: D1Database, limit: number): Promise<readonly Series[]> {
  const { rows } = await askPage(db, { compare: compareSeries, limit }, (one) =>
    read<Series>(
      one,
      "SELECT source, symbol, timeframe FROM series ORDER BY source, symbol, timeframe LIMIT ?",
      [limit],
    ),
  );
  return rows;
}

interface SeriesAndBounds extends Omit<SeriesRow, "first_timestamp" | "last_timestamp"> {
  readonly oldest_hot: number | null;
  readonly newest_hot: number | null;
  readonly oldest_cold: number | null;
  readonly newest_cold: number | null;
}

function seriesRowOf({
  oldest_hot,
  newest_hot,
  oldest_cold,
  newest_cold,
  ...row
}: SeriesAndBounds): SeriesRow {
  const first = [oldest_hot, oldest_cold].flatMap((time) => time ?? []);
  const last = [newest_hot, newest_cold].flatMap((time) => time ?? []);
  return {
    ...row,
    first_timestamp: first.length === 0 ? null : Math.min(...first),
    last_timestamp: last.length === 0 ? null : Math.max(...last),
  };
}

/** What SERIES_GIVEN takes. */
export function jsonOf(series: readonly Series[]): string {
  return JSON.stringify(series.map(({ source, symbol, timeframe }) => [source, symbol, timeframe]));
}

/** The end of a SELECT that lists the series `s` which `filter` lets through, and its values. */
export function conditionOf(
  filter: SeriesFilter,
  { after, limit }: InventoryPage,
): { sql: string; values: (string | number)[] } {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  for (const column of ["source", "symbol", "timeframe", "tier", "enabled"] as const) {
    const value = filter[column];
    if (value !== undefined) {
      conditions.push(`s.${column} = ?`);
      values.push(typeof value === "boolean" ? Number(value) : value);
    }
  }
  if (after !== undefined) {
    conditions.push("(s.source, s.symbol, s.timeframe) > (?, ?, ?)");
    values.push(after.source, after.symbol, after.timeframe);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return {
    sql: `${where} ORDER BY s.source, s.symbol, s.timeframe LIMIT ?`,
    values: [...values, limit],
  };
}

/** Runs a SELECT. Throws StorageUnavailableError or StorageRejectedError. */
export async function read<Row>(
  db: D1Database,
  sql: string,
  values: readonly (string | number | null)[],
): Promise<Found<Row>> {
  try {
    const { results, meta } = await db
      .prepare(sql)
      .bind(...values)
      .all<Row>();
    return { rows: results, rowsRead: meta.rows_read, durationMs: meta.duration };
  } catch (error) {
    throw storageErrorOf(error);
  }
}
