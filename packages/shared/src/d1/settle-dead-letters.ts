import type { DeadLetterFilter, DeadLetterState } from "../core/dead-letter.ts";
import { throwStorageError } from "./d1-error.ts";

/** What of a dead letter's row replaying it takes. */
export interface ReplayableLetter {
  readonly id: string;
  readonly queue: string;
  readonly candles: number | null;
  readonly body_key: string;
  readonly body_bytes: number;
  readonly seen_count: number;
  readonly state: DeadLetterState;
}

const REPLAYABLE = "id, queue, candles, body_key, body_bytes, seen_count, state";

/** The dead letters that `ids` name, in no order; those that there are. Throws StorageUnavailableError. */
export async function findDeadLetters(
  db: D1Database,
  ids: readonly string[],
): Promise<readonly ReplayableLetter[]> {
  const { results } = await db
    .prepare(`SELECT ${REPLAYABLE} FROM dead_letters WHERE id IN (SELECT value FROM json_each(?1))`)
    .bind(JSON.stringify(ids))
    .run<ReplayableLetter>()
    .catch(throwStorageError);
  return results;
}

/**
 * Up to `limit` open dead letters, and how many there are in all. Those seen last come last: what
 * was replayed and came back does not keep the others from their turn. Throws
 * StorageUnavailableError.
 */
export async function findOpenDeadLetters(
  db: D1Database,
  { source, queue, reason_code }: DeadLetterFilter,
  limit: number,
): Promise<{ readonly letters: readonly ReplayableLetter[]; readonly total: number }> {
  const { results } = await db
    .prepare(
      `SELECT ${REPLAYABLE}, COUNT(*) OVER () AS total FROM dead_letters
       WHERE state = 'open' AND (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR queue = ?2)
         AND (?3 IS NULL OR reason_code = ?3)
       ORDER BY last_seen, id LIMIT ?4`,
    )
    .bind(source ?? null, queue ?? null, reason_code ?? null, limit)
    .run<ReplayableLetter & { readonly total: number }>()
    .catch(throwStorageError);
  return { letters: results, total: results[0]?.total ?? 0 };
}

/**
 * Each time a body becomes a dead letter, its count goes up and it is open. A row that has another
 * count or state than the one that was read before the sending has come back since, or was settled
 * by somebody else: it stays as it is.
 */
const MARK_REPLAYED = `
UPDATE dead_letters SET state = 'replayed', settled_at = ?2, discard_reason = NULL
FROM json_each(?1) AS sent
WHERE (dead_letters.id, seen_count, state) = (sent.value->>0, sent.value->>1, sent.value->>2)`;

/**
 * Marks `letters`, which were sent at `nowSeconds`, as replayed, unless they changed since they were
 * read. Throws what `storageErrorOf` says.
 */
export async function markReplayed(
  db: D1Database,
  letters: readonly ReplayableLetter[],
  nowSeconds: number,
): Promise<void> {
  const sent = letters.map(({ id, seen_count, state }) => [id, seen_count, state]);
  await db
    .prepare(MARK_REPLAYED)
    .bind(JSON.stringify(sent), nowSeconds)
    .run()
    .catch(throwStorageError);
}

/**
 * Gives up the dead letters of `ids` that are open, for `reason`; their bodies stay on R2. Returns
 * the ids of those. Throws what `storageErrorOf` says.
 */
export async function discardDeadLetters(
  db: D1Database,
  ids: readonly string[],
  reason: string,
  nowSeconds: number,
): Promise<readonly string[]> {
  const { results } = await db
    .prepare(
      `UPDATE dead_letters SET state = 'discarded', settled_at = ?2, discard_reason = ?3
       WHERE state = 'open' AND id IN (SELECT value FROM json_each(?1)) RETURNING id`,
    )
    .bind(JSON.stringify(ids), nowSeconds, reason)
    .run<{ id: string }>()
    .catch(throwStorageError);
  return results.map(({ id }) => id);
}
