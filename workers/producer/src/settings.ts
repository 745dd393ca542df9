import { z } from "zod";

const settings = z.object({
  SIMULATOR_URL: z.union([z.literal(""), z.url()]),
  CRYPTOCOMPARE_API_KEY: z.string().default(""),
  COINGECKO_API_KEY: z.string().default(""),
  MASSIVE_API_KEY: z.string().default(""),
  FINNHUB_API_KEY: z.string().default(""),
});

/** What an operator may set beside the bindings, checked. */
export interface Settings {
  /** Where a simulator answers for all hosts; undefined where the exchanges themselves are asked. */
  readonly simulatorUrl: string | undefined;
  /** API keys by the name of their secret. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Throws a ZodError that names the setting which cannot be meant. */
export function readSettings(env: object): Settings {
  const { SIMULATOR_URL, ...keys } = settings.parse(env);
  return {
    simulatorUrl: SIMULATOR_URL === "" ? undefined : SIMULATOR_URL.replace(/\/$/, ""),
    keys: new Map(Object.entries(keys).filter(([, key]) => key !== "")),
  };
}

/** The key of `source`, where it takes one and one is set. */
export function keyOf(
  { keyName }: { readonly keyName: string | null },
  keys: ReadonlyMap<string, string>,
): string | undefined {
  return keyName === null ? undefined : keys.get(keyName);
}
