import type { LedgerCounts } from "../core/ledger.ts";
import type { StoreCandle, StorePlan } from "../core/store-plan.ts";
import { forgetCoverage, lateDaysOf } from "./coverage-rows.ts";
import { storageErrorOf, throwStorageError } from "./d1-error.ts";
import { addLastToLedger } from "./ledger.ts";

/**
 * Most bytes of JSON that one statement takes: the longest string that D1 binds.
 * https://developers.cloudflare.com/d1/platform/limits/
 */
export const JSON_BYTES_MAX = 2_000_000;

/** What storing a plan did. */
export interface StoreResult {
  /** Candles that were not known before. */
  readonly inserted: number;
  /** Candles that were known before, with the same values. */
  readonly ignored: number;
  /** Candles that were known before with other values: each is a new row of candle_revisions. */
  readonly revised: number;
  /** Rows that D1 bills. */
  readonly rowsWritten: number;
  /** Whether the ledger has the batch already: it was told of in the transaction that stored it. */
  readonly isInLedger: boolean;
}

/** The batch of which candles are stored, for the ledger. */
export interface StoredBatch {
  /** What is known of it beforehand, but for what storing new candles alone does. */
  readonly counts: LedgerCounts;
  /** When work on it began: real unix milliseconds. */
  readonly startedMs: number;
}

const KEY_COLUMNS = ["source", "symbol", "timeframe", "timestamp"];
const DECIMAL_COLUMNS = ["open", "high", "low", "close", "volume_from", "volume_to"];
const VALUE_COLUMNS = [...DECIMAL_COLUMNS, "trades"];
const CANDLE_COLUMNS = [...KEY_COLUMNS, ...VALUE_COLUMNS];

/** What the revision check gets of a candle, in this order. */
const SENT_COLUMNS = [...CANDLE_COLUMNS, "seen_at_ms"];

/**
 * jsonb_each is json_each that hands each row on in SQLite's own binary form instead of as text
 * to be parsed again for every column: nearly twice the rows a second.
 */
const INSERT_CANDLES = `
INSERT OR IGNORE INTO price_data (${CANDLE_COLUMNS.join(", ")})
SELECT ${CANDLE_COLUMNS.map((_, place) => `value->>${place}`).join(", ")}
FROM jsonb_each(?1)`;

/**
 * The same for candles that are grouped by series: `[[source, symbol, timeframe, [[timestamp, …],
 * …]], …]`. A third less to send, and a sixth faster. The limit keeps SQLite from taking the inner
 * query into the outer one, which would read the series' names out of the JSON for each candle.
 */
const INSERT_SERIES = `
INSERT OR IGNORE INTO price_data (${CANDLE_COLUMNS.join(", ")})
SELECT series.source, series.symbol, series.timeframe,
  ${["timestamp", ...VALUE_COLUMNS].map((_, place) => `candle.value->>${place}`).join(", ")}
FROM (
  SELECT value->>0 AS source, value->>1 AS symbol, value->>2 AS timeframe,
    jsonb_extract(value, '$[3]') AS candles
  FROM jsonb_each(?1) LIMIT -1
) AS series
CROSS JOIN jsonb_each(series.candles) AS candle`;

/**
 * Records the rows that say otherwise than what was known when they were sent: the newest revision
 * sent before them, or the stored candle where there is none. A candle that was taken over may hold
 * as a number what a message gives as text: one decimal, where the numbers are equal. And a row
 * sent in the same millisecond as a revision may be the stored candle itself, delivered again.
 *
 * It follows INSERT_CANDLES in one transaction. A row that was ignored although its key is not
 * stored broke another rule of the table than the key: its seen_at_ms is null here, which is
 * refused, and the transaction with it. So is a third value of one candle in one millisecond, for
 * which there is no place: nothing is lost silently.
 */
