import type { Gap, GapClass, GapEvidence, GapState } from "../core/gap.ts";
import type { Series } from "../core/series.ts";

/** A row of `gaps` as D1 gives it. */
export interface GapRow extends Series {
  readonly start: number;
  readonly end: number;
  readonly missing: number;
  readonly runs: number;
  readonly class: GapClass;
  readonly state: GapState;
  readonly evidence: string;
  readonly attempts: number;
  readonly found_at: number;
  readonly updated_at: number;
}

/** The columns of `gaps`, as a SELECT of the table `g` names them. */
export const GAP_COLUMNS = [
  "source",
  "symbol",
  "timeframe",
  "start",
  '"end"',
  "missing",
  "runs",
  "class",
  "state",
  "evidence",
  "attempts",
  "found_at",
  "updated_at",
] as const;

export function gapOf(row: GapRow): Gap {
  const { source, symbol, timeframe, evidence, found_at, updated_at } = row;
  const parsed: GapEvidence = JSON.parse(evidence);
  return {
    series: { source, symbol, timeframe },
    start: row.start,
    end: row.end,
    missing: row.missing,
    runs: row.runs,
    class: row.class,
    state: row.state,
    evidence: parsed,
    attempts: row.attempts,
    foundAt: found_at,
    updatedAt: updated_at,
  };
}

/** The values of `gap` behind its series, in the order of GAP_COLUMNS. */
export function gapValues(gap: Gap): (string | number)[] {
  return [
    gap.start,
    gap.end,
    gap.missing,
    gap.runs,
    gap.class,
    gap.state,
    JSON.stringify(gap.evidence),
    gap.attempts,
    gap.foundAt,
    gap.updatedAt,
  ];
}
