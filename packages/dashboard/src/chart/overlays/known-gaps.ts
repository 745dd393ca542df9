import type { TimeRange } from "../chart-place.ts";
import { gapId, type GapRecord } from "./gap-span.ts";
import { overlaps } from "./shown-range.ts";

/** Gaps that were answered for a range: all of them, or the newest ones only. */
export interface AnsweredGaps {
  readonly rows: readonly GapRecord[];
  readonly range: TimeRange;
  /** There are more in the range. */
  readonly isCut: boolean;
}

/** Most gaps that are kept; beyond them those of earlier answers are forgotten. */
const KNOWN_MAX = 8_000;

/**
 * Whether candles have come since: a gap that was `known` is filled by now, whole or in part. Where
 * not all were answered, one that is not among them says nothing.
 */
export function haveCome(
  known: readonly GapRecord[],
  { rows, range, isCut }: AnsweredGaps,
): boolean {
  const answered = new Map(rows.map((gap) => [gapId(gap), gap]));
  return known.some((gap) => {
    if (gap.state === "filled") {
      return false;
    }
    const now = answered.get(gapId(gap));
    return now === undefined
      ? !isCut && overlaps(gap, range)
      : now.state === "filled" || now.missing < gap.missing;
  });
}

/**
 * What is known of gaps after an answer: in its range what it says, elsewhere what was known. So a gap
 * that is no longer in view keeps its places, and nothing that is seen moves.
 */
export function mergeGaps(
  known: readonly GapRecord[],
  { rows, range, isCut }: AnsweredGaps,
): readonly GapRecord[] {
  const answered = new Set(rows.map(gapId));
  const kept = known.filter((gap) => !answered.has(gapId(gap)) && (isCut || !overlaps(gap, range)));
  return kept.length + rows.length > KNOWN_MAX ? rows : [...kept, ...rows];
}
