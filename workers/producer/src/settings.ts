import { REAL_CLOCK, type ClockSetting } from "@candlehouse/shared/core/clock";
import { z } from "zod";

const clockSetting = z.strictObject({
  realMs: z.number(),
  shownMs: z.number(),
  speed: z.number().positive(),
});

const settings = z.object({
  SIMULATOR_URL: z.union([z.literal(""), z.url()]),
  CRYPTOCOMPARE_API_KEY: z.string().min(1).optional(),
  COINGECKO_API_KEY: z.string().min(1).optional(),
});

/** What an operator may set beside the bindings, checked. */
export interface Settings {
  /** Where a simulator answers for all hosts; undefined where the exchanges themselves are asked. */
  readonly simulatorUrl: string | undefined;
  /** API keys by the name of their secret. */
  readonly keys: ReadonlyMap<string, string>;
}

/** The clock that the Worker lives by: the real one, unless a simulator's was set. */
export function readClock(env: { readonly CLOCK: string }): ClockSetting {
  return env.CLOCK === "" ? REAL_CLOCK : clockSetting.parse(JSON.parse(env.CLOCK));
}

/** Throws a ZodError that names the setting which cannot be meant. */
export function readSettings(env: object): Settings {
  const { SIMULATOR_URL, ...keys } = settings.parse(env);
  return {
    simulatorUrl: SIMULATOR_URL === "" ? undefined : SIMULATOR_URL.replace(/\/$/, ""),
    keys: new Map(
      Object.entries(keys).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}
