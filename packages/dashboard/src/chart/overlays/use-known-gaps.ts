import { useMemo, useRef } from "preact/hooks";
import type { ChartPlace } from "../chart-place.ts";
import type { GapRecord } from "./gap-span.ts";
import { haveCome, mergeGaps, type AnsweredGaps } from "./known-gaps.ts";

const NO_GAPS: readonly GapRecord[] = [];

/** All gaps of the series that were answered so far; none where they are switched off. */
export function useKnownGaps(
  { state, readAgain }: ChartPlace,
  answered: AnsweredGaps | undefined,
): readonly GapRecord[] {
  const { series, showsGaps } = state;
  const known = useRef({ series, gaps: NO_GAPS });
  const latest = useRef(readAgain);
  latest.current = readAgain;
  const gaps = useMemo(() => {
    const before = known.current.series === series ? known.current.gaps : NO_GAPS;
    const own = answered?.rows.every((gap) => gap.series === series) === true;
    if (own && haveCome(before, answered)) {
      // The candles of a repair in the past come by no stream, and what is missing no more is not shaded.
      latest.current();
    }
    known.current = { series, gaps: own ? mergeGaps(before, answered) : before };
    return known.current.gaps;
  }, [series, answered]);
  return showsGaps ? gaps : NO_GAPS;
}
