import type { StoreHour } from "./answers.ts";

const HOUR_SECONDS = 3_600;

/** Hours that the plot shows, the running one among them. */
export const HOURS = 48;

/** The begin of the hour that holds `seconds`. */
export function hourOf(seconds: number): number {
  return Math.floor(seconds / HOUR_SECONDS) * HOUR_SECONDS;
}

/** The last 48 hours, oldest first, up to the one that begins at `running`; one without work is zeros. */
export function fillHours(hours: readonly StoreHour[], running: number): readonly StoreHour[] {
  const known = new Map(hours.map((one) => [one.hour, one]));
  return Array.from({ length: HOURS }, (_, index) => {
    const hour = running - (HOURS - 1 - index) * HOUR_SECONDS;
    return known.get(hour) ?? idle(hour);
  });
}

function idle(hour: number): StoreHour {
  return {
    hour,
    runs: 0,
    candles: 0,
    inserted: 0,
    ignored: 0,
    revised: 0,
    retried: 0,
    dead: 0,
    duration_ms: 0,
  };
}

/** What stands below the bar of `hour`: the hour of the day each six hours, the date at midnight. */
export function hourTick(
  hour: number,
  timeZone: string,
): { readonly tick: string | null; readonly isMain: boolean } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    hourCycle: "h23",
  }).formatToParts(hour * 1_000);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  const ofDay = Number(part("hour"));
  if (ofDay % 6 !== 0) {
    return { tick: null, isMain: false };
  }
  return ofDay === 0
    ? { tick: `${part("day")} ${part("month")}`, isMain: true }
    : { tick: `${part("hour")}:00`, isMain: ofDay === 12 };
}
