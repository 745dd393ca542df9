import { DAY_MS, HOUR_MS, MINUTE_MS } from "../interval.ts";
import { MINUTES_PER_DAY } from "./random-path.ts";

/** What the New York stock markets do in a minute. */
export const CLOSED = 0;
/** Before the opening bell and after the closing one: few trade. */
export const THIN = 1;
export const REGULAR = 2;

/** Milliseconds after midnight in New York. */
const EARLY_MS = 4 * HOUR_MS;
export const OPENING_BELL_MS = 9.5 * HOUR_MS;
export const CLOSING_BELL_MS = 16 * HOUR_MS;
export const LATE_MS = 20 * HOUR_MS;

const [SUNDAY, MONDAY, THURSDAY, SATURDAY] = [0, 1, 4, 6];

/** When `day` (a date, counted in days since 1970-01-01) begins in New York; Unix milliseconds. */
export function newYorkMidnightMs(day: number): number {
  return day * DAY_MS + (isSummerTime(day) ? 4 : 5) * HOUR_MS;
}

/** The date in New York at `timeMs`, counted in days since 1970-01-01. */
export function newYorkDay(timeMs: number): number {
  const day = Math.floor(timeMs / DAY_MS);
  return timeMs < newYorkMidnightMs(day) ? day - 1 : day;
}

/** Whether stocks trade on `day`: not on weekends nor on holidays. Good Fridays are no holidays here. */
export function isSession(day: number): boolean {
  const weekday = weekdayOf(day);
  return weekday !== SUNDAY && weekday !== SATURDAY && !isHoliday(day);
}

/** What the markets do in each of the 1,440 minutes of the UTC day `day`. */
export function phasesOf(day: number): Uint8Array {
  const phases = new Uint8Array(MINUTES_PER_DAY);
  // In winter trading after hours ends an hour after midnight in UTC: two dates share a day.
  for (const date of [day - 1, day].filter(isSession)) {
    const midnightMs = newYorkMidnightMs(date);
    const minuteOf = (ms: number): number =>
      Math.min(MINUTES_PER_DAY, Math.max(0, (midnightMs + ms - day * DAY_MS) / MINUTE_MS));
    phases.fill(THIN, minuteOf(EARLY_MS), minuteOf(LATE_MS));
    phases.fill(REGULAR, minuteOf(OPENING_BELL_MS), minuteOf(CLOSING_BELL_MS));
  }
  return phases;
}

/** From the second Sunday in March to the first one in November. */
function isSummerTime(day: number): boolean {
  const year = yearOf(day);
  return day >= weekdayIn(year, 2, SUNDAY, 2) && day < weekdayIn(year, 10, SUNDAY, 1);
}

function isHoliday(day: number): boolean {
  const year = yearOf(day);
  const fixed = [dayOf(year, 0, 1), dayOf(year, 5, 19), dayOf(year, 6, 4), dayOf(year, 11, 25)];
  return [
    ...fixed.map(observed),
    weekdayIn(year, 0, MONDAY, 3),
    weekdayIn(year, 1, MONDAY, 3),
    weekdayIn(year, 5, MONDAY, 1) - 7,
    weekdayIn(year, 8, MONDAY, 1),
    weekdayIn(year, 10, THURSDAY, 4),
  ].includes(day);
}

/** A holiday on a Saturday is kept on Friday, one on a Sunday on Monday. */
function observed(day: number): number {
  const weekday = weekdayOf(day);
  if (weekday === SATURDAY) {
    return day - 1;
  }
  return weekday === SUNDAY ? day + 1 : day;
}

/** The `count`th such weekday of a month; months count from 0. */
function weekdayIn(year: number, month: number, weekday: number, count: number): number {
  const first = dayOf(year, month, 1);
  return first + ((weekday - weekdayOf(first) + 7) % 7) + (count - 1) * 7;
}

function dayOf(year: number, month: number, date: number): number {
  return Date.UTC(year, month, date) / DAY_MS;
}

/** 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + THURSDAY) % 7) + 7) % 7;
}

function yearOf(day: number): number {
  return new Date(day * DAY_MS).getUTCFullYear();
}
