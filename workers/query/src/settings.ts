import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";
import { bytesOfHex } from "@candlehouse/shared/core/hex";
import { z } from "zod";

const writeSettings = z.object({
  OPEN_WRITES: z.enum(["", "local"]),
  // A secret, so it stands in no configuration file and in no generated type.
  WRITE_KEY_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "expected the SHA-256 of the key, 64 hexadecimal digits")
    .optional(),
});

/** Who may write. */
export interface WriteSettings {
  /** Everybody: the Worker runs on one machine and answers on loopback only. */
  readonly openToAll: boolean;
  /** SHA-256 of the key that a writer shows; undefined where none is configured. */
  readonly keySha256: Uint8Array | undefined;
}

/** Now in unix seconds, by the clock that the Worker lives by: the real one, or a simulator's. */
export function readNowSeconds(env: { readonly CLOCK: string }): number {
  return Math.floor(shownTimeMs(parseClock(env.CLOCK), Date.now()) / 1_000);
}

/** Throws a ZodError that names the setting which cannot be meant. */
export function readWriteSettings(env: object): WriteSettings {
  const { OPEN_WRITES, WRITE_KEY_SHA256 } = writeSettings.parse(env);
  return {
    openToAll: OPEN_WRITES === "local",
    keySha256: WRITE_KEY_SHA256 === undefined ? undefined : bytesOfHex(WRITE_KEY_SHA256),
  };
}
