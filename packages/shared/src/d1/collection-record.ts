import type { SeriesCatchUp } from "../core/collect-plan.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases, groupByOwner, ownerOf } from "./databases.ts";

/** A series of a shard, by its key within the source. */
interface SeriesKey {
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** The source answered that it has no candle before `askedUntil` (exclusive) that is not stored. */
export interface SilentSeries extends SeriesKey {
  readonly askedUntil: number;
}

/** A fetch failed; it is tried again at `retryAt`, unix seconds. */
export interface FailedSeries extends SeriesKey {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly failureCount: number;
  readonly retryAt: number;
}

/** What was left behind in a pause is fetched up to `until` (exclusive), unix seconds. */
export interface CaughtUpSeries extends SeriesKey {
  readonly until: number;
}

/** What a shard leaves behind beside its candles. */
export interface ShardRecord {
  readonly source: SourceId;
  readonly nowSeconds: number;
  readonly silent: readonly SilentSeries[];
  readonly failed: readonly FailedSeries[];
  readonly caughtUp: readonly CaughtUpSeries[];
  /** Series that had failed before and did not fail now. */
  readonly recovered: readonly SeriesKey[];
  readonly state: "ok" | "failing";
  readonly code: ErrorCode | null;
  readonly reason: string | null;
}

/** A source that goes on being well writes a row this often, not each minute. Seconds. */
const SUCCESS_GRANULARITY_SECONDS = 600;

/** Longest reason that is kept, in characters. */
const REASON_LENGTH_MAX = 500;

/**
 * The series of a row `[source, symbol, timeframe, …]`. The source stands in each row: were it given
 * once, SQLite would go through all series of the source, and for each of them through all rows.
 */
const OF_ROW = `
FROM json_each(?1) j
WHERE source = j.value ->> 0 AND symbol = j.value ->> 1 AND timeframe = j.value ->> 2`;

const SILENT_SQL = `
UPDATE series SET asked_until = j.value ->> 3 ${OF_ROW}
  AND (asked_until IS NULL OR asked_until < j.value ->> 3)`;

const FAILED_SQL = `
UPDATE series SET failure_count = j.value ->> 3, retry_at = j.value ->> 4,
  last_error_at = ?2, last_error_code = j.value ->> 5, last_error = j.value ->> 6,
  failures = failures + 1 ${OF_ROW}`;

const RECOVERED_SQL = `
UPDATE series SET failure_count = 0, retry_at = NULL ${OF_ROW}`;

const CAUGHT_UP_SQL = `
UPDATE series SET
  catch_up_from = iif(j.value ->> 3 >= catch_up_until, NULL, j.value ->> 3),
  catch_up_until = iif(j.value ->> 3 >= catch_up_until, NULL, catch_up_until) ${OF_ROW}
  AND catch_up_from < j.value ->> 3`;

/** Widens the range that is there: what lies between is asked for twice at worst. */
const LEFT_SQL = `
UPDATE series SET
  catch_up_from = min(coalesce(catch_up_from, j.value ->> 3), j.value ->> 3),
  catch_up_until = max(coalesce(catch_up_until, j.value ->> 4), j.value ->> 4) ${OF_ROW}`;

/** Writes a row only where the state or its reason changed, or the last success grew old. */
const SOURCE_SQL = `
INSERT INTO source_state (source, state, since, reason_code, reason, last_success_at, last_error_at)
VALUES (?1, ?2, ?3, ?4, ?5, iif(?2 = 'ok', ?3, NULL), iif(?2 = 'failing', ?3, NULL))
ON CONFLICT (source) DO UPDATE SET
  since = iif(state = excluded.state, since, excluded.since),
  state = excluded.state,
  reason_code = excluded.reason_code,
  reason = excluded.reason,
  last_success_at = coalesce(excluded.last_success_at, last_success_at),
  last_error_at = coalesce(excluded.last_error_at, last_error_at)
WHERE state <> excluded.state OR reason_code IS NOT excluded.reason_code
  OR max(coalesce(last_success_at, 0), coalesce(last_error_at, 0)) <= ?3 - ${SUCCESS_GRANULARITY_SECONDS}`;

const OFF_SQL = `
INSERT INTO source_state (source, state, since, reason_code, reason)
VALUES (?1, 'off', ?2, 'source_off', ?3)
ON CONFLICT (source) DO UPDATE SET
  state = 'off', since = iif(state = 'off', since, excluded.since), reason_code = excluded.reason_code, reason = excluded.reason
WHERE state <> 'off' OR reason IS NOT excluded.reason`;

function cut(reason: string | null): string | null {
  return reason === null ? null : reason.slice(0, REASON_LENGTH_MAX);
}

/**
 * Records what came of a shard, in one transaction a database, that of the source's state last.
 * Throws StorageUnavailableError: what is not recorded then is found again by the next tick, as it
 * is where a collector dies before this.
 */
export async function recordShard(db: D1Database, record: ShardRecord): Promise<void> {
  const [first = db] = allDatabases(db);
  for (const one of allDatabases(db).toReversed()) {
    const { source, state, nowSeconds, code, reason } = record;
    const statements = [
      ...(one === first
        ? [one.prepare(SOURCE_SQL).bind(source, state, nowSeconds, code, cut(reason))]
        : []),
      ...seriesStatements(one, partOf(record, db, one)),
    ];
    if (statements.length > 0) {
      await one.batch(statements).catch(throwStorageError);
    }
  }
}

/** What of `record` is of the series in `one` of the databases `db`. */
function partOf(record: ShardRecord, db: D1Database, one: D1Database): ShardRecord {
  const isIn = (series: SeriesKey): boolean =>
    ownerOf(db, { source: record.source, ...series }) === one;
  return {
    ...record,
    silent: record.silent.filter(isIn),
    failed: record.failed.filter(isIn),
    caughtUp: record.caughtUp.filter(isIn),
    recovered: record.recovered.filter(isIn),
  };
}

function seriesStatements(
  db: D1Database,
  { source, nowSeconds, silent, failed, caughtUp, recovered }: ShardRecord,
): D1PreparedStatement[] {
  const statements: D1PreparedStatement[] = [];
  const add = (sql: string, rows: readonly unknown[], ...values: number[]): void => {
    if (rows.length > 0) {
      statements.push(db.prepare(sql).bind(JSON.stringify(rows), ...values));
    }
  };
  const keyOf = ({ symbol, timeframe }: SeriesKey) => [source, symbol, timeframe];
  add(
    SILENT_SQL,
    silent.map((one) => [...keyOf(one), one.askedUntil]),
  );
  add(
    FAILED_SQL,
    failed.map((one) => [...keyOf(one), one.failureCount, one.retryAt, one.code, cut(one.reason)]),
    nowSeconds,
  );
  add(
    CAUGHT_UP_SQL,
    caughtUp.map((one) => [...keyOf(one), one.until]),
  );
  add(RECOVERED_SQL, recovered.map(keyOf));
  return statements;
}

/** Records that sources are off and why. Writes nothing where that is known already. */
export async function recordOff(
  db: D1Database,
  sources: readonly { readonly source: SourceId; readonly reason: string }[],
  nowSeconds: number,
): Promise<void> {
  if (sources.length === 0) {
    return;
  }
  await db
    .batch(
      sources.map(({ source, reason }) =>
        db.prepare(OFF_SQL).bind(source, nowSeconds, cut(reason)),
      ),
    )
    .catch(throwStorageError);
}

/**
 * Writes down what series leave behind, before newer candles are stored that would hide it. Writes
 * nothing where nothing is left. Throws StorageUnavailableError.
 */
export async function recordLeft(db: D1Database, left: readonly SeriesCatchUp[]): Promise<void> {
  if (left.length === 0) {
    return;
  }
  for (const { db: owner, items } of groupByOwner(db, left, (series) => series)) {
    const rows = items.map((one) => [one.source, one.symbol, one.timeframe, one.from, one.until]);
    await owner.prepare(LEFT_SQL).bind(JSON.stringify(rows)).run().catch(throwStorageError);
  }
}
