/**
 * How much a mark on the time scale says, by what begins with its candle in the zone; the chart shows
 * the weightier ones where not all have room. The numbers are those of lightweight-charts.
 */
export const WEIGHTS = {
  second: 10,
  minute: 20,
  fiveMinutes: 21,
  halfHour: 22,
  hour: 30,
  threeHours: 31,
  sixHours: 32,
  twelveHours: 33,
  day: 50,
  month: 60,
  year: 70,
} as const;

const DAY_SECONDS = 86_400;

/** From the longest on. */
const DAY_PARTS = [
  [43_200, WEIGHTS.twelveHours],
  [21_600, WEIGHTS.sixHours],
  [10_800, WEIGHTS.threeHours],
  [3_600, WEIGHTS.hour],
  [1_800, WEIGHTS.halfHour],
  [300, WEIGHTS.fiveMinutes],
  [60, WEIGHTS.minute],
  [1, WEIGHTS.second],
] as const;

/** Clocks are changed at full quarters of an hour alone, so in between the offset stays. */
const OFFSET_SECONDS = 900;

/** Seconds that the clocks of a zone are ahead of UTC at `seconds`. */
export type OffsetAt = (seconds: number) => number;

/** That of the IANA zone `timeZone`, which is looked up once for each quarter of an hour. */
export function offsetsOf(timeZone: string): OffsetAt {
  if (timeZone === "UTC") {
    return () => 0;
  }
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const known = new Map<number, number>();
  /** Looked up: it takes some microseconds. */
  const read = (seconds: number): number => {
    const parts = new Map(
      format.formatToParts(seconds * 1_000).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
    const localMs = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
      part("second"),
    );
    return localMs / 1_000 - seconds;
  };
  const lookUp = (seconds: number): number => {
    const found = known.get(seconds) ?? read(seconds);
    known.set(seconds, found);
    return found;
  };
  return (seconds) => {
    const day = Math.floor(seconds / DAY_SECONDS) * DAY_SECONDS;
    const offset = lookUp(day);
    // On a day without a change both ends agree, as on all but two days of a year.
    return offset === lookUp(day + DAY_SECONDS)
      ? offset
      : lookUp(Math.floor(seconds / OFFSET_SECONDS) * OFFSET_SECONDS);
  };
}

/**
 * Weight of the mark of a candle that opens at `seconds`, where the candle before it opens at
 * `before`; both are the zone's local times in seconds. Where clocks go back, the hour that comes
 * twice begins no day anew.
 */
export function weightOf(seconds: number, before: number): number {
  const day = Math.floor(seconds / DAY_SECONDS);
  const dayBefore = Math.floor(before / DAY_SECONDS);
  if (day > dayBefore) {
    const date = new Date(day * DAY_SECONDS * 1_000);
    const dateBefore = new Date(dayBefore * DAY_SECONDS * 1_000);
    if (date.getUTCFullYear() !== dateBefore.getUTCFullYear()) {
      return WEIGHTS.year;
    }
    return date.getUTCMonth() === dateBefore.getUTCMonth() ? WEIGHTS.day : WEIGHTS.month;
  }
  for (const [length, weight] of DAY_PARTS) {
    if (Math.floor(seconds / length) !== Math.floor(before / length)) {
      return weight;
    }
  }
  return 0;
}
