import { decimalOf } from "@candlehouse/shared/core/decimal";
import type { Gap } from "@candlehouse/shared/core/gap";
import type { Outlier } from "@candlehouse/shared/core/outlier";
import type { RevisedCandle } from "./read-revised.ts";

/** A mark on a bar. */
export interface Mark {
  readonly id: string;
  /** Open time of the bar, unix seconds. */
  readonly time: number;
  readonly color: string;
  readonly text: string;
  readonly label: string;
  readonly labelFontColor: string;
  readonly minSize: number;
}

/** A mark on the time axis. */
export interface TimescaleMark {
  readonly id: string;
  /** Open time of a bar, unix seconds. */
  readonly time: number;
  readonly color: string;
  readonly label: string;
  readonly tooltip: readonly string[];
}

/** What there is to tell of a bar, of one kind. */
interface Note {
  /** When what it tells of begins, unix seconds. */
  readonly at: number;
  readonly text: string;
}

/** Things of one kind that are told of one bar. */
const LINES_MAX = 5;

const MARK_SIZE = 16;

const KINDS = {
  gap: { color: "yellow", label: "G", labelFontColor: "black" },
  revision: { color: "blue", label: "R", labelFontColor: "white" },
  outlier: { color: "red", label: "O", labelFontColor: "white" },
} as const;

type Kind = keyof typeof KINDS;

/** What is known of the candles of a range. */
export interface Findings {
  readonly gaps: readonly Gap[];
  readonly revised: readonly RevisedCandle[];
  readonly outliers: readonly Outlier[];
}

/**
 * The marks of `findings` on bars that open at `times` (ascending, unix seconds): one of each kind a
 * bar, so three at most. What a gap lacks has no bar; its mark stands on the last one before.
 */
export function marksOf({ gaps, revised, outliers }: Findings, times: readonly number[]): Mark[] {
  return [
    ...marksOfKind("gap", gaps.map(noteOfGap), times),
    ...marksOfKind("revision", revised.map(noteOfRevision), times),
    ...marksOfKind("outlier", outliers.map(noteOfOutlier), times),
  ].toSorted((a, b) => a.time - b.time);
}

/** The gaps as marks on the time axis, in the same way. */
export function timescaleMarksOf(gaps: readonly Gap[], times: readonly number[]): TimescaleMark[] {
  return groupByBar(gaps.map(noteOfGap), times).map(({ time, lines }) => ({
    id: `gap:${time}`,
    time,
    color: KINDS.gap.color,
    label: KINDS.gap.label,
    tooltip: lines,
  }));
}

function marksOfKind(kind: Kind, notes: readonly Note[], times: readonly number[]): Mark[] {
  return groupByBar(notes, times).map(({ time, lines }) => ({
    id: `${kind}:${time}`,
    time,
    text: lines.join("\n"),
    ...KINDS[kind],
    minSize: MARK_SIZE,
  }));
}

/** `notes` by the bar that each belongs to, oldest first; one before the first bar has none. */
function groupByBar(
  notes: readonly Note[],
  times: readonly number[],
): { readonly time: number; readonly lines: readonly string[] }[] {
  const sorted = notes.toSorted((a, b) => a.at - b.at);
  const byBar = Map.groupBy(sorted, ({ at }) => times.findLast((time) => time <= at));
  return [...byBar].flatMap(([time, some]) => {
    const lines = some.slice(0, LINES_MAX).map(({ text }) => text);
    const more = some.length - lines.length;
    return time === undefined
      ? []
      : [{ time, lines: more === 0 ? lines : [...lines, `and ${more} more`] }];
  });
}

function noteOfGap({ start, missing, class: name, evidence, series }: Gap): Note {
  const what = `${missing} ${series.timeframe} ${missing === 1 ? "candle" : "candles"}`;
  return {
    at: start,
    text: `${what} missing from ${timeText(start)}: ${name}. ${evidence.reason}`,
  };
}

function noteOfRevision({ timestamp, close, seen_at_ms }: RevisedCandle): Note {
  return {
    at: timestamp,
    text: `${timeText(timestamp)} was changed by its source: close ${decimalOf(close)}, seen ${timeText(seen_at_ms / 1_000)}`,
  };
}

function noteOfOutlier({ timestamp, field, value, expected, score }: Outlier): Note {
  const near = Number(expected.toPrecision(6));
  return {
    at: timestamp,
    text: `${field.replace("_", " ")} ${value} where its neighbours say ${near} (score ${score.toFixed(1)})`,
  };
}

/** `2026-11-23 03:04 UTC` */
function timeText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
