import type { Gap } from "../core/gap.ts";
import { chunk } from "../core/message-plan.ts";
import type { Run } from "../core/missing.ts";
import type { Series } from "../core/series.ts";
import { closeTimeOf, countCandles } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";
import { askEach } from "./ask-databases.ts";
import { ownerOf } from "./databases.ts";
import { GAP_COLUMNS, gapOf, gapValues, type GapRow } from "./gap-row.ts";

/** Records in one statement: 600 bytes of JSON each, while D1 binds 2 MB. */
const PUT_MAX = 2_000;

const OF_SERIES = "source = ?1 AND symbol = ?2 AND timeframe = ?3";

const SELECT_OVERLAPPING = `
SELECT ${GAP_COLUMNS.join(", ")} FROM gaps
WHERE ${OF_SERIES} AND start < ?5 AND "end" > ?4 ORDER BY start`;

const SELECT_BOUNDS = `
SELECT MIN(start) AS start, MAX("end") AS "end" FROM gaps
WHERE ${OF_SERIES} AND start <= ?5 AND "end" >= ?4 AND state <> 'filled'`;

const SELECT_UNSETTLED = `
SELECT start, "end" FROM gaps AS g
WHERE ${OF_SERIES} AND (
  (class IN ('collector_miss', 'rejected', 'unknown') AND state IN ('open', 'failed'))
  OR (state = 'unfillable' AND runs = 1 AND EXISTS (SELECT 1 FROM price_data AS p
    WHERE p.source = ?1 AND p.symbol = ?2 AND p.timeframe = ?3
      AND p.timestamp >= g.start AND p.timestamp < g."end")))
UNION
SELECT start, "end" FROM asked_ranges WHERE ${OF_SERIES} AND asked_at >= ?4
ORDER BY start`;

const DELETE_STARTS = `
DELETE FROM gaps WHERE ${OF_SERIES} AND start IN (SELECT value FROM json_each(?4))`;

/** An attempt that was counted since the records were read stays counted. */
const PUT_GAPS = `
INSERT INTO gaps (${GAP_COLUMNS.join(", ")})
SELECT ?1, ?2, ?3, ${GAP_COLUMNS.slice(3)
  .map((_, place) => `value->>${place}`)
  .join(", ")}
FROM json_each(?4) WHERE true
ON CONFLICT (source, symbol, timeframe, start) DO UPDATE SET
  "end" = excluded."end", missing = excluded.missing, runs = excluded.runs, class = excluded.class,
  state = excluded.state, evidence = excluded.evidence, updated_at = excluded.updated_at,
  found_at = excluded.found_at, attempts = MAX(gaps.attempts, excluded.attempts)`;

const COUNT_ATTEMPTS = `
UPDATE gaps SET attempts = attempts + 1, updated_at = ?5
WHERE ${OF_SERIES} AND start IN (SELECT value FROM json_each(?4)) AND state IN ('open', 'failed')`;

const DELETE_SETTLED = `
DELETE FROM gaps WHERE state IN ('filled', 'failed') AND updated_at < ?1`;

/** The records of `series` that overlap `range`, by their start. Throws StorageUnavailableError. */
export async function readGaps(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  range: Run,
): Promise<Gap[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_OVERLAPPING)
    .bind(source, symbol, timeframe, range.start, range.end)
    .all<GapRow>()
    .catch(throwStorageError);
  return results.map(gapOf);
}

/**
 * `range`, made so wide that it holds in whole each record that is not filled and shares a candle
 * with it or goes on where it ends: looked at so, no record is cut. Throws StorageUnavailableError.
 */
export async function widenToRecords(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  range: Run,
): Promise<Run> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  for (let wide = range; ;) {
    const bounds = await db
      .prepare(SELECT_BOUNDS)
      .bind(source, symbol, timeframe, wide.start, wide.end)
      .first<{ start: number | null; end: number | null }>()
      .catch(throwStorageError);
    const { start, end } = wide;
    wide = {
      start: Math.min(start, bounds?.start ?? start),
      end: Math.max(end, bounds?.end ?? end),
    };
    if (wide.start === start && wide.end === end) {
      return wide;
    }
  }
}

