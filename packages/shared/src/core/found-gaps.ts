import type { Verdict } from "./classify-gap.ts";
import type { Gap, GapEvidence } from "./gap.ts";
import { countRuns, dayOf, type Run } from "./missing.ts";
import { traitsOf } from "./source-traits.ts";
import type { Series } from "./series.ts";

/** A run of missing candles, and why they are missing. */
export interface ClassifiedRun extends Run {
  readonly verdict: Verdict;
}

/** Missing candles as they are to be recorded. */
export type FoundGap = Pick<
  Gap,
  "start" | "end" | "missing" | "runs" | "class" | "state" | "evidence"
>;

/**
 * The gaps that `runs` (ascending) of `series` make, ascending by start: each run its own. But where
 * a source has no candle for an interval without a trade, runs that begin on one UTC day, and are
 * either all `no_trades` or all still to be asked for, are one: a quiet market has hundreds a day.
 */
export function gapsOf(runs: readonly ClassifiedRun[], { source, timeframe }: Series): FoundGap[] {
  const gaps: FoundGap[] = [];
  const joins = traitsOf(source).quiet === "absent";
  /** Where the last gap of a kind stands that more runs may join. */
  const open = new Map<string, number>();
  for (const { start, end, verdict } of runs) {
    const missing = countRuns([{ start, end }], timeframe);
    const gap: FoundGap = { start, end, missing, runs: 1, ...verdict };
    const kind = `${verdict.class} ${verdict.state} ${verdict.evidence.code}`;
    const place = open.get(kind);
    const before = place === undefined ? undefined : gaps[place];
    if (place !== undefined && before !== undefined && dayOf(before.start) === dayOf(start)) {
      gaps[place] = join(before, gap);
    } else {
      if (joins && (verdict.class === "no_trades" || verdict.class === "collector_miss")) {
        open.set(kind, gaps.length);
      }
      gaps.push(gap);
    }
  }
  return gaps;
}

function join(before: FoundGap, gap: FoundGap): FoundGap {
  return {
    ...before,
    end: gap.end,
    missing: before.missing + gap.missing,
    runs: before.runs + 1,
    evidence: joinEvidence(before.evidence, gap.evidence),
  };
}

/** `found` is of the windows around, which may be the same: it stays that of the first run. */
function joinEvidence(a: GapEvidence, b: GapEvidence): GapEvidence {
  return {
    ...a,
    asked_at:
      a.asked_at === null || b.asked_at === null
        ? (a.asked_at ?? b.asked_at)
        : Math.max(a.asked_at, b.asked_at),
    siblings:
      a.siblings === null || b.siblings === null
        ? (a.siblings ?? b.siblings)
        : {
            series: Math.max(a.siblings.series, b.siblings.series),
            expected: a.siblings.expected + b.siblings.expected,
            found: a.siblings.found + b.siblings.found,
          },
  };
}
