import {
  RATES,
  SCOPES,
  type Rate,
  type ReadAccess,
  type Scope,
} from "@candlehouse/shared/core/access";
import { bytesOfHex } from "@candlehouse/shared/core/hex";
import { z } from "zod";

/** What the operator's identity provider says, and what it is worth here. */
export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: URL;
  /** What a valid token may do; or the name of the claim that says it. */
  readonly scope: Scope | { readonly claim: string };
}

/** Who may call what. */
export interface AccessSettings {
  /** Everybody is the operator: the Worker runs on one machine and answers on loopback only. */
  readonly isLocal: boolean;
  readonly reads: ReadAccess;
  /** SHA-256 of the key that makes the first keys; undefined where none is configured. */
  readonly bootstrapSha256: Uint8Array | undefined;
  readonly tokens: TokenSettings | undefined;
  /** Of callers and keys that have none of their own. */
  readonly defaultRate: Rate;
}

/** An empty variable is one that is not set. */
function unlessEmpty<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === "" ? undefined : value), schema.optional());
}

const CLAIM = /^claim:([\w:/.-]{1,100})$/;

const settingsSchema = z
  .object({
    OPEN_WRITES: z.enum(["", "local"]).default(""),
    READS: z.enum(["open", "keyed"]).default("open"),
    // A secret, so it stands in no configuration file and in no generated type.
    BOOTSTRAP_KEY_SHA256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, "expected the SHA-256 of the key, 64 hexadecimal digits")
      .optional(),
    JWT_ISSUER: unlessEmpty(z.string()),
    JWT_AUDIENCE: unlessEmpty(z.string()),
    JWT_JWKS_URL: unlessEmpty(z.url({ protocol: /^https$/ }).transform((text) => new URL(text))),
    JWT_SCOPE: z
      .union([z.enum(SCOPES), z.string().regex(CLAIM, "expected a scope, or claim:NAME")])
      .default("read"),
    DEFAULT_RATE: z
      .enum(RATES.map(String))
      .default("600")
      .transform((text) => RATES.find((rate) => String(rate) === text) ?? 600),
  })
  .refine(
    (settings) =>
      new Set([settings.JWT_ISSUER, settings.JWT_AUDIENCE, settings.JWT_JWKS_URL].map(isSet))
        .size === 1,
    "JWT_ISSUER, JWT_AUDIENCE and JWT_JWKS_URL are set together, or none of them",
  );

function isSet(value: unknown): boolean {
  return value !== undefined;
}

/** Read once for each `env`: it does not change while an isolate runs. */
const read = new WeakMap<object, AccessSettings>();

/**
 * Throws a ZodError that names the setting which cannot be meant: nobody is let in by a word that is
 * misspelt.
 */
export function readAccessSettings(env: object): AccessSettings {
  const known = read.get(env);
  if (known !== undefined) {
    return known;
  }
  const settings = settingsSchema.parse(env);
  const { BOOTSTRAP_KEY_SHA256: bootstrap } = settings;
  const made: AccessSettings = {
    isLocal: settings.OPEN_WRITES === "local",
    reads: settings.READS,
    bootstrapSha256: bootstrap === undefined ? undefined : bytesOfHex(bootstrap),
    tokens: tokenSettingsOf(settings),
    defaultRate: settings.DEFAULT_RATE,
  };
  read.set(env, made);
  return made;
}

function tokenSettingsOf({
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: audience,
  JWT_JWKS_URL: jwksUrl,
  JWT_SCOPE: scope,
}: z.output<typeof settingsSchema>): TokenSettings | undefined {
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) {
    return undefined;
  }
  const [, claim] = CLAIM.exec(scope) ?? [];
  const given = SCOPES.find((one) => one === scope);
  return { issuer, audience, jwksUrl, scope: given ?? { claim: claim ?? "" } };
}