const RECORD_REVISIONS = `
WITH sent AS (
  SELECT ${SENT_COLUMNS.map((column, place) => `value->>${place} AS ${column}`).join(", ")}
  FROM jsonb_each(?1)
)
INSERT INTO candle_revisions (${SENT_COLUMNS.join(", ")})
SELECT ${columnsOf("sent", CANDLE_COLUMNS)}, iif(stored.source IS NULL, NULL, sent.seen_at_ms)
FROM sent
LEFT JOIN price_data AS stored ON ${hasKeyOfSent("stored")}
LEFT JOIN candle_revisions AS newest ON ${hasKeyOfSent("newest")} AND newest.seen_at_ms = (
  SELECT MAX(known.seen_at_ms) FROM candle_revisions AS known
  WHERE ${hasKeyOfSent("known")} AND known.seen_at_ms <= sent.seen_at_ms
)
WHERE stored.source IS NULL OR NOT (
  (${columnsOf("sent", VALUE_COLUMNS)}) IS (${columnsOf("newest", VALUE_COLUMNS)})
  OR ((newest.source IS NULL OR newest.seen_at_ms = sent.seen_at_ms)
    AND ${DECIMAL_COLUMNS.map(isStoredDecimal).join(" AND ")} AND sent.trades IS stored.trades)
)`;

/**
 * Follows INSERT_CANDLES in one transaction and refuses it, unless all ?1 rows were inserted: the
 * column takes no null. Where all were, nothing was known before and nothing can be a revision.
 */
const EXPECT_ALL_INSERTED = `
INSERT INTO candle_revisions (source) SELECT NULL WHERE changes() <> ?1`;

/**
 * What D1 says when EXPECT_ALL_INSERTED refuses, or the ledger its row: the candles are then stored
 * without it, for what is billed may not keep out what is collected.
 */
const NOT_AS_NEW = ["candle_revisions.source", "cost_ledger"];

function columnsOf(table: string, columns: readonly string[]): string {
  return columns.map((column) => `${table}.${column}`).join(", ");
}

function hasKeyOfSent(table: string): string {
  return `(${columnsOf(table, KEY_COLUMNS)}) = (${columnsOf("sent", KEY_COLUMNS)})`;
}

/** SQL: whether the decimal sent is the stored one. Never null: both sides of IS may be. */
function isStoredDecimal(column: string): string {
  const [sent, stored] = [`sent.${column}`, `stored.${column}`];
  return `(${sent} IS ${stored} OR (typeof(${sent}) <> typeof(${stored}) AND CAST(${sent} AS REAL) IS CAST(${stored} AS REAL)))`;
}

/**
 * Executes `plan` in one transaction. Repeatable: a second run changes nothing. One billed row
 * written a new candle, none for a known one.
 *
 * Nearly every batch holds new candles alone. So it is tried as one first, which sends the candles
 * to D1 once; a batch that holds a known one is undone and stored again with the revision check.
 *
 * Days before the one of `nowSeconds` that candles come to are counted anew: the transaction takes
 * their rows out of the coverage.
 *
 * Where `batch` is given and all of it is new, the ledger is told in the same transaction, for one
 * billed row more; else whoever asked has yet to tell it.
 *
 * Throws StorageUnavailableError where it may succeed later (whether it took effect is unknown),
 * StorageRejectedError where D1 refuses a row of the plan; then nothing of it is stored.
 */
export async function storeCandles(
  db: D1Database,
  plan: StorePlan,
  nowSeconds: number,
  batch?: StoredBatch,
): Promise<StoreResult> {
  if (plan.unique.length === 0) {
    return { inserted: 0, ignored: 0, revised: 0, rowsWritten: 0, isInLedger: false };
  }
  const late = lateDaysOf(plan.unique, nowSeconds);
  const forget = late.length === 0 ? [] : [forgetCoverage(db, late)];
  if (plan.restated.length === 0) {
    const ledger = batch === undefined ? [] : [tellLedger(db, plan, batch, nowSeconds)];
    const stored = await storeNew(db, plan.unique, forget, ledger);
    if (stored !== undefined) {
      return stored;
    }
  }
  return storeChecked(db, plan, forget);
}

