import { gapsOf, type ClassifiedRun, type FoundGap } from "./found-gaps.ts";
import type { Gap, GapState } from "./gap.ts";
import { clipRuns, countRuns, subtractRanges, type Run } from "./missing.ts";
import { overlapsOf } from "./overlaps.ts";
import type { Series } from "./series.ts";

/** What is known before the records are brought up to date. */
export interface GapPlanInput {
  readonly series: Series;
  /** What was looked at. Its bounds are of the series' grid. */
  readonly range: Run;
  /** Every record that overlaps the range. One of several runs that is not filled lies within it. */
  readonly records: readonly Gap[];
  /** All that is missing in the range, ascending. */
  readonly runs: readonly ClassifiedRun[];
  readonly nowSeconds: number;
}

/** What is to be written so that the records say what is missing now. */
export interface GapPlan {
  /** New and changed records. */
  readonly put: readonly Gap[];
  /** Starts of records that are to go: others took their place. */
  readonly remove: readonly number[];
  /** All that is missing in the range, as it stands in the records afterwards. */
  readonly gaps: readonly Gap[];
  /** Gaps of which no record told. */
  readonly detected: number;
  /** Records that are filled now, and candles that were missing and are held now. */
  readonly filled: number;
  readonly candlesFilled: number;
}

/**
 * How the records of a series are brought up to date. A record that is found again keeps its age and
 * its attempts, and is written only where it says something else by now. What of a record is held
 * becomes `filled`, a part of a run too: nothing that was missing is forgotten at once. Pure. Throws
 * where a record of several runs lies only partly in the range: it could not be told what of it stays.
 */
export function planGaps({ series, range, records, runs, nowSeconds }: GapPlanInput): GapPlan {
  const open = records.filter(({ state }) => state !== "filled");
  const openAround = overlapsOf(open);
  const missingAround = overlapsOf(runs);
  const gaps: Gap[] = [];
  let detected = 0;
  for (const found of gapsOf(runs, series)) {
    const before = openAround(found);
    detected += before.length === 0 ? 1 : 0;
    const attempts = Math.max(0, ...before.map((record) => record.attempts));
    gaps.push({
      ...found,
      series,
      state: stateOf(found, attempts),
      attempts,
      foundAt: Math.min(nowSeconds, ...before.map(({ foundAt }) => foundAt)),
      updatedAt: nowSeconds,
    });
  }
  const parts = open.map((record) => filledOf(record, range, missingAround(record)));
  const filled = parts.flatMap(({ records: some }) =>
    some.map((record): Gap => ({ ...record, state: "filled", updatedAt: nowSeconds })),
  );
  const known = new Map(records.map((record) => [record.start, record]));
  const news = gaps.filter((gap) => !saysTheSame(known.get(gap.start), gap));
  const unseen = open.flatMap((record) => unseenOf(record, range));
  const kept = new Set([...gaps, ...filled, ...unseen].map(({ start }) => start));
  return {
    put: [...news, ...filled, ...unseen.filter((gap) => !saysTheSame(known.get(gap.start), gap))],
    remove: open.flatMap(({ start }) => (kept.has(start) ? [] : [start])),
    gaps,
    detected,
    filled: filled.length,
    candlesFilled: parts.reduce((sum, { candles }) => sum + candles, 0),
  };
}

/** What is still missing after it was asked for once more is what could not be filled. */
function stateOf({ class: name, state }: FoundGap, attempts: number): GapState {
  return name === "unknown" && attempts > 0 ? "failed" : state;
}

interface Filled {
  readonly records: readonly Gap[];
  readonly candles: number;
}

/**
 * What of `record` is held by now, where `missing` is what is not. Which runs a record stood for
 * that had several, nobody knows any more: such a one is filled as a whole, or not.
 */
function filledOf(record: Gap, range: Run, missing: readonly Run[]): Filled {
  const { timeframe } = record.series;
  if (record.runs > 1) {
    const left = countRuns(clipRuns(missing, record), timeframe);
    return {
      records: missing.length === 0 ? [record] : [],
      candles: Math.max(0, record.missing - left),
    };
  }
  // What lies outside of the range was not looked at.
  const parts = clipRuns(subtractRanges([record], missing), range);
  return {
    records: parts.map((part) => ({ ...record, ...part, missing: countRuns([part], timeframe) })),
    candles: countRuns(parts, timeframe),
  };
}

/** What of `record` lies outside of the range, and stays as it is. */
function unseenOf(record: Gap, range: Run): Gap[] {
  const parts = subtractRanges([record], [range]);
  if (record.runs > 1 && parts.length > 0) {
    throw new Error(
      `the record of ${record.runs} runs at ${record.start} to ${record.end} lies only partly in what was looked at, ${range.start} to ${range.end}`,
    );
  }
  return parts.map((part) => ({
    ...record,
    ...part,
    missing: countRuns([part], record.series.timeframe),
  }));
}

/**
 * Whether `record` is no news beside `known`. What moves on with time alone is none: the newest
 * candle that is held, and how far the source reaches back.
 */
function saysTheSame(known: Gap | undefined, record: Gap): boolean {
  return known !== undefined && contentOf(known) === contentOf(record);
}

function contentOf({ end, missing, runs, class: name, state, attempts, evidence }: Gap): string {
  const { asked_at, outcome, found, siblings, first_held, code, reason } = evidence;
  return JSON.stringify([
    [end, missing, runs, name, state, attempts],
    [asked_at, outcome, found, first_held, code, reason],
    siblings === null ? null : [siblings.series, siblings.expected, siblings.found],
  ]);
}
