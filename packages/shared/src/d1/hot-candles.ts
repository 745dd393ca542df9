import type { HotRange } from "../core/archive-plan.ts";
import { candleValues, type Candle } from "../core/candle.ts";
import { StorageUnavailableError } from "../core/errors.ts";
import { chunk } from "../core/message-plan.ts";
import { isYearly, type Partition } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { daysOf, forgetCoverage } from "./coverage-rows.ts";
import { throwStorageError } from "./d1-error.ts";
import { VALUE_COLUMNS, valuesAre } from "./same-values.ts";
import { askEach, compareSeries } from "./ask-databases.ts";
import { groupByOwner, ownerOf } from "./databases.ts";

/** Most candles that `deleteArchived` and `recordRevisions` take: 150 kB of JSON, 5 ms of D1. */
export const ARCHIVE_CHUNK = 1_000;

/** Most ranges in one statement: below 1.5 MB of JSON, of the 2 MB that D1 takes as one value. */
const RANGES_MAX = 10_000;

const OF_SERIES = "source = ?1 AND symbol = ?2 AND timeframe = ?3";

/** A loose index scan: each step of each level is one seek of the primary key. */
const SELECT_HOT_SERIES = `
WITH RECURSIVE
sources (source) AS (
  SELECT MIN(source) FROM price_data
  UNION ALL
  SELECT (SELECT MIN(source) FROM price_data WHERE source > sources.source)
  FROM sources WHERE source IS NOT NULL
),
symbols (source, symbol) AS (
  SELECT source, (SELECT MIN(symbol) FROM price_data WHERE source = sources.source)
  FROM sources WHERE source IS NOT NULL
  UNION ALL
  SELECT source, (SELECT MIN(symbol) FROM price_data
    WHERE source = symbols.source AND symbol > symbols.symbol)
  FROM symbols WHERE symbol IS NOT NULL
),
hot (source, symbol, timeframe) AS (
  SELECT source, symbol, (SELECT MIN(timeframe) FROM price_data
    WHERE source = symbols.source AND symbol = symbols.symbol)
  FROM symbols WHERE symbol IS NOT NULL
  UNION ALL
  SELECT source, symbol, (SELECT MIN(timeframe) FROM price_data
    WHERE source = hot.source AND symbol = hot.symbol AND timeframe > hot.timeframe)
  FROM hot WHERE timeframe IS NOT NULL
)
SELECT source, symbol, timeframe,
  (SELECT MIN(timestamp) FROM price_data AS p WHERE p.source = hot.source
    AND p.symbol = hot.symbol AND p.timeframe = hot.timeframe) AS oldest,
  (SELECT MAX(timestamp) FROM price_data AS p WHERE p.source = hot.source
    AND p.symbol = hot.symbol AND p.timeframe = hot.timeframe) AS newest
FROM hot WHERE timeframe IS NOT NULL
ORDER BY source, symbol, timeframe`;

/** The end of the month or year that holds `oldest`. */
const PARTITION_END = `CAST(strftime('%s', oldest, 'unixepoch', 'start of ' || unit, '+1 ' || unit) AS INTEGER)`;

/** From each range's oldest candle on, one seek to the first candle after each partition. */
const SELECT_HOT_PARTITIONS = `
WITH RECURSIVE hot (range, source, symbol, timeframe, unit, oldest) AS (
  SELECT key, value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?1)
  UNION ALL
  SELECT range, source, symbol, timeframe, unit, (SELECT MIN(timestamp) FROM price_data AS p
    WHERE p.source = hot.source AND p.symbol = hot.symbol AND p.timeframe = hot.timeframe
      AND p.timestamp >= ${PARTITION_END})
  FROM hot WHERE oldest < ?2
)
SELECT range, oldest, (SELECT MAX(timestamp) FROM price_data AS p
    WHERE p.source = hot.source AND p.symbol = hot.symbol AND p.timeframe = hot.timeframe
      AND p.timestamp < MIN(${PARTITION_END}, ?2)) AS newest
FROM hot WHERE oldest < ?2
ORDER BY range, oldest`;