/** The statement that tells of `batch`, the last one of the transaction that stores it as new. */
function tellLedger(
  db: D1Database,
  { candles, unique }: StorePlan,
  { counts, startedMs }: StoredBatch,
  nowSeconds: number,
): D1PreparedStatement {
  const all = {
    ...counts,
    candles,
    inserted: unique.length,
    ignored: 0,
    revised: 0,
    // Nearly: D1 counts each candle of the JSON, and a few more.
    rows_read: unique.length,
    // Beside what is taken out of the coverage: the candles, and this statement's own.
    rows_written: unique.length + 1,
  };
  return addLastToLedger(db, "store", all, startedMs, nowSeconds);
}

interface Chunk {
  readonly json: string;
  readonly rows: number;
}

/** Stores candles of which none is known; undefined, and nothing is stored, where one is. */
async function storeNew(
  db: D1Database,
  candles: readonly StoreCandle[],
  forget: readonly D1PreparedStatement[],
  ledger: readonly D1PreparedStatement[],
): Promise<StoreResult | undefined> {
  const json = JSON.stringify(groupBySeries(candles));
  if (json.length >= JSON_BYTES_MAX) {
    return undefined;
  }
  try {
    const results = await db.batch([
      db.prepare(INSERT_SERIES).bind(json),
      db.prepare(EXPECT_ALL_INSERTED).bind(candles.length),
      ...forget,
      ...ledger,
    ]);
    const rowsWritten = sum(results.map(({ meta }) => meta.rows_written));
    const isInLedger = ledger.length > 0;
    return { inserted: candles.length, ignored: 0, revised: 0, rowsWritten, isInLedger };
  } catch (cause) {
    const text = String(cause);
    if (NOT_AS_NEW.some((refusal) => text.includes(refusal))) {
      return undefined;
    }
    throw storageErrorOf(cause);
  }
}

/** What INSERT_SERIES takes: the candles of each series, without what names it, in their order. */
function groupBySeries(candles: readonly StoreCandle[]): readonly unknown[] {
  const groups = new Map<string, readonly [string, string, string, unknown[]]>();
  for (const { source, candle } of candles) {
    const [symbol, timeframe, ...values] = candle;
    const key = `${source} ${symbol} ${timeframe}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = [source, symbol, timeframe, []];
      groups.set(key, group);
    }
    group[3].push(values);
  }
  return [...groups.values()];
}

/** Stores candles of which some are known, and records those that say otherwise. */
async function storeChecked(
  db: D1Database,
  plan: StorePlan,
  forget: readonly D1PreparedStatement[],
): Promise<StoreResult> {
  const chunks = chunkJson(plan.unique, JSON_BYTES_MAX);
  const restated = plan.restated.flatMap((rows) => chunkJson(rows, JSON_BYTES_MAX));
  const insert = db.prepare(INSERT_CANDLES);
  const check = db.prepare(RECORD_REVISIONS);
  const results = await db
    .batch([
      ...chunks.flatMap(({ json }) => [insert.bind(json), check.bind(json)]),
      ...restated.map(({ json }) => check.bind(json)),
      ...forget,
    ])
    .catch(throwStorageError);
  const changes = results.slice(0, results.length - forget.length).map(({ meta }) => meta.changes);
  const ofUnique = changes.slice(0, 2 * chunks.length);
  const inserted = sum(ofUnique.filter((_, index) => index % 2 === 0));
  const revisedOfUnique = sum(ofUnique.filter((_, index) => index % 2 === 1));
  return {
    inserted,
    ignored: plan.unique.length - inserted - revisedOfUnique,
    revised: sum(changes) - inserted,
    rowsWritten: sum(results.map(({ meta }) => meta.rows_written)),
    isInLedger: false,
  };
}

/** `candles` as JSON arrays of fewer than `bytesMax` bytes. They are ASCII: a character is a byte. */
export function chunkJson(candles: readonly StoreCandle[], bytesMax: number): readonly Chunk[] {
  if (candles.length === 0) {
    return [];
  }
  const rows = candles.map(({ source, candle, sentAtMs }) => [source, ...candle, sentAtMs]);
  const json = JSON.stringify(rows);
  if (json.length < bytesMax || candles.length === 1) {
    return [{ json, rows: candles.length }];
  }
  const middle = Math.ceil(candles.length / 2);
  return [
    ...chunkJson(candles.slice(0, middle), bytesMax),
    ...chunkJson(candles.slice(middle), bytesMax),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
