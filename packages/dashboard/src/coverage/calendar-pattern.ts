import type { GapClass } from "@candlehouse/shared/core/gap";
import type { Point } from "./calendar-layout.ts";

/** CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** From one line of a pattern to the next, CSS pixels. */
const PATTERN_STEP = 4;

/** How an absence that is explained is drawn. */
type Pattern = "dots" | "stripes" | "bars" | "outline";

/** Of all other classes: there was no such market at the time. */
const PATTERNS: Readonly<Partial<Record<GapClass, Pattern>>> = {
  no_trades: "dots",
  source_outage: "stripes",
  source_limit: "bars",
};

/** How an absence of class `name` is drawn. */
export function patternOf(name: GapClass | undefined): Pattern {
  return (name === undefined ? undefined : PATTERNS[name]) ?? "outline";
}

/** Covers a rectangle with `pattern`, in the stroke colour of `context`. */
export function drawPattern(
  context: CanvasRenderingContext2D,
  { x, y }: Point,
  { width, height }: Size,
  pattern: Pattern,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.lineWidth = 1;
  context.setLineDash(pattern === "dots" ? [1, 3] : []);
  context.beginPath();
  if (pattern === "outline") {
    context.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, 2);
  } else {
    for (let at = 1; at < width + height; at += PATTERN_STEP) {
      if (pattern === "stripes") {
        context.moveTo(x + at - height, y + height);
        context.lineTo(x + at, y);
      } else {
        context.moveTo(x, y + at + 0.5);
        context.lineTo(x + width, y + at + 0.5);
      }
    }
  }
  context.stroke();
  context.restore();
}
