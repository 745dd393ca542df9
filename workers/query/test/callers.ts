import type { Rate, Scope } from "@candlehouse/shared/core/access";
import { formatKey, type ApiKey } from "@candlehouse/shared/core/api-key";
import { insertKey } from "@candlehouse/shared/d1/api-keys";
import { env } from "cloudflare:workers";
import { importJWK, SignJWT } from "jose";
import { sha256Of } from "./answers.ts";

/** What the operator of the tests set. */
export const BOOTSTRAP_KEY = "the-first-key-of-the-operator";

export const TOKEN_SETTINGS = {
  JWT_ISSUER: "https://issuer.test",
  JWT_AUDIENCE: "candlehouse",
  JWT_JWKS_URL: "https://issuer.test/certs",
};

/** The settings of a deployment that knows the bootstrap key and an issuer of tokens. */
export async function deployedSettings(): Promise<Readonly<Record<string, string>>> {
  return { ...TOKEN_SETTINGS, BOOTSTRAP_KEY_SHA256: await sha256Of(BOOTSTRAP_KEY) };
}

let keys = 0;

/** Stores a key of `scope`, changed as said, and returns its text. */
export async function storeKey(
  scope: Scope,
  changes: Partial<ApiKey> & { readonly rate?: Rate | null } = {},
): Promise<{ readonly text: string; readonly id: string }> {
  keys += 1;
  const id = `test${String.fromCharCode(97 + Math.floor(keys / 26), 97 + (keys % 26))}${scope}`
    .padEnd(12, "z")
    .slice(0, 12);
  const secret = crypto.randomUUID().padEnd(43, "x");
  await insertKey(env.DB, {
    id,
    name: `the ${scope} key ${keys} of a test`,
    scope,
    rate: null,
    created_at: 1_700_000_000,
    created_by: "bootstrap",
    expires_at: null,
    revoked_at: null,
    last_used_at: null,
    ...changes,
    secret_sha256: await sha256Of(secret),
  });
  return { text: formatKey({ id, secret }), id };
}

/** A token of the tests' issuer; `claims` go before what a good one has. */
export async function signToken(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const key = await importJWK(env.TEST_ISSUER_JWK, "ES256");
  return new SignJWT({
    iss: TOKEN_SETTINGS.JWT_ISSUER,
    aud: TOKEN_SETTINGS.JWT_AUDIENCE,
    sub: "ann",
    email: "ann@example.com",
    exp: Math.floor(Date.now() / 1_000) + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: "ES256", kid: "test" })
    .sign(key);
}
