import { scopeInClaim, type Caller, type Scope } from "@candlehouse/shared/core/access";
import { IdentityUnavailableError } from "@candlehouse/shared/core/errors";
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import type { TokenSettings } from "./access-settings.ts";

/** Signatures that a public key verifies: no shared secret, and never none. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "EdDSA",
];

/** By so much the clocks of the issuer and of Cloudflare may differ, seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** Where the issuer's keys could not be had, they are asked for again after so many milliseconds. */
const OUTAGE_MS = 5_000;

/** Longest name of a token's bearer that is kept, in characters. */
const NAME_LENGTH_MAX = 100;

/** What is wrong with a token; any other failure is one of finding that out. */
const REFUSALS: readonly string[] = [
  errors.JWTExpired.code,
  errors.JWTClaimValidationFailed.code,
  errors.JWTInvalid.code,
  errors.JWSInvalid.code,
  errors.JWSSignatureVerificationFailed.code,
  errors.JOSEAlgNotAllowed.code,
  errors.JOSENotSupported.code,
  errors.JWKSNoMatchingKey.code,
  // It names none of the issuer's keys, of which several could be meant.
  errors.JWKSMultipleMatchingKeys.code,
];

const TOKEN = /^ey[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether `text` has the form of a signed token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Verifies tokens by the issuer's public keys, which are fetched once in ten minutes. */
export class TokenVerifier {
  readonly #keySets = new Map<string, JWTVerifyGetKey>();
  /** Until when nothing is asked, and why: else whoever makes up tokens has us ask for each. */
  #outage: { readonly untilMs: number; readonly cause: unknown } | undefined;

  /** Whose `token` it is at `nowMs`. Throws IdentityUnavailableError where its keys cannot be had. */
  async callerOf(token: string, settings: TokenSettings, nowMs: number): Promise<Caller> {
    if (this.#outage !== undefined && nowMs < this.#outage.untilMs) {
      throw unavailable(this.#outage.cause);
    }
    try {
      const { payload } = await jwtVerify(token, this.#keysOf(settings.jwksUrl), {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(nowMs),
      });
      return callerIn(payload, settings);
    } catch (error) {
      if (error instanceof errors.JOSEError && REFUSALS.includes(error.code)) {
        return { kind: "nobody", refusal: `the token is not accepted: ${error.message}` };
      }
      this.#outage = { untilMs: nowMs + OUTAGE_MS, cause: error };
      throw unavailable(error);
    }
  }

  #keysOf(url: URL): JWTVerifyGetKey {
    const keys = this.#keySets.get(url.href) ?? createRemoteJWKSet(url);
    this.#keySets.set(url.href, keys);
    return keys;
  }
}

function unavailable(cause: unknown): IdentityUnavailableError {
  return new IdentityUnavailableError(
    "the keys of the token's issuer cannot be read now, so it cannot be checked",
    { cause },
  );
}

/** A service token of Cloudflare Access has an empty subject, and its client's id as common_name. */
function callerIn(payload: JWTPayload, { scope }: TokenSettings): Caller {
  const { sub, email, common_name: commonName } = payload;
  const [subject = "?"] = [sub, commonName, email].filter(isName);
  const [name = subject] = [email, commonName].filter(isName);
  return {
    kind: "token",
    subject: shownName(subject),
    name: shownName(name),
    scope: scopeGiven(payload, scope),
  };
}

function scopeGiven(payload: JWTPayload, scope: TokenSettings["scope"]): Scope | null {
  return typeof scope === "string" ? scope : scopeInClaim(payload[scope.claim]);
}

/** Without what a terminal would take for an order to it. */
function shownName(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, "").slice(0, NAME_LENGTH_MAX);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
