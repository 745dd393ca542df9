import type { Caller } from "@candlehouse/shared/core/access";
import { stateOfKey, type KeyParts } from "@candlehouse/shared/core/api-key";
import { bytesOfHex } from "@candlehouse/shared/core/hex";
import { findKey, markKeyUsed, type StoredKey } from "@candlehouse/shared/d1/api-keys";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { readNowSeconds } from "../settings.ts";
import { sha256Of } from "./sha256-of.ts";

/** How long a key is taken from memory: so long one that was revoked may still be let in. */
const KEPT_MS = 30_000;

/** Most keys in memory; the one that was read first makes room. */
const KEYS_MAX = 1_000;

/** Where no key has the id, its secret is compared all the same, with what no secret has for digest. */
const NO_DIGEST = "0".repeat(64);

const HOUR_SECONDS = 3_600;

/** Where keys are, and the clock of the ledger. */
export type KeyStore = Pick<Env, "DB" | "CLOCK">;

interface KnownKey {
  readonly key: StoredKey;
  readonly readMs: number;
  /** The hour that D1 has for its last use. */
  usedHour: number;
}

/** The keys of the database, each read again when it has been in memory for half a minute. */
export class KnownKeys {
  readonly #known = new Map<string, KnownKey>();

  /** Whether the key `id` is in memory at `nowMs`: it costs the database nothing. */
  holds(id: string, nowMs: number): boolean {
    const known = this.#known.get(id);
    return known !== undefined && nowMs - known.readMs < KEPT_MS;
  }

  /** Lets go of the key `id`, which was changed. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  /** Who shows `shown` at `nowMs`, by the real clock. Throws StorageUnavailableError. */
  async callerOf(env: KeyStore, shown: KeyParts, nowMs: number): Promise<Caller> {
    const known = await this.#read(env.DB, shown.id, nowMs);
    const digest = bytesOfHex(known?.key.secret_sha256 ?? NO_DIGEST);
    // Takes the same time wherever the two differ, so that nobody finds the digest byte by byte.
    const isRight = crypto.subtle.timingSafeEqual(await sha256Of(shown.secret), digest);
    if (known === undefined || !isRight) {
      return { kind: "nobody", refusal: "there is no such key" };
    }
    const { id, name, scope, rate } = known.key;
    const state = stateOfKey(known.key, Math.floor(nowMs / 1_000));
    if (state !== "live") {
      return { kind: "nobody", refusal: `the key ${id} ${STATES[state]}` };
    }
    await markUse(env, known, nowMs);
    return { kind: "key", id, name, scope, rate };
  }

  async #read(db: D1Database, id: string, nowMs: number): Promise<KnownKey | undefined> {
    const before = this.#known.get(id);
    if (before !== undefined && this.holds(id, nowMs)) {
      return before;
    }
    this.#known.delete(id);
    const key = await findKey(db, id);
    if (key === undefined) {
      return undefined;
    }
    const known = { key, readMs: nowMs, usedHour: key.last_used_at ?? 0 };
    this.#known.set(id, known);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > KEYS_MAX) {
      this.#known.delete(oldest);
    }
    return known;
  }
}

const STATES = { expired: "has expired", revoked: "was revoked" } as const;

/** Writes once an hour that the key is used. Where that fails, the log says so, and the call goes on. */
async function markUse(env: KeyStore, known: KnownKey, nowMs: number): Promise<void> {
  const nowSeconds = Math.floor(nowMs / 1_000);
  const hour = nowSeconds - (nowSeconds % HOUR_SECONDS);
  if (known.usedHour >= hour) {
    return;
  }
  known.usedHour = hour;
  try {
    const written = await markKeyUsed(env.DB, known.key.id, hour);
    // Another isolate may have written it.
    if (written > 0) {
      await recordWork(env.DB, "serve", { rows_written: written }, readNowSeconds(env));
    }
  } catch (error) {
    logHandlerFailure("last use of a key", error);
  }
}
