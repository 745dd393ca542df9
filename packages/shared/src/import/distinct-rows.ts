import type { CandleBlock } from "./candle-block.ts";

/** A row that is not taken, and why. */
export interface Rejection {
  /** As an editor counts the lines of the file. */
  readonly line: number;
  readonly reason: string;
}

/** Rows of a file, in order. */
export interface DistinctRows {
  /** Ascending, each timestamp once. */
  readonly block: CandleBlock;
  /** Rows that say what an earlier one of their timestamp said. */
  readonly duplicates: number;
  /** Rows that say otherwise. */
  readonly contradictions: readonly Rejection[];
}

/** The rows of `block` by time: of two rows of one timestamp, the one that stands first in the file. */
export function distinctRows(block: CandleBlock): DistinctRows {
  if (block.ascending) {
    return { block, duplicates: 0, contradictions: [] };
  }
  const { timestamps } = block;
  const timeAt = (at: number): number => timestamps[at] ?? 0;
  const places = Uint32Array.from({ length: block.rows }, (_, at) => at).toSorted(
    (a, b) => timeAt(a) - timeAt(b) || a - b,
  );
  const kept: number[] = [];
  const contradictions: Rejection[] = [];
  let duplicates = 0;
  let before = -1;
  for (const at of places) {
    if (before < 0 || timeAt(before) !== timeAt(at)) {
      kept.push(at);
      before = at;
    } else if (block.isSame(before, at)) {
      duplicates += 1;
    } else {
      contradictions.push({
        line: block.lines[at] ?? 0,
        reason: `timestamp ${timeAt(at)} stands on line ${block.lines[before]} with other values`,
      });
    }
  }
  return { block: block.select(kept), duplicates, contradictions };
}
