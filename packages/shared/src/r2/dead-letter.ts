import { StorageUnavailableError } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";

/** Where the bodies of dead letters lie. */
const DEAD_LETTER_PREFIX = "dead-letters/";

const BINARY_TYPE = "application/octet-stream";

/**
 * Longest reason beside a body, in characters: an object's metadata is 8,192 bytes in all.
 * https://developers.cloudflare.com/r2/platform/limits/
 */
const REASON_LENGTH_MAX = 2_000;

/** A message's body as it is kept, named by what it is: the same body is the same dead letter. */
export interface DeadLetterBody {
  /** SHA-256 of `bytes`, hex. */
  readonly id: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Why and when a message became a dead letter. */
export interface DeadLetterCause {
  readonly queue: string;
  readonly reasonCode: string;
  readonly reason: string;
  /** Unix seconds. */
  readonly firstSeen: number;
  /** When the message was sent, unix milliseconds. */
  readonly sentAtMs: number;
}

/** `body` as it is kept: JSON, or as it is where a sender gave bytes. Throws where it is neither. */
export async function encodeDeadLetter(body: unknown): Promise<DeadLetterBody> {
  const isBinary = body instanceof ArrayBuffer;
  const bytes = isBinary
    ? new Uint8Array(body)
    : new TextEncoder().encode(JSON.stringify(body, digitsOfBigInt) ?? "null");
  const id = await hashOf(bytes);
  return {
    id,
    key: `${DEAD_LETTER_PREFIX}${id}.json`,
    bytes,
    contentType: isBinary ? BINARY_TYPE : "application/json",
  };
}

/**
 * Keeps `body` on R2. A body that is kept already stays as it is, with the cause it had first.
 * Throws StorageUnavailableError; whether the body was kept is then unknown.
 */
export async function putDeadLetter(
  bucket: R2Bucket,
  body: DeadLetterBody,
  cause: DeadLetterCause,
): Promise<void> {
  try {
    // Answers null where the key exists, which is as good: the name says what is in it.
    await bucket.put(body.key, body.bytes, {
      onlyIf: { etagDoesNotMatch: "*" },
      httpMetadata: { contentType: body.contentType },
      customMetadata: {
        queue: cause.queue,
        reason_code: cause.reasonCode,
        reason: asciiOf(cause.reason).slice(0, REASON_LENGTH_MAX),
        first_seen: String(cause.firstSeen),
        sent_at_ms: String(cause.sentAtMs),
      },
    });
  } catch (error) {
    throw new StorageUnavailableError(`R2 did not keep ${body.key}: ${String(error)}`, {
      cause: error,
    });
  }
}

/** A body as it lies on R2. */
export interface KeptBody {
  readonly bytes: Uint8Array;
  /** Whether a sender gave bytes; else it is JSON. */
  readonly isBinary: boolean;
  /** Whether it is the one that was kept: its SHA-256 is the id. */
  readonly isWhole: boolean;
}

/**
 * The body under `key`, of the dead letter `id`; undefined where there is none. Throws
 * StorageUnavailableError.
 */
export async function readDeadLetter(
  bucket: R2Bucket,
  id: string,
  key: string,
): Promise<KeptBody | undefined> {
  try {
    const object = await bucket.get(key);
    if (object === null) {
      return undefined;
    }
    const bytes = new Uint8Array(await object.arrayBuffer());
    return {
      bytes,
      isBinary: object.httpMetadata?.contentType === BINARY_TYPE,
      isWhole: (await hashOf(bytes)) === id,
    };
  } catch (error) {
    throw new StorageUnavailableError(`R2 did not give ${key}: ${String(error)}`, { cause: error });
  }
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A sender of structured clones may give a bigint, for which JSON has no word: its digits. */
function digitsOfBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** Metadata travels in HTTP headers, which bear ASCII alone. */
function asciiOf(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
