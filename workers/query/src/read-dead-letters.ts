import type { DeadLetterFilter, DeadLetterState } from "@candlehouse/shared/core/dead-letter";
import { NotFoundError } from "@candlehouse/shared/core/errors";
import { throwStorageError } from "@candlehouse/shared/d1/d1-error";
import { readDeadLetter } from "@candlehouse/shared/r2/dead-letter";

/** A message that could not be stored. Times are unix seconds. */
export interface DeadLetterRow {
  /** SHA-256 of the body, hexadecimal. */
  readonly id: string;
  readonly queue: string;
  readonly source: string | null;
  readonly candles: number | null;
  readonly reason_code: string;
  readonly reason: string;
  readonly body_key: string;
  readonly body_bytes: number;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly seen_count: number;
  readonly state: DeadLetterState;
  readonly discard_reason: string | null;
  /** When it was replayed or discarded; null while it is open. */
  readonly settled_at: number | null;
}

const COLUMNS = `id, queue, source, candles, reason_code, reason, body_key, body_bytes, first_seen,
  last_seen, seen_count, state, discard_reason, settled_at`;

/** Which dead letters a list has; what is left out is any. */
export interface DeadLetterListFilter extends DeadLetterFilter {
  readonly state?: DeadLetterState | undefined;
}

/** Where a page of dead letters ended: the next one goes on below it. */
export interface DeadLetterPosition {
  readonly first_seen: number;
  readonly id: string;
}

/**
 * Up to `limit` dead letters, the one first seen last at the top. That order never changes, while
 * `last_seen` moves when a body comes again. Throws StorageUnavailableError.
 */
export async function readDeadLetters(
  db: D1Database,
  filter: DeadLetterListFilter,
  after: DeadLetterPosition | undefined,
  limit: number,
): Promise<readonly DeadLetterRow[]> {
  const { state, source, queue, reason_code } = filter;
  const given = Object.entries({ state, source, queue, reason_code }).filter(
    ([, value]) => value !== undefined,
  );
  const conditions = given.map(([column]) => `${column} = ?`);
  const values: unknown[] = given.map(([, value]) => value);
  if (after !== undefined) {
    conditions.push("(first_seen, id) < (?, ?)");
    values.push(after.first_seen, after.id);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM dead_letters ${where} ORDER BY first_seen DESC, id DESC LIMIT ?`,
    )
    .bind(...values, limit)
    .all<DeadLetterRow>()
    .catch(throwStorageError);
  return results;
}

/** A dead letter with its body, as an answer has it. */
export interface DeadLetterWithBody extends DeadLetterRow {
  /** JSON; text where it is none or is cut; null where nothing can be read. */
  readonly body: unknown;
  /** Whether `body` is the beginning of a longer text. */
  readonly truncated: boolean;
  /** What is wrong with the body on R2. */
  readonly damage: string | null;
}

/** Most bytes of a body that are shown: all of any that a queue can bring. */
const SHOWN_BYTES_MAX = 256_000;

/**
 * The dead letter `id` with its body. Throws NotFoundError where there is none,
 * StorageUnavailableError.
 */
export async function readWithBody(
  db: D1Database,
  bucket: R2Bucket,
  id: string,
): Promise<DeadLetterWithBody> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM dead_letters WHERE id = ?`)
    .bind(id)
    .first<DeadLetterRow>()
    .catch(throwStorageError);
  if (row === null) {
    throw new NotFoundError(`there is no dead letter ${id}: GET /v1/dead-letters lists them`);
  }
  const kept = await readDeadLetter(bucket, id, row.body_key);
  if (kept === undefined) {
    return { ...row, body: null, truncated: false, damage: `${row.body_key} is not on R2` };
  }
  const truncated = kept.bytes.length > SHOWN_BYTES_MAX;
  const text = new TextDecoder().decode(kept.bytes.subarray(0, SHOWN_BYTES_MAX));
  return {
    ...row,
    body: kept.isBinary || truncated ? text : valueOf(text),
    truncated,
    damage: kept.isWhole ? null : `${row.body_key} on R2 is not the body that was kept`,
  };
}

/** The JSON in `text`, or the text itself where it is none. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Only a body that was changed on R2: what is there is shown.
    return text;
  }
}
