import { dayOf } from "@candlehouse/shared/core/missing";

/**
 * Where days lie: a column a week that begins on Monday, a row a weekday. Where a year is too wide
 * for its place it is broken into two or four parts, one below the other. All lengths are CSS pixels.
 */
export interface YearLayout {
  readonly year: number;
  /** Days since 1970-01-01: that of 1 January, and of the next one. */
  readonly firstDay: number;
  readonly endDay: number;
  /** That of the first week that is shown. */
  readonly firstMonday: number;
  /** How many are shown. */
  readonly parts: number;
  readonly weeksPerPart: number;
  /** From one cell to the next; a cell is `CELL_GAP` smaller. */
  readonly pitch: number;
  readonly partHeight: number;
  readonly width: number;
  readonly height: number;
}

/** Days since 1970-01-01, both inclusive. */
export interface DayRange {
  readonly first: number;
  readonly last: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const CELL_GAP = 2;
/** Room for the names of weekdays at the left, and of months above each part. */
export const LEFT = 38;
export const TOP = 18;
const PART_GAP = 6;

const WEEKDAYS = 7;
const PARTS = [1, 2, 4] as const;
/** Below it a day cannot be told from the next, or hit by a finger. */
const PITCH_MIN = 12;
const PITCH_MAX = 34;
/** A year beside another one needs so much. */
const YEAR_WIDTH_MIN = LEFT + 54 * 13;
export const YEAR_GAP = 24;

/** 0 is Monday: 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % WEEKDAYS) + WEEKDAYS) % WEEKDAYS;
}

export function firstDayOf(year: number): number {
  return dayOf(Date.UTC(year, 0, 1) / 1_000);
}

export function yearOf(day: number): number {
  return new Date(day * 86_400_000).getUTCFullYear();
}

/** How many of `years` years stand beside each other in `width`. */
export function columnsOf(width: number, years: number): number {
  const fitting = Math.floor((width + YEAR_GAP) / (YEAR_WIDTH_MIN + YEAR_GAP));
  return Math.max(1, Math.min(years, fitting));
}

/** Room for `year` in `width`; of its parts, only those that hold a day of `shown` are there. */
export function layoutYear(year: number, width: number, shown: DayRange): YearLayout {
  const firstDay = firstDayOf(year);
  const endDay = firstDayOf(year + 1);
  const monday = firstDay - weekdayOf(firstDay);
  const weeks = Math.ceil((endDay - monday) / WEEKDAYS);
  const inside = width - LEFT;
  const fits = (parts: number) => inside / Math.ceil(weeks / parts) >= PITCH_MIN;
  const weeksPerPart = Math.ceil(weeks / (PARTS.find((count) => fits(count)) ?? 4));
  const partOf = (day: number) =>
    Math.floor(
      (Math.min(endDay - 1, Math.max(firstDay, day)) - monday) / (weeksPerPart * WEEKDAYS),
    );
  const firstMonday = monday + partOf(shown.first) * weeksPerPart * WEEKDAYS;
  const parts = partOf(shown.last) - partOf(shown.first) + 1;
  const pitch = Math.max(6, Math.min(PITCH_MAX, Math.floor(inside / weeksPerPart)));
  const partHeight = TOP + WEEKDAYS * pitch;
  return {
    year,
    firstDay,
    endDay,
    firstMonday,
    parts,
    weeksPerPart,
    pitch,
    partHeight,
    width: LEFT + weeksPerPart * pitch,
    height: parts * partHeight + (parts - 1) * PART_GAP,
  };
}

/** The upper left corner of the cell of `day`, a day of that year that is shown. */
export function cellOf(layout: YearLayout, day: number): Point {
  const { firstMonday, weeksPerPart, pitch, partHeight } = layout;
  const week = Math.floor((day - firstMonday) / WEEKDAYS);
  const part = Math.floor(week / weeksPerPart);
  return {
    x: LEFT + (week % weeksPerPart) * pitch,
    y: part * (partHeight + PART_GAP) + TOP + weekdayOf(day) * pitch,
  };
}

/** The day whose cell holds the point; null where there is none. Inverse of `cellOf`. */
export function dayAt(layout: YearLayout, { x, y }: Point): number | null {
  const { firstDay, endDay, firstMonday, parts, weeksPerPart, pitch, partHeight } = layout;
  const part = Math.floor(y / (partHeight + PART_GAP));
  const column = Math.floor((x - LEFT) / pitch);
  const weekday = Math.floor((y - part * (partHeight + PART_GAP) - TOP) / pitch);
  const isInside =
    part >= 0 &&
    part < parts &&
    column >= 0 &&
    column < weeksPerPart &&
    weekday >= 0 &&
    weekday < WEEKDAYS;
  if (!isInside) {
    return null;
  }
  const day = firstMonday + (part * weeksPerPart + column) * WEEKDAYS + weekday;
  return day >= firstDay && day < endDay ? day : null;
}

/** Where the cursor goes from `day` by a key; null for a key that does not move it. */
export function moveBy(day: number, key: string, isControl: boolean): number | null {
  switch (key) {
    case "ArrowLeft":
      return day - WEEKDAYS;
    case "ArrowRight":
      return day + WEEKDAYS;
    case "ArrowUp":
      return day - 1;
    case "ArrowDown":
      return day + 1;
    case "PageUp":
      return addMonths(day, isControl ? -12 : -1);
    case "PageDown":
      return addMonths(day, isControl ? 12 : 1);
    case "Home":
      return isControl ? Number.NEGATIVE_INFINITY : firstDayOf(yearOf(day));
    case "End":
      return isControl ? Number.POSITIVE_INFINITY : firstDayOf(yearOf(day) + 1) - 1;
    default:
      return null;
  }
}

/** The same day of another month, or that month's last one. */
function addMonths(day: number, months: number): number {
  const date = new Date(day * 86_400_000);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const last = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0);
  return Math.min(first / 86_400_000 + date.getUTCDate() - 1, last / 86_400_000);
}
