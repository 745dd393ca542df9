/** Everything that this system throws on purpose, by its stable identifier. */
export const ERROR_CODES = [
  "invalid_input",
  "unauthorized",
  "forbidden",
  "rate_limited",
  "identity_unavailable",
  "writes_closed",
  "not_found",
  "payload_too_large",
  "poison_message",
  "source_off",
  "source_unknown_symbol",
  "source_beyond_reach",
  "source_rate_limited",
  "source_blocked",
  "source_unavailable",
  "source_answer_unreadable",
  "storage_unavailable",
  "storage_rejected",
  "queue_unavailable",
  "archive_damaged",
  "fragment_unreadable",
  "import_rejected",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * Base of every error that this system throws on purpose.
 *
 * `code` is what log events, answers and docs/failure-modes.md key on. `retryable` says whether
 * the same call may succeed later: the consumer retries a message when it is true and makes it a
 * dead letter when it is false.
 */
export abstract class CandlehouseError extends Error {
  abstract readonly code: ErrorCode;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Longest piece of an offending value that an error repeats, in characters. */
const OFFENDING_VALUE_LENGTH_MAX = 120;

/** `value` as an error shows it: as JSON, cut to a length that a log line can bear. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= OFFENDING_VALUE_LENGTH_MAX
    ? text
    : `${text.slice(0, OFFENDING_VALUE_LENGTH_MAX)}… (${text.length} characters)`;
}

/** A caller gave a parameter that cannot be meant: HTTP 400. */
export class InvalidInputError extends CandlehouseError {
  readonly code = "invalid_input";
  readonly retryable = false;
  /** Name of the parameter, as the caller knows it. */
  readonly parameter: string;

  constructor(parameter: string, value: unknown, allowed: string) {
    super(`${parameter} ${showValue(value)} is not allowed: ${allowed}`);
    this.parameter = parameter;
  }
}

/** What was asked for does not exist: HTTP 404. */
export class NotFoundError extends CandlehouseError {
  readonly code = "not_found";
  readonly retryable = false;
}

/** The caller showed no key, or a wrong one: HTTP 401. */
export class UnauthorizedError extends CandlehouseError {
  readonly code = "unauthorized";
  readonly retryable = false;
}

/** The caller is known, but may not do this: HTTP 403. */
export class ForbiddenError extends CandlehouseError {
  readonly code = "forbidden";
  readonly retryable = false;
}

/** The caller asks more often than it may: HTTP 429. */
export class RateLimitedError extends CandlehouseError {
  readonly code = "rate_limited";
  readonly retryable = true;
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether a token is genuine cannot be found out now: HTTP 503. Nobody is let in on a guess. */
export class IdentityUnavailableError extends CandlehouseError {
  readonly code = "identity_unavailable";
  readonly retryable = true;
}

/** No key is configured, or a page of another site asks: nobody may write so. HTTP 403. */
export class WritesClosedError extends CandlehouseError {
  readonly code = "writes_closed";
  readonly retryable = false;
}

/** A request body is larger than the door lets in: HTTP 413. */
export class PayloadTooLargeError extends CandlehouseError {
  readonly code = "payload_too_large";
  readonly retryable = false;
}

/** A queue message that can never be stored; it becomes a dead letter at once. */
export class PoisonMessageError extends CandlehouseError {
  readonly code = "poison_message";
  readonly retryable = false;
}

/** A source that is not collected from until its operator does something, such as setting a key. */
export class SourceOffError extends CandlehouseError {
  readonly code = "source_off";
  readonly retryable = false;
}

/** The source does not know the market, or does not serve it in that timeframe. */
export class UnknownSymbolError extends CandlehouseError {
  readonly code = "source_unknown_symbol";
  readonly retryable = false;
}

/** The source does not give what lies so far back, by its rules or by the plan of the key. */
export class SourceReachError extends CandlehouseError {
  readonly code = "source_beyond_reach";
  readonly retryable = false;
}

/** The source asks for silence until `retryAfterMs` from now have passed. */
export class SourceRateLimitedError extends CandlehouseError {
  readonly code = "source_rate_limited";
  readonly retryable = true;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The host refuses the place we call from (HTTP 451) or took us for an attack (403): use another. */
export class SourceBlockedError extends CandlehouseError {
  readonly code = "source_blocked";
  readonly retryable = true;
}

/** The source did not answer, or answered that it cannot now. */
export class SourceUnavailableError extends CandlehouseError {
  readonly code = "source_unavailable";
  readonly retryable = true;
}

/** The source answered something that is not what it promises to answer. */
export class SourceAnswerError extends CandlehouseError {
  readonly code = "source_answer_unreadable";
  readonly retryable = true;
}

/** D1 or R2 could not do it now. Whether it was done is unknown: the call must be repeatable. */
export class StorageUnavailableError extends CandlehouseError {
  readonly code = "storage_unavailable";
  readonly retryable = true;
}

/** D1 refuses the statement or a value in it, and would refuse it again. */
export class StorageRejectedError extends CandlehouseError {
  readonly code = "storage_rejected";
  readonly retryable = false;
}

/** The queue did not take a message. It may have it all the same: sending must be repeatable. */
export class QueueUnavailableError extends CandlehouseError {
  readonly code = "queue_unavailable";
  readonly retryable = true;
}

/**
 * A file of the archive is not what the manifest says: it is missing, cut or changed. Its candles
 * cannot be read, and no answer may pass over them.
 */
export class ArchiveDamagedError extends CandlehouseError {
  readonly code = "archive_damaged";
  readonly retryable = false;
  /** Of the object on R2. */
  readonly key: string;
  /** What is wrong, such as `bytes 4 to 11034 are not what was written`. */
  readonly damage: string;

  constructor(key: string, damage: string, options?: ErrorOptions) {
    super(`${key}: ${damage}`, options);
    this.key = key;
    this.damage = damage;
  }
}

/** A Parquet file that was handed in does not hold candles as it should: HTTP 422. */
export class FragmentUnreadableError extends CandlehouseError {
  readonly code = "fragment_unreadable";
  readonly retryable = false;
}

/** A file that was to be imported cannot be taken at all: HTTP 422. Nothing of it is stored. */
export class ImportRejectedError extends CandlehouseError {
  readonly code = "import_rejected";
  readonly retryable = false;
}
