import { z } from "zod";

/**
 * A clock that runs beside the real one, for a system whose exchange is simulated: at the real
 * time `realMs` it showed `shownMs`, and since then it has run `speed` times as fast. Milliseconds.
 */
export interface ClockSetting {
  readonly realMs: number;
  readonly shownMs: number;
  readonly speed: number;
}

export const REAL_CLOCK: ClockSetting = { realMs: 0, shownMs: 0, speed: 1 };

const clockSetting = z.strictObject({
  realMs: z.number(),
  shownMs: z.number(),
  speed: z.number().positive(),
});

/**
 * The clock that the Workers' variable CLOCK asks for: JSON of a ClockSetting, or nothing for the
 * real clock. Throws where it is neither.
 */
export function parseClock(variable: string): ClockSetting {
  return variable === "" ? REAL_CLOCK : clockSetting.parse(JSON.parse(variable));
}

/** What the clock shows at the real time `realNowMs`; unix milliseconds. */
export function shownTimeMs(setting: ClockSetting, realNowMs: number): number {
  return setting.shownMs + (realNowMs - setting.realMs) * setting.speed;
}

/** How long, in real milliseconds, the clock takes to move on by `shownMs`. */
export function realDurationMs(setting: ClockSetting, shownMs: number): number {
  return shownMs / setting.speed;
}

/** A clock, and how to read the real time. */
export interface Timekeeper {
  readonly clock: ClockSetting;
  /** The real time, unix milliseconds. */
  readonly realNowMs: () => number;
}

/** What the clock shows now, in whole unix seconds. */
export function shownSeconds({ clock, realNowMs }: Timekeeper): number {
  return Math.floor(shownTimeMs(clock, realNowMs()) / 1_000);
}
