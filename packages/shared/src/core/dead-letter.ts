/** What has become of a dead letter: it is kept only, was sent again, or was given up. */
export const DEAD_LETTER_STATES = ["open", "replayed", "discarded"] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** Most dead letters that one request names. */
export const NAMED_LETTERS_MAX = 100;

/** Most dead letters that one request replays where it names none. */
export const REPLAYED_LETTERS_MAX = 1_000;

/** Longest reason for which a dead letter is given up, in characters. */
export const DISCARD_REASON_LENGTH_MAX = 500;

/** Why a dead letter was not replayed. */
export const REPLAY_FAILURES = [
  /** No dead letter has the id. */
  "not_found",
  /** No queue that messages are sent to is the one it came from. */
  "unknown_queue",
  /** Its body is not on R2. */
  "body_missing",
  /** The body on R2 is not the one that was kept. */
  "body_damaged",
  /** The body is larger than a queue takes. */
  "payload_too_large",
  /** R2 or D1 did not do it now. */
  "storage_unavailable",
  /** The queue did not take it now. */
  "queue_unavailable",
] as const;
export type ReplayFailure = (typeof REPLAY_FAILURES)[number];

/** Which dead letters are meant, by what the index says of them; what is left out is any. */
export interface DeadLetterFilter {
  readonly source?: string | undefined;
  readonly queue?: string | undefined;
  readonly reason_code?: string | undefined;
}

const ID = /^[0-9a-f]{64}$/;

/** Whether `text` can be the id of a dead letter: a SHA-256 in lower-case hexadecimal. */
export function isDeadLetterId(text: string): boolean {
  return ID.test(text);
}
