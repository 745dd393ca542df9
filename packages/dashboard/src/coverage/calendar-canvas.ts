import {
  CELL_GAP,
  cellOf,
  TOP,
  weekdayOf,
  type Point,
  type YearLayout,
} from "./calendar-layout.ts";
import { drawPattern, patternOf, type Size } from "./calendar-pattern.ts";
import { levelOf, placeOf, type DayCoverage, type Level } from "./day-coverage.ts";

/** What a calendar is drawn with, as CSS has it. */
export const INKS = {
  text: "var(--text-quiet)",
  idle: "var(--surface-sunken)",
  line: "var(--text-quiet)",
  // Quieter than what is missing, which is what the eye is to find.
  hot: "color-mix(in oklab, var(--hot) 72%, var(--surface))",
  cold: "color-mix(in oklab, var(--cold) 62%, var(--surface))",
  bad: "var(--bad)",
  badSurface: "var(--bad-surface)",
} as const;

export type Inks = Readonly<Record<keyof typeof INKS, string>>;

/** The share of a cell that is filled: held days are told apart by height as well as by shade. */
const FILL: Readonly<Record<Level, number>> = {
  idle: 0,
  none: 0,
  low: 0.3,
  middle: 0.6,
  high: 0.8,
  full: 1,
};
const SHADE: Readonly<Record<Level, number>> = {
  idle: 1,
  none: 1,
  low: 0.6,
  middle: 0.75,
  high: 0.9,
  full: 1,
};

const MONTHS = Array.from({ length: 12 }, (_, month) =>
  new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" }).format(
    Date.UTC(2024, month, 1),
  ),
);
/** Every other one, as there is little room. */
const WEEKDAYS = [
  { row: 0, name: "Mon" },
  { row: 2, name: "Wed" },
  { row: 4, name: "Fri" },
] as const;

/** Draws a year: names of months and weekdays, and a cell for each of its days in `days`. */
export function drawYear(
  context: CanvasRenderingContext2D,
  layout: YearLayout,
  days: ReadonlyMap<number, DayCoverage>,
  inks: Inks,
): void {
  context.clearRect(0, 0, layout.width, layout.height);
  drawNames(context, layout, inks);
  const size = layout.pitch - CELL_GAP;
  for (let day = shownStart(layout); day < shownEnd(layout); day += 1) {
    const coverage = days.get(day);
    const cell = cellOf(layout, day);
    if (coverage === undefined || levelOf(coverage) === "idle") {
      drawNothing(context, cell, size, inks);
    } else {
      drawDay(context, cell, size, coverage, inks);
    }
  }
}

function shownStart({ firstDay, firstMonday }: YearLayout): number {
  return Math.max(firstDay, firstMonday);
}

/** The first day after those whose part is shown. */
function shownEnd({ firstMonday, endDay, parts, weeksPerPart }: YearLayout): number {
  return Math.min(endDay, firstMonday + parts * weeksPerPart * 7);
}

/** A day on which nothing is due, or before the first and after the last one: a year has its shape. */
function drawNothing(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  size: number,
  inks: Inks,
): void {
  context.fillStyle = inks.line;
  context.globalAlpha = 0.5;
  context.fillRect(x + size / 2 - 1, y + size / 2 - 1, 2, 2);
  context.globalAlpha = 1;
}

function drawNames(context: CanvasRenderingContext2D, layout: YearLayout, inks: Inks): void {
  context.fillStyle = inks.text;
  context.font = `${Math.max(11, Math.min(15, Math.round(layout.pitch / 2)))}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const [month, name] of MONTHS.entries()) {
    const firstOfMonth = Date.UTC(layout.year, month, 1) / 86_400_000;
    // Above the month's first whole week.
    const monday = firstOfMonth + ((7 - weekdayOf(firstOfMonth)) % 7);
    if (monday >= layout.firstMonday && monday < shownEnd(layout)) {
      const { x, y } = cellOf(layout, monday);
      context.fillText(name, x, y - TOP / 2);
    }
  }
  for (let part = 0; part < layout.parts; part += 1) {
    const top = cellOf(layout, layout.firstMonday + part * layout.weeksPerPart * 7).y;
    for (const { row, name } of WEEKDAYS) {
      context.fillText(name, 0, top + (row + 0.5) * layout.pitch - CELL_GAP / 2);
    }
  }
}

/** Draws one day as a square of `size` pixels. */
export function drawDay(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  size: number,
  day: DayCoverage,
  inks: Inks,
): void {
  const level = levelOf(day);
  context.save();
  context.beginPath();
  context.roundRect(x, y, size, size, Math.min(3, size / 5));
  context.clip();
  const height = Math.round(size * FILL[level]);
  // A line between both, so that they are told apart without their colours.
  drawRest(
    context,
    { x, y },
    { width: size, height: size - height - (height > 0 ? 1 : 0) },
    day,
    inks,
  );
  context.globalAlpha = SHADE[level];
  drawHeld(context, { x, y: y + size - height }, { width: size, height }, day, inks);
  context.restore();
}

/** What is not held: missing, explained, or not due. */
function drawRest(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  { width, height }: Size,
  day: DayCoverage,
  inks: Inks,
): void {
  if (day.missing > 0 && day.held === 0) {
    context.fillStyle = inks.badSurface;
    context.fillRect(x, y, width, height);
    context.strokeStyle = inks.bad;
    context.lineWidth = 2;
    context.strokeRect(x + 1, y + 1, width - 2, height - 2);
    return;
  }
  context.fillStyle = day.missing > 0 ? inks.bad : inks.idle;
  context.fillRect(x, y, width, height);
  if (day.missing === 0 && day.explained > 0) {
    context.strokeStyle = inks.line;
    drawPattern(context, { x, y }, { width, height }, patternOf(day.classes[0]?.name));
  }
}

function drawHeld(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  { width, height }: Size,
  day: DayCoverage,
  inks: Inks,
): void {
  const place = placeOf(day);
  context.fillStyle = place === "hot" ? inks.hot : inks.cold;
  context.fillRect(x, y, width, height);
  if (place === "both") {
    context.fillStyle = inks.hot;
    context.beginPath();
    context.moveTo(x + width, y);
    context.lineTo(x + width, y + height);
    context.lineTo(x, y + height);
    context.fill();
  }
}
