import {
  addTallies,
  noteFailure,
  type BackfillFailure,
  type BackfillJob,
  type BackfillProgress,
  type MissingTally,
} from "./backfill-job.ts";
import type { CandlehouseError } from "./errors.ts";
import { countCandles } from "./timeframe.ts";

/**
 * `progress` of `job` with everything before the open time `cursor` dealt with in this round, and
 * with what is missing there, where that was counted.
 */
export function passTo(
  progress: BackfillProgress,
  { request, timeframe }: Pick<BackfillJob, "request" | "timeframe">,
  cursor: number,
  tally: MissingTally | null,
): BackfillProgress {
  const passed = countCandles(request.start, cursor, timeframe) * request.markets.length;
  return {
    ...progress,
    cursor,
    passed: progress.round === 1 ? passed : progress.passed,
    tally: tally === null ? progress.tally : addTallies(progress.tally, tally),
  };
}

/** `handed` widened to the candles at `times` (open times, ascending). */
export function extendHanded(
  handed: BackfillProgress["handed"],
  times: readonly number[],
): BackfillProgress["handed"] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) {
    return handed;
  }
  return {
    first: Math.min(first, handed?.first ?? first),
    last: Math.max(last, handed?.last ?? last),
  };
}

/** `errors` with all of `failures`, which happened at `at`. */
export function noteFailures(
  errors: readonly BackfillFailure[],
  failures: readonly CandlehouseError[],
  at: number,
): readonly BackfillFailure[] {
  return failures.reduce((noted, failure) => noteFailure(noted, failure, at), errors);
}
