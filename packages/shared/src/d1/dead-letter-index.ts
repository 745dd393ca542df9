import { storageErrorOf } from "./d1-error.ts";

/** Longest reason in the index, in characters. The log line holds all of it. */
const REASON_LENGTH_MAX = 1_000;

/** One message that could not be stored, as the index knows it. */
export interface DeadLetterEntry {
  /** SHA-256 of the body, hex. */
  readonly id: string;
  readonly queue: string;
  /** What the body says of itself; null where it cannot be read. */
  readonly source: string | null;
  readonly candles: number | null;
  readonly reasonCode: string;
  readonly reason: string;
  readonly bodyKey: string;
  readonly bodyBytes: number;
  /** Unix seconds. */
  readonly seenAt: number;
}

/**
 * A dead letter seen again counts up and keeps its first time; the reason is the newest. It is
 * open again whatever became of it: what was replayed and came back was not stored.
 */
const INDEX_DEAD_LETTERS = `
INSERT INTO dead_letters (
  id, queue, source, candles, reason_code, reason, body_key, body_bytes, first_seen, last_seen
)
SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7,
  value->>8, value->>8
FROM json_each(?1)
WHERE true
ON CONFLICT (id) DO UPDATE SET
  queue = excluded.queue,
  reason_code = excluded.reason_code,
  reason = excluded.reason,
  last_seen = excluded.last_seen,
  seen_count = seen_count + 1,
  state = 'open',
  settled_at = NULL,
  discard_reason = NULL`;

/**
 * Writes `entries` to the index, two billed rows each: one of them tells that it is open. Throws
 * what `storageErrorOf` says.
 */
export async function indexDeadLetters(
  db: D1Database,
  entries: readonly DeadLetterEntry[],
): Promise<void> {
  const rows = entries.map((entry) => [
    entry.id,
    entry.queue,
    entry.source,
    entry.candles,
    entry.reasonCode,
    entry.reason.slice(0, REASON_LENGTH_MAX),
    entry.bodyKey,
    entry.bodyBytes,
    entry.seenAt,
  ]);
  try {
    await db.prepare(INDEX_DEAD_LETTERS).bind(JSON.stringify(rows)).run();
  } catch (cause) {
    throw storageErrorOf(cause);
  }
}
