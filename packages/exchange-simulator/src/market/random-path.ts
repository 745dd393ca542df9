import { drawsFor, fractionOf, keyOf } from "./seeded.ts";
import type { Token } from "./tokens.ts";
import { RecentMap } from "./recent-map.ts";

export const MINUTES_PER_DAY = 1440;

/**
 * The price of a token through time, before any source adds its own small difference.
 * Any day can be asked for by itself. `day` counts days since 1970-01-01, UTC.
 */
export interface RandomPath {
  /** Price at the first instant of `day`, in USD. */
  startOf(token: Token, day: number): number;
  /** Prices at the ends of the 1,440 minutes of `day`; the last one is the start of the next day. */
  minuteEnds(token: Token, day: number): Float64Array;
}

/** Waves that the long course of a price is summed from: the longer, the higher. Days. */
const WAVE_DAYS = [1, 4, 16, 64, 256, 1024];
const PATHS_HELD = 200;

/** What is known of real prices, for the random market to follow. */
export interface KnownPrices {
  /** Price at the first instant of `day`, undefined where it is not known. */
  startOf(token: Token, day: number): number | undefined;
  /** Prices at the ends of the minutes of `day`, undefined where they are not known. */
  minuteEnds(token: Token, day: number): Float64Array | undefined;
}

/** The path of `seed`. Where `known` has prices it goes by them, so that all sources tell one story. */
export function createRandomPath(seed: number, known?: KnownPrices): RandomPath {
  const held = new RecentMap<string, Float64Array>(PATHS_HELD);

  function startOf(token: Token, day: number): number {
    const real = known?.startOf(token, day);
    if (real !== undefined) {
      return real;
    }
    let exponent = 0;
    for (const wave of WAVE_DAYS) {
      const crest = Math.floor(day / wave);
      const share = day / wave - crest;
      const before = fractionOf(seed, token.code, wave, crest) - 0.5;
      const after = fractionOf(seed, token.code, wave, crest + 1) - 0.5;
      exponent += (before + (after - before) * share) * token.dailyMove * Math.sqrt(wave) * 1.5;
    }
    return token.priceUsd * Math.exp(exponent);
  }

  function walk(token: Token, day: number): Float64Array {
    const real = known?.minuteEnds(token, day);
    if (real !== undefined) {
      real[MINUTES_PER_DAY - 1] = startOf(token, day + 1);
      return real;
    }
    const draw = drawsFor(keyOf(seed, token.code, "path", day));
    const ends = new Float64Array(MINUTES_PER_DAY);
    const step = (token.dailyMove / Math.sqrt(MINUTES_PER_DAY)) * 2.45;
    let walked = 0;
    for (let minute = 0; minute < MINUTES_PER_DAY; minute += 1) {
      walked += (draw() + draw() - 1) * step;
      ends[minute] = walked;
    }
    // The walk is bent so that it ends where the next day starts.
    const start = startOf(token, day);
    const drift = startOf(token, day + 1) / start - 1 - walked;
    for (let minute = 0; minute < MINUTES_PER_DAY; minute += 1) {
      const bent = (ends[minute] ?? 0) + (drift * (minute + 1)) / MINUTES_PER_DAY;
      ends[minute] = start * Math.max(0.05, 1 + bent);
    }
    return ends;
  }

  return {
    startOf,
    minuteEnds: (token, day) => held.getOrMake(`${token.code}/${day}`, () => walk(token, day)),
  };
}
