import { InvalidInputError } from "./errors.ts";
import type { Rate, Scope } from "./access.ts";

/** Lower-case base32: what is read aloud or typed has no letter that looks like a digit. */
const ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_LENGTH = 12;

/** Random bytes in a secret: nobody finds one by trying. */
export const SECRET_BYTES = 32;

const KEY_TEXT = /^chk_([a-z2-7]{12})_([\w-]{43})$/;
const ID_TEXT = /^[a-z2-7]{12}$/;

/** The parts of a key's text. */
export interface KeyParts {
  readonly id: string;
  /** Base64url of `SECRET_BYTES` random bytes. */
  readonly secret: string;
}

/** A key, as it is recorded. Times are unix seconds. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  /** Requests a minute; null where the default holds. */
  readonly rate: Rate | null;
  readonly created_at: number;
  /** As `callerId` has it. */
  readonly created_by: string;
  /** From then on it is refused. */
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** The begin of an hour. */
  readonly last_used_at: number | null;
}

export const KEY_STATES = ["live", "expired", "revoked"] as const;

export type KeyState = (typeof KEY_STATES)[number];

/** The parts of `text`; undefined where it is no key. Inverse of `formatKey`. */
export function parseKey(text: string): KeyParts | undefined {
  const [, id, secret] = KEY_TEXT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** A key as its holder has it: `chk_ID_SECRET`. */
export function formatKey({ id, secret }: KeyParts): string {
  return `chk_${id}_${secret}`;
}

/** The id that `bytes` make, which are random and at least twelve. */
export function keyIdOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, ID_LENGTH), (byte) => ID_ALPHABET[byte % 32]).join("");
}

export function isKeyId(text: string): boolean {
  return ID_TEXT.test(text);
}

/** Whether the key may be used at `nowSeconds`, and else why not. */
export function stateOfKey(
  { expires_at: expiresAt, revoked_at: revokedAt }: Pick<ApiKey, "expires_at" | "revoked_at">,
  nowSeconds: number,
): KeyState {
  if (revokedAt !== null) {
    return "revoked";
  }
  return expiresAt !== null && expiresAt <= nowSeconds ? "expired" : "live";
}

/** Throws InvalidInputError where a key that expires at `expiresAt` could never be used. */
export function assertExpiry(expiresAt: number | null, nowSeconds: number): void {
  if (expiresAt !== null && expiresAt <= nowSeconds) {
    throw new InvalidInputError("expires_at", expiresAt, "it must be in the future");
  }
}