/** A current file that was made of late, and what the records say is missing between its candles. */
interface RefiledRow {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  readonly missing: number;
}

/** Files by the key of their series; of the gaps, those that begin within such a file. */
const SELECT_REFILED = `
SELECT f.first_timestamp AS first, f.last_timestamp AS last, f.rows, (
  SELECT TOTAL(g.missing) FROM gaps AS g
  WHERE ${OF_SERIES} AND g.start > f.first_timestamp AND g.start < f.last_timestamp
    AND g.state <> 'filled') AS missing
FROM archive_files AS f
WHERE ${OF_SERIES} AND f.state = 'current' AND f.created_at >= ?4 ORDER BY f.first_timestamp`;

/**
 * The ranges of those current files of `series` made since `since` that hold more or fewer candles
 * than the records of gaps leave them: an import or a merge changed what is missing there. A file
 * that the archiver made of candles that were scanned before is not among them, so that a year of a
 * larger timeframe is not looked at each night. Throws StorageUnavailableError.
 */
export async function readRefiled(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  since: number,
): Promise<Run[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_REFILED)
    .bind(source, symbol, timeframe, since)
    .all<RefiledRow>()
    .catch(throwStorageError);
  return results
    .map(({ first, last, rows, missing }) => {
      const end = closeTimeOf(last, timeframe);
      return { start: first, end, isKnown: countCandles(first, end, timeframe) - rows === missing };
    })
    .filter(({ isKnown }) => !isKnown)
    .map(({ start, end }) => ({ start, end }));
}

/**
 * Where `series` has gaps that may still be filled, or that hold a hot candle by now though nobody
 * expected one, or was asked for since `askedSince`. Throws StorageUnavailableError.
 */
export async function readUnsettled(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  askedSince: number,
): Promise<Run[]> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const { results } = await db
    .prepare(SELECT_UNSETTLED)
    .bind(source, symbol, timeframe, askedSince)
    .all<Run>()
    .catch(throwStorageError);
  return results;
}

/** Removes the records that begin at `remove` and writes `put`, in one transaction. Repeatable. */
export async function applyGapPlan(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  { put, remove }: { readonly put: readonly Gap[]; readonly remove: readonly number[] },
): Promise<void> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  const of = [source, symbol, timeframe];
  const statements = [
    ...(remove.length === 0 ? [] : [db.prepare(DELETE_STARTS).bind(...of, JSON.stringify(remove))]),
    ...chunk(put, PUT_MAX).map((some) =>
      db.prepare(PUT_GAPS).bind(...of, JSON.stringify(some.map(gapValues))),
    ),
  ];
  if (statements.length > 0) {
    await db.batch(statements).catch(throwStorageError);
  }
}

/** Notes that a repair of the gaps of `series` that begin at `starts` was begun. */
export async function countAttempts(
  databases: D1Database,
  { source, symbol, timeframe }: Series,
  starts: readonly number[],
  nowSeconds: number,
): Promise<void> {
  const db = ownerOf(databases, { source, symbol, timeframe });
  await db
    .prepare(COUNT_ATTEMPTS)
    .bind(source, symbol, timeframe, JSON.stringify(starts), nowSeconds)
    .run()
    .catch(throwStorageError);
}

/** Forgets gaps that are filled or failed since before `until`, unix seconds. Returns how many. */
export async function deleteSettledGaps(db: D1Database, until: number): Promise<number> {
  const deleted = await askEach(db, (one) =>
    one.prepare(DELETE_SETTLED).bind(until).run().catch(throwStorageError),
  );
  return deleted.reduce((sum, { meta }) => sum + meta.changes, 0);
}
