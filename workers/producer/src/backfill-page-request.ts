import type { Doubt } from "@candlehouse/shared/core/backfill-answer";
import {
  probeEdge,
  probeReach,
  type EdgeSearch,
  type ReachSearch,
} from "@candlehouse/shared/core/backfill-reach";
import { witnessedRun } from "@candlehouse/shared/core/backfill-witness";
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
  /** Candles beside what is wanted that the source gave in this step, and is asked for again. */
  readonly witnesses: readonly number[];
  /** Answers to it so far in which nothing came, none of them known to be spoiled. */
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
  return {
    start,
    end,
    wanted: mine,
    witnesses: [],
    silences: 0,
    passes: 0,
    search: null,
    edge: null,
  };
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
  const run = { start, end, wanted, witnesses: [], silences, passes };
  return probe === undefined
    ? { ...run, search: null, edge: null }
    : { ...run, ...probe, search: reach, edge };
}

/**
 * `request` with the candles beside its stretch that are among `seen`, where it asks for one that the
 * source was silent about.
 */
export function witnessed(
  request: PageRequest,
  seen: Iterable<number>,
  timeframe: Timeframe,
  candlesPerRequest: number,
): PageRequest {
  const { passes, search, edge } = request;
  return passes === 0 || search !== null || edge !== null
    ? request
    : { ...request, ...witnessedRun(request, seen, timeframe, candlesPerRequest) };
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
