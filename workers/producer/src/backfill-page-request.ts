import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import {
  probeEdge,
  probeReach,
  type EdgeSearch,
  type ReachSearch,
} from "@candlehouse/shared/core/backfill-reach";
import { clipRuns, type Run } from "@candlehouse/shared/core/missing";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";

/** What is asked of a source: candles of one market. */
export interface PageQuestion {
  readonly symbol: string;
  readonly nativeSymbol: string;
  readonly timeframe: Timeframe;
  /** Open times of the wanted candles, as runs: ascending, apart. */
  readonly wanted: readonly Run[];
  /** Stretches that the source was silent about in an earlier step: ascending, apart. */
  readonly doubted?: readonly Doubt[];
  /** Whether the first request failed in an earlier step: then it is tried alone. */
  readonly isRetried?: boolean;
}

/** A request, and why it is asked. */
export interface PageRequest extends Run {
  /** What of it is wanted: ascending, apart. */
  readonly wanted: readonly Run[];
  /** Answers to it so far in which nothing came. */
  readonly silences: number;
  /** How often what it asks for was asked for before: 0 for a page, 1 where that was in another step. */
  readonly passes: number;
  /** The search for the source's reach that it is a part of. */
  readonly search: ReachSearch | null;
  /** The search for the reach in what is silent, that it is a part of. */
  readonly edge: EdgeSearch | null;
}

/** A page of `wanted`, asked for the first time. */
export function pageOf({ start, end }: Run, wanted: readonly Run[]): PageRequest {
  const mine = clipRuns(wanted, { start, end });
  return { start, end, wanted: mine, silences: 0, passes: 0, search: null, edge: null };
}

/**
 * The request that asks for the doubtful stretch by itself once more, or that goes on with the
 * search for the reach in it. `wanted` is what of it is wanted.
 */
export function requestOf(
  doubt: Doubt,
  timeframe: Timeframe,
  passes = 1,
  wanted: readonly Run[] = [{ start: doubt.start, end: doubt.end }],
): PageRequest {
  const { start, end, silences, edge = null, reach = null } = doubt;
  const probe =
    (edge === null ? undefined : probeEdge(edge, timeframe)) ??
    (reach === null ? undefined : probeReach(reach, timeframe));
  const run = { start, end, wanted, silences, passes };
  return probe === undefined
    ? { ...run, search: null, edge: null }
    : { ...run, ...probe, search: reach, edge };
}

/** All that is left unknown where `request` goes unanswered. */
export function wholeOf({ search, edge, start, end }: PageRequest): Run {
  return search ?? edge ?? { start, end };
}

/** What `request` is to show, where the source was silent about it before; else undefined. */
export function doubtOf(request: PageRequest): Doubt | undefined {
  const { silences, edge, passes, search } = request;
  const [run] = request.wanted;
  if (search !== null) {
    return { start: search.start, end: search.end, silences: 0, reach: search };
  }
  if (run === undefined || passes === 0) {
    return undefined;
  }
  return edge === null ? { ...run, silences } : { ...run, silences, edge };
}
