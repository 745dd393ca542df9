import type { StorePlan, StoreRow } from "../core/store-plan.ts";
import { storageErrorOf } from "./d1-error.ts";

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
}

const CANDLE_VALUES = ["open", "high", "low", "close", "volume_from", "volume_to", "trades"];
const CANDLE_COLUMNS = ["source", "symbol", "timeframe", "timestamp", ...CANDLE_VALUES];

/** `value` is a StoreRow of the JSON; its places are the columns in their order. */
function place(column: string): string {
  return `sent.value->>${CANDLE_COLUMNS.indexOf(column)}`;
}
const SENT_AT = `sent.value->>${CANDLE_COLUMNS.length}`;

/**
 * jsonb_each is json_each that hands each row on in SQLite's own binary form instead of as text
 * to be parsed again for every column: nearly twice the rows a second.
 */
const INSERT_CANDLES = `
INSERT OR IGNORE INTO price_data (${CANDLE_COLUMNS.join(", ")})
SELECT ${CANDLE_COLUMNS.map(place).join(", ")}
FROM jsonb_each(?1) AS sent`;

/**
 * Whether the values of the row sent are those of \`table\`. A decimal given once as a number and
 * once as text, as in rows that were taken over, is one decimal where the numbers are equal.
 */
function isSameAs(table: string): string {
  const equal = CANDLE_VALUES.map((column) => {
    const [ours, theirs] = [place(column), `${table}.${column}`];
    return `(${ours} IS ${theirs} OR (typeof(${ours}) <> typeof(${theirs}) AND CAST(${ours} AS REAL) = CAST(${theirs} AS REAL)))`;
  });
  return `(${equal.join(" AND ")}) IS TRUE`;
}

function hasKeyOfSent(table: string): string {
  return ["source", "symbol", "timeframe", "timestamp"]
    .map((column) => `${table}.${column} = ${place(column)}`)
    .join(" AND ");
}

/**
 * Records the rows that say otherwise than what was known when they were sent: the newest revision
 * sent before them, or the stored candle where there is none.
 *
 * It follows INSERT_CANDLES in one transaction and reads nothing where that inserted all ?2 rows.
 * A row that was ignored although its key is not stored broke another rule of the table than the
 * key: its seen_at_ms is null here, which is refused, and the transaction with it. So is a third
 * value of one candle in one millisecond, for which there is no place: nothing is lost silently.
 */
const RECORD_REVISIONS = `
INSERT INTO candle_revisions (${CANDLE_COLUMNS.join(", ")}, seen_at_ms)
SELECT ${CANDLE_COLUMNS.map(place).join(", ")}, iif(stored.source IS NULL, NULL, ${SENT_AT})
FROM jsonb_each(iif(changes() = ?2, '[]', ?1)) AS sent
LEFT JOIN price_data AS stored ON ${hasKeyOfSent("stored")}
LEFT JOIN candle_revisions AS newest ON ${hasKeyOfSent("newest")} AND newest.seen_at_ms = (
  SELECT MAX(seen_at_ms) FROM candle_revisions AS known
  WHERE ${hasKeyOfSent("known")} AND known.seen_at_ms <= ${SENT_AT}
)
WHERE stored.source IS NULL OR NOT CASE
  WHEN newest.source IS NULL THEN ${isSameAs("stored")}
  -- Sent in the same millisecond as the stored candle's rival: this is the stored one, again.
  WHEN newest.seen_at_ms = ${SENT_AT} THEN ${isSameAs("newest")} OR ${isSameAs("stored")}
  ELSE ${isSameAs("newest")}
END`;

/** No number of changes: the rows of a statement with it are always checked. */
const CHECK_ALWAYS = -1;

/**
 * Executes `plan` in one transaction. Repeatable: a second run changes nothing. One billed row
 * written a new candle, none for a known one.
 *
 * Throws StorageUnavailableError where it may succeed later (whether it took effect is unknown),
 * StorageRejectedError where D1 refuses a row of the plan; then nothing of it is stored.
 */
export async function storeCandles(db: D1Database, plan: StorePlan): Promise<StoreResult> {
  const chunks = chunkJson(plan.unique, JSON_BYTES_MAX);
  const restated = plan.restated.flatMap((rows) => chunkJson(rows, JSON_BYTES_MAX));
  if (chunks.length === 0) {
    return { inserted: 0, ignored: 0, revised: 0, rowsWritten: 0 };
  }
  const insert = db.prepare(INSERT_CANDLES);
  const check = db.prepare(RECORD_REVISIONS);
  const results = await db
    .batch([
      ...chunks.flatMap(({ json, rows }) => [insert.bind(json), check.bind(json, rows)]),
      ...restated.map(({ json }) => check.bind(json, CHECK_ALWAYS)),
    ])
    .catch((cause: unknown) => {
      throw storageErrorOf(cause);
    });
  const changes = results.map(({ meta }) => meta.changes);
  const ofUnique = changes.slice(0, 2 * chunks.length);
  const inserted = sum(ofUnique.filter((_, index) => index % 2 === 0));
  const revisedOfUnique = sum(ofUnique.filter((_, index) => index % 2 === 1));
  return {
    inserted,
    ignored: plan.unique.length - inserted - revisedOfUnique,
    revised: sum(changes) - inserted,
    rowsWritten: sum(results.map(({ meta }) => meta.rows_written)),
  };
}

/** `rows` as JSON arrays of fewer than `bytesMax` bytes. Rows are ASCII: a character is a byte. */
export function chunkJson(
  rows: readonly StoreRow[],
  bytesMax: number,
): readonly { readonly json: string; readonly rows: number }[] {
  if (rows.length === 0) {
    return [];
  }
  const json = JSON.stringify(rows);
  if (json.length < bytesMax || rows.length === 1) {
    return [{ json, rows: rows.length }];
  }
  const middle = Math.ceil(rows.length / 2);
  return [
    ...chunkJson(rows.slice(0, middle), bytesMax),
    ...chunkJson(rows.slice(middle), bytesMax),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
