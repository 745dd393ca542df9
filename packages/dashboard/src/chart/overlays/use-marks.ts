import { useMemo } from "preact/hooks";
import type { ChartPlace } from "../chart-place.ts";
import { marksOf, type Mark } from "./mark.ts";
import { areTooMany, isRolledUp, useOutliers, useRevisions } from "./use-shown.ts";

interface Marks {
  readonly marks: readonly Mark[];
  /** Whether there are more revisions than are marked. */
  readonly isCut: boolean;
  readonly isLoading: boolean;
}

const NONE: readonly never[] = [];

/** The marks of what is seen; none where they are switched off. */
export function useMarks(place: ChartPlace): Marks {
  const revisions = useRevisions(place);
  const outliers = useOutliers(place);
  const { showsMarks } = place.state;
  const revised = showsMarks && !isRolledUp(place) ? (revisions.data?.rows ?? NONE) : NONE;
  const marked = showsMarks && !areTooMany(place) ? (outliers.data?.outliers ?? NONE) : NONE;
  const marks = useMemo(() => marksOf(revised, marked), [revised, marked]);
  return {
    marks,
    isCut: revisions.data?.isCut ?? false,
    isLoading: revisions.isLoading || outliers.isLoading,
  };
}