const SELECT_PAGE = `
SELECT timestamp, open, high, low, close, volume_from, volume_to, trades
FROM price_data WHERE ${OF_SERIES} AND timestamp >= ?4 AND timestamp < ?5
ORDER BY timestamp LIMIT ?6`;

/** A value of the candle `[timestamp, open, …]` in the JSON. */
function sent(_column: string, place: number): string {
  return `sent.value->>${place + 1}`;
}

/**
 * CROSS JOIN: for each candle sent one seek of the hot row, never a walk through the hot rows.
 * A row whose values are not those of the file stays, unless a revision holds them.
 */
const DELETE_ARCHIVED = `
DELETE FROM price_data WHERE ${OF_SERIES}
AND EXISTS (SELECT 1 FROM archive_files WHERE ${OF_SERIES} AND partition = ?5 AND key = ?6
  AND state = 'current')
AND timestamp IN (
  SELECT hot.timestamp FROM jsonb_each(?4) AS sent CROSS JOIN price_data AS hot
  WHERE hot.source = ?1 AND hot.symbol = ?2 AND hot.timeframe = ?3
    AND hot.timestamp = sent.value->>0
    AND ((${valuesAre("hot", sent)})
      OR EXISTS (SELECT 1 FROM candle_revisions AS known
        WHERE known.source = ?1 AND known.symbol = ?2 AND known.timeframe = ?3
          AND known.timestamp = hot.timestamp
          AND ${valuesAre("known", (column) => `hot.${column}`)})))`;

/** A row where the file of which candles are deleted is the current one. */
const SELECT_CURRENT = `
SELECT 1 FROM archive_files WHERE ${OF_SERIES} AND partition = ?4 AND key = ?5 AND state = 'current'`;

/**
 * Nothing for values that a revision holds already. The values were seen at ?5, unless revisions
 * are newer than ?6: these came while the values sent were the stored ones, and so after them. A
 * millisecond that another revision has is passed over.
 */
const RECORD_REVISIONS = `
INSERT INTO candle_revisions (source, symbol, timeframe, timestamp, ${VALUE_COLUMNS.join(", ")}, seen_at_ms)
SELECT ?1, ?2, ?3, sent.value->>0, ${VALUE_COLUMNS.map(sent).join(", ")},
  COALESCE(
    (SELECT MIN(seen_at_ms) - 1 FROM candle_revisions AS newer
      WHERE newer.source = ?1 AND newer.symbol = ?2 AND newer.timeframe = ?3
        AND newer.timestamp = sent.value->>0 AND newer.seen_at_ms > ?6),
    (SELECT MAX(seen_at_ms) + 1 FROM candle_revisions AS taken
      WHERE taken.source = ?1 AND taken.symbol = ?2 AND taken.timeframe = ?3
        AND taken.timestamp = sent.value->>0 AND taken.seen_at_ms BETWEEN ?5 AND ?5 + 999),
    ?5)
FROM jsonb_each(?4) AS sent
WHERE NOT EXISTS (SELECT 1 FROM candle_revisions AS known
  WHERE known.source = ?1 AND known.symbol = ?2 AND known.timeframe = ?3
    AND known.timestamp = sent.value->>0 AND ${valuesAre("known", sent)})`;

/** Every series with hot candles, in the order of the key. Reads a few rows a series. */
export async function listHotSeries(db: D1Database): Promise<HotRange[]> {
  const answers = await askEach(db, (one) =>
    one
      .prepare(SELECT_HOT_SERIES)
      .all<Series & { oldest: number; newest: number }>()
      .catch(throwStorageError),
  );
  const rows = answers.flatMap(({ results }) => results);
  return (answers.length === 1 ? rows : rows.toSorted(compareSeries)).map(
    ({ oldest, newest, ...series }) => ({ series, oldest, newest }),
  );
}

