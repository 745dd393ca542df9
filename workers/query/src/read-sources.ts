import { isTimeframe, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { askAll, compareText } from "@candlehouse/shared/d1/ask-databases";
import { NEWEST_TIMESTAMP, read } from "@candlehouse/shared/d1/read-series";
import { latenessOf } from "./lateness.ts";

/** How a source is doing. Times are unix seconds. */
export interface SourceRow {
  readonly source: string;
  readonly state: "ok" | "failing" | "off";
  readonly since: number;
  readonly reason_code: string | null;
  readonly reason: string | null;
  readonly last_success_at: number | null;
  readonly last_error_at: number | null;
}

/** Every source that was asked for candles, by name. Throws StorageUnavailableError. */
export async function readSources(db: D1Database): Promise<readonly SourceRow[]> {
  const { rows } = await read<SourceRow>(
    db,
    `SELECT source, state, since, reason_code, reason, last_success_at, last_error_at
      FROM source_state ORDER BY source`,
    [],
  );
  return rows;
}

/** The enabled series of a source. */
export interface SeriesOfSource {
  readonly source: string;
  readonly series: number;
  /** The fetch that failed last, whether the series has recovered or not; null where none did. */
  readonly last_error: {
    readonly series: string;
    readonly code: string | null;
    readonly message: string | null;
    /** Unix seconds. */
    readonly at: number;
  } | null;
}

/** MAX beside other columns: SQLite takes these from the row that has it. */
const SELECT_SERIES_OF_SOURCES = `
SELECT source, COUNT(*) AS series, MAX(last_error_at) AS at, symbol, timeframe,
  last_error_code AS code, last_error AS message
FROM series WHERE enabled = 1 GROUP BY source ORDER BY source`;

interface SeriesOfSourceRow {
  readonly source: string;
  readonly series: number;
  readonly at: number | null;
  readonly symbol: string;
  readonly timeframe: string;
  readonly code: string | null;
  readonly message: string | null;
}

/** What is collected, by source: one walk through the table `series`. Throws StorageUnavailableError. */
export async function readSeriesOfSources(db: D1Database): Promise<readonly SeriesOfSource[]> {
  const { rows } = await askAll(db, (one) =>
    read<SeriesOfSourceRow>(one, SELECT_SERIES_OF_SOURCES, []),
  );
  return joinSources(rows).map(({ source, series, at, symbol, timeframe, code, message }) => ({
    source,
    series,
    last_error:
      at === null ? null : { series: `${source}:${symbol}:${timeframe}`, code, message, at },
  }));
}

/** What several databases have of the same source as one row, by source. */
function joinSources(rows: readonly SeriesOfSourceRow[]): readonly SeriesOfSourceRow[] {
  const joined = new Map<string, SeriesOfSourceRow>();
  for (const row of rows) {
    const before = joined.get(row.source);
    const newest = before !== undefined && (before.at ?? 0) >= (row.at ?? 0) ? before : row;
    joined.set(row.source, { ...newest, series: row.series + (before?.series ?? 0) });
  }
  return [...joined.values()].toSorted((a, b) => compareText(a.source, b.source));
}

/** A source may publish a candle some minutes after it closed: that is not late yet. */
const PATIENCE_SECONDS = 600;
const LATE_CANDLES = 2;

const SELECT_PROGRESS = `
SELECT s.source, s.timeframe, s.asked_until, ${NEWEST_TIMESTAMP} AS last_timestamp
FROM series AS s WHERE s.enabled = 1`;

interface ProgressRow {
  readonly source: string;
  readonly timeframe: string;
  readonly asked_until: number | null;
  readonly last_timestamp: number | null;
}

/**
 * How many enabled series of each source are late at `nowSeconds`, unix seconds, by two candles and
 * ten minutes or more; a source without one is not in it. Two rows read a series. Throws
 * StorageUnavailableError.
 */
export async function countLateSeries(
  db: D1Database,
  nowSeconds: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await askAll(db, (one) => read<ProgressRow>(one, SELECT_PROGRESS, []));
  const late = new Map<string, number>();
  for (const row of rows) {
    if (isLate(row, nowSeconds)) {
      late.set(row.source, (late.get(row.source) ?? 0) + 1);
    }
  }
  return late;
}

function isLate(row: ProgressRow, nowSeconds: number): boolean {
  const { timeframe } = row;
  if (!isTimeframe(timeframe)) {
    return false;
  }
  const { late_seconds: late } = latenessOf({ ...row, timeframe, enabled: 1 }, nowSeconds);
  const allowed = Math.max(PATIENCE_SECONDS, LATE_CANDLES * timeframeSeconds(timeframe));
  return late !== null && late >= allowed;
}
