import type { Candle } from "../core/candle.ts";
import type { SeriesProgress } from "../core/collect-window.ts";
import type { Series } from "../core/series.ts";
import { isSourceId, type SourceId } from "../core/source.ts";
import { isTimeframe, type Timeframe } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";
import { askAll, askEach } from "./ask-databases.ts";
import { groupByOwner } from "./databases.ts";
import { read } from "./read-series.ts";

interface ProgressRow {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly native_symbol: string;
  readonly tier: number;
  readonly watermark: number | null;
  readonly asked_until: number | null;
  readonly catch_up_from: number | null;
  readonly catch_up_until: number | null;
  readonly retry_at: number | null;
  readonly failure_count: number;
}

/** SQL: open time of the newest hot candle of a series. */
function newestHot(ofSeries: string): string {
  return `(SELECT MAX(timestamp) FROM price_data WHERE ${ofSeries})`;
}

/** SQL: open time of the newest archived candle of a series. */
function newestCold(ofSeries: string): string {
  return `(SELECT last_timestamp FROM archive_files WHERE ${ofSeries} AND state = 'current'
    ORDER BY partition DESC LIMIT 1)`;
}

const OF_ROW = "source = s.source AND symbol = s.symbol AND timeframe = s.timeframe";
const OF_SERIES = "source = ?1 AND symbol = ?2 AND timeframe = ?3";

/**
 * Two rows read a series: its own, and by the key its newest candle. Of a series that rested for
 * longer than candles stay hot, that one is in the archive; only where nothing is hot is that read.
 */
const PROGRESS_SQL = `
SELECT s.source, s.symbol, s.timeframe, s.native_symbol, s.tier, s.asked_until,
  s.catch_up_from, s.catch_up_until, s.retry_at,
  s.failure_count,
  COALESCE(${newestHot(OF_ROW)}, ${newestCold(OF_ROW)}) AS watermark
FROM series s
WHERE s.enabled = 1`;

/**
 * Every enabled series and how far it is, in no order. A series of a source or timeframe that this
 * version does not know is left out. Throws StorageUnavailableError.
 */
export async function readProgress(db: D1Database): Promise<SeriesProgress[]> {
  const { rows } = await askAll(db, (one) => read<ProgressRow>(one, PROGRESS_SQL, []));
  return rows.flatMap((row) => {
    const { source, timeframe } = row;
    if (!isSourceId(source) || !isTimeframe(timeframe)) {
      return [];
    }
    return {
      source,
      symbol: row.symbol,
      timeframe,
      nativeSymbol: row.native_symbol,
      tier: row.tier,
      watermark: row.watermark,
      askedUntil: row.asked_until,
      catchUp:
        row.catch_up_from === null || row.catch_up_until === null
          ? null
          : { from: row.catch_up_from, until: row.catch_up_until },
      retryAt: row.retry_at,
      failureCount: row.failure_count,
    };
  });
}

/** What is known of a market that is to be fetched by hand. */
export interface KnownSeries {
  /** The source's name of the market as an operator gave it. */
  readonly nativeSymbol: string | null;
  /** Whether the cron collects this very series. */
  readonly collected: boolean;
  /** Open time of the series' newest stored candle, unix seconds. */
  readonly watermark: number | null;
}

const KNOWN_SQL = `
SELECT
  COALESCE(
    (SELECT native_symbol FROM markets WHERE source = ?1 AND symbol = ?2),
    (SELECT native_symbol FROM series WHERE source = ?1 AND symbol = ?2 LIMIT 1)
  ) AS native_symbol,
  EXISTS (SELECT 1 FROM series
    WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND enabled = 1) AS collected,
  (SELECT MAX(newest) FROM (
    SELECT ${newestHot(OF_SERIES)} AS newest UNION ALL SELECT ${newestCold(OF_SERIES)}
  )) AS watermark`;

/**
 * What D1 knows of a series, by primary keys. Its market's name may stand with a series of another
 * timeframe, in another database: the series itself is in one. Throws StorageUnavailableError.
 */
export async function readKnownSeries(
  db: D1Database,
  { source, symbol, timeframe }: Series,
): Promise<KnownSeries> {
  const rows = await askEach(db, (one) =>
    one
      .prepare(KNOWN_SQL)
      .bind(source, symbol, timeframe)
      .first<{ native_symbol: string | null; collected: number; watermark: number | null }>()
      .catch(throwStorageError),
  );
  const watermarks = rows.flatMap((row) => row?.watermark ?? []);
  return {
    nativeSymbol: rows.flatMap((row) => row?.native_symbol ?? [])[0] ?? null,
    collected: rows.some((row) => row?.collected === 1),
    watermark: watermarks.length === 0 ? null : Math.max(...watermarks),
  };
}

/** What names one candle within a source. */
export interface CandleKey {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly timestamp: number;
}

/** A stored candle with its key. */
export type StoredCandle = CandleKey & Candle;

/**
 * CROSS JOIN keeps SQLite from turning the join round, which would read every candle of the source
 * for each key. https://www.sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join
 */
const STORED_SQL = `
SELECT p.symbol, p.timeframe, p.timestamp, p.open, p.high, p.low, p.close, p.volume_from,
  p.volume_to, p.trades
FROM json_each(?2) j
CROSS JOIN price_data p
WHERE p.source = ?1 AND p.symbol = j.value ->> 0
  AND p.timeframe = j.value ->> 1 AND p.timestamp = j.value ->> 2`;

/** Those of the candles that `keys` name which are stored, in no order. */
export async function readStored(
  db: D1Database,
  source: SourceId,
  keys: readonly CandleKey[],
): Promise<StoredCandle[]> {
  if (keys.length === 0) {
    return [];
  }
  const groups = groupByOwner(db, keys, (key) => ({ ...key, source }));
  const found = await Promise.all(
    groups.map(({ db: one, items }) => {
      const json = JSON.stringify(items.map((key) => [key.symbol, key.timeframe, key.timestamp]));
      return read<StoredCandle>(one, STORED_SQL, [source, json]);
    }),
  );
  return found.flatMap(({ rows }) => rows);
}