/**
 * `ranges` divided by partitions: one range for each partition that holds hot candles before
 * `until`, unix seconds. Partitions between that hold none cost nothing.
 */
export async function listHotPartitions(
  db: D1Database,
  ranges: readonly HotRange[],
  until: number,
): Promise<HotRange[]> {
  const groups = groupByOwner(db, ranges, ({ series }) => series);
  const parts = groups.flatMap(({ db: one, items }) =>
    chunk(items, RANGES_MAX).map((part) => listHotPartitionsIn(one, part, until)),
  );
  const found = (await Promise.all(parts)).flat();
  // Of each series its partitions stay in their order.
  return groups.length === 1 ? found : found.toSorted((a, b) => compareSeries(a.series, b.series));
}

async function listHotPartitionsIn(
  db: D1Database,
  ranges: readonly HotRange[],
  until: number,
): Promise<HotRange[]> {
  const given = ranges.map(({ series: { source, symbol, timeframe }, oldest }) => [
    source,
    symbol,
    timeframe,
    isYearly(timeframe) ? "year" : "month",
    oldest,
  ]);
  const { results } = await db
    .prepare(SELECT_HOT_PARTITIONS)
    .bind(JSON.stringify(given), until)
    .all<{ range: number; oldest: number; newest: number }>()
    .catch(throwStorageError);
  return results.flatMap(({ range, oldest, newest }) =>
    ranges.slice(range, range + 1).map(({ series }) => ({ series, oldest, newest })),
  );
}

/** Up to `limit` hot candles of `from` (inclusive) to `to` (exclusive), unix seconds; in order. */
export async function readHotPage(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  from: number,
  to: number,
  limit: number,
): Promise<Candle[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_PAGE)
    .bind(source, symbol, timeframe, from, to, limit)
    .all<Candle>()
    .catch(throwStorageError);
  return results;
}

/**
 * Deletes of `candles`, which the verified `file` holds, the hot rows: those with the same values,
 * and those whose different values are recorded as a revision. Their days go out of the coverage in
 * the same transaction. Returns how many rows are deleted. Repeatable. Takes up to ARCHIVE_CHUNK
 * candles.
 *
 * Throws StorageUnavailableError, and nothing is deleted, where the file is not the current one any
 * more.
 */
export async function deleteArchived(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  candles: readonly Candle[],
  { partition, key }: { readonly partition: Partition; readonly key: string },
): Promise<number> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const of = [source, symbol, timeframe];
  const [deleted, current] = await db
    .batch([
      db.prepare(DELETE_ARCHIVED).bind(...of, jsonOf(candles), partition, key),
      db.prepare(SELECT_CURRENT).bind(...of, partition, key),
      forgetCoverage(db, daysOf({ source, symbol, timeframe }, candles)),
    ])
    .catch(throwStorageError);
  if (current?.results.length !== 1) {
    throw new StorageUnavailableError(
      `${key} was replaced while its candles were being deleted from D1`,
    );
  }
  return deleted?.meta.changes ?? 0;
}

/**
 * Records the values of `candles`, each of which differs from what is stored, as revisions seen at
 * `seenAtMs`; what is recorded already is not recorded again. Returns how many were. Where they
 * came to be stored after `sinceMs`, and before the revisions that are newer than it, they are
 * dated before those. Repeatable. Takes up to ARCHIVE_CHUNK candles.
 */
export async function recordRevisions(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  candles: readonly Candle[],
  seenAtMs: number,
  sinceMs: number = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { meta } = await db
    .prepare(RECORD_REVISIONS)
    .bind(source, symbol, timeframe, jsonOf(candles), seenAtMs, sinceMs)
    .run()
    .catch(throwStorageError);
  return meta.changes;
}

function jsonOf(candles: readonly Candle[]): string {
  return JSON.stringify(candles.map(candleValues));
}
