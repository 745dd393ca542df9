import type { Caller } from "@candlehouse/shared/core/access";
import type { AccessSettings } from "./access-settings.ts";
import type { Credential } from "./credential.ts";
import type { KeyStore, KnownKeys } from "./known-keys.ts";
import { sha256Of } from "./sha256-of.ts";
import { isToken, type TokenVerifier } from "./token-verifier.ts";

/** What proves who somebody is. */
export interface Proofs {
  readonly keys: KnownKeys;
  readonly tokens: TokenVerifier;
}

/**
 * Who shows `credential` at `nowMs`, by the real clock. Throws StorageUnavailableError and
 * IdentityUnavailableError where that cannot be found out.
 */
export async function identifyCaller(
  credential: Credential | undefined,
  settings: AccessSettings,
  { keys, tokens }: Proofs,
  // The database is asked for where a key is shown, and nowhere else.
  env: KeyStore,
  nowMs: number,
): Promise<Caller> {
  switch (credential?.kind) {
    case undefined:
      return { kind: "nobody", refusal: undefined };
    case "key":
      return keys.callerOf(env, credential, nowMs);
    case "assertion":
      return settings.tokens === undefined
        ? { kind: "nobody", refusal: undefined }
        : tokens.callerOf(credential.token, settings.tokens, nowMs);
    case "text":
      if (await isBootstrapKey(credential.text, settings)) {
        return { kind: "bootstrap" };
      }
      return settings.tokens !== undefined && isToken(credential.text)
        ? tokens.callerOf(credential.text, settings.tokens, nowMs)
        : { kind: "nobody", refusal: "there is no such key" };
  }
}

async function isBootstrapKey(text: string, { bootstrapSha256 }: AccessSettings): Promise<boolean> {
  return (
    bootstrapSha256 !== undefined &&
    // Takes the same time wherever the two differ.
    crypto.subtle.timingSafeEqual(await sha256Of(text), bootstrapSha256)
  );
}
