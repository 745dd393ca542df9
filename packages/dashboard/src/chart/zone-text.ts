import { WEIGHTS } from "./zone-scale.ts";

/** How times are written on the chart's time scale. Times: unix seconds. */

const LOCALE = "en-GB";

const TIME: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** What a mark says, by the least weight that it is said at; from the weightiest on. */
const MARKS: readonly (readonly [number, Intl.DateTimeFormatOptions])[] = [
  [WEIGHTS.year, { year: "numeric" }],
  [WEIGHTS.month, { month: "short" }],
  [WEIGHTS.day, { day: "numeric" }],
];

const CROSSHAIR: Intl.DateTimeFormatOptions = {
  weekday: "short",
  day: "2-digit",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

const known = new Map<string, Intl.DateTimeFormat>();

function formatOf(name: string, timeZone: string, options: Intl.DateTimeFormatOptions) {
  const key = `${name} ${timeZone}`;
  const format = known.get(key) ?? new Intl.DateTimeFormat(LOCALE, { ...options, timeZone });
  known.set(key, format);
  return format;
}

/** What a mark of `weight` says: the year, the month, the day or the time of day. */
export function formatTickMark(seconds: number, weight: number, timeZone: string): string {
  const [least, options] = MARKS.find(([one]) => weight >= one) ?? [0, TIME];
  return formatOf(String(least), timeZone, options).format(seconds * 1_000);
}

/** Day and time of day, in full. */
export function formatCrosshairTime(seconds: number, timeZone: string): string {
  return formatOf("crosshair", timeZone, CROSSHAIR).format(seconds * 1_000);
}
