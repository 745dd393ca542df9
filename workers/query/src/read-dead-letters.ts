import { storageErrorOf } from "@candlehouse/shared/d1/d1-error";

export const DEAD_LETTER_STATES = ["open", "replayed", "discarded"] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

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
  state: DeadLetterState | undefined,
  after: DeadLetterPosition | undefined,
  limit: number,
): Promise<readonly DeadLetterRow[]> {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (state !== undefined) {
    conditions.push("state = ?");
    values.push(state);
  }
  if (after !== undefined) {
    conditions.push("(first_seen, id) < (?, ?)");
    values.push(after.first_seen, after.id);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  try {
    const { results } = await db
      .prepare(`SELECT id, queue, source, candles, reason_code, reason, body_key, body_bytes, first_seen,
          last_seen, seen_count, state
        FROM dead_letters ${where} ORDER BY first_seen DESC, id DESC LIMIT ?`)
      .bind(...values, limit)
      .all<DeadLetterRow>();
    return results;
  } catch (error) {
    throw storageErrorOf(error);
  }
}
