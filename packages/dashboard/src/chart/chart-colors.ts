import { readColours } from "../ui/colours.ts";

const COLORS = {
  surface: "var(--surface)",
  line: "var(--line)",
  lineStrong: "var(--line-strong)",
  text: "var(--text)",
  textQuiet: "var(--text-quiet)",
  /** Behind the values at the crosshair, which are drawn in white or black by how bright it is. */
  labelBack: "var(--text-quiet)",
  up: "var(--candle-up)",
  down: "var(--candle-down)",
} as const;

/** Colours of the page as a canvas needs them. */
export type ChartColors = Readonly<Record<keyof typeof COLORS, string>>;

/** What they are in the theme that `element` is shown in. */
export function readColors(element: HTMLElement): ChartColors {
  return readColours(element, COLORS);
}

/** `color` as the browser tells it, `rgb(…)`, with `alpha` from 0 to 1. */
export function withAlpha(color: string, alpha: number): string {
  return color.replace(/^rgb\(([^)]*)\)$/, `rgba($1, ${alpha})`);
}
