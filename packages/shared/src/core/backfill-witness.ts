import type { Run } from "./missing.ts";
import { closeTimeOf, countCandles, type Timeframe } from "./timeframe.ts";

/** A request for a stretch together with candles beside it that the source gave before. */
export interface WitnessedRun extends Run {
  /**
   * Open times of those candles, ascending: at most one before the stretch and one behind it. An
   * answer that lacks one was spoiled on its way, and tells nothing of what else it lacks.
   */
  readonly witnesses: readonly number[];
}

/**
 * `stretch` widened to the nearest candles before and behind it among `seen`, as far as a request of
 * `candlesPerRequest` holds them; where it holds one alone, the later one: answers are cut at their
 * end more often than at their beginning.
 */
export function witnessedRun(
  stretch: Run,
  seen: Iterable<number>,
  timeframe: Timeframe,
  candlesPerRequest: number,
): WitnessedRun {
  let [before, behind] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const time of seen) {
    if (time < stretch.start) {
      before = Math.max(before, time);
    } else if (time >= stretch.end) {
      behind = Math.min(behind, time);
    }
  }
  const choices = [[before, behind], [behind], [before]].map((times) =>
    times.filter(Number.isFinite),
  );
  for (const witnesses of choices) {
    const run = {
      start: Math.min(stretch.start, ...witnesses),
      end: Math.max(stretch.end, ...witnesses.map((time) => closeTimeOf(time, timeframe))),
    };
    if (countCandles(run.start, run.end, timeframe) <= candlesPerRequest) {
      return { ...run, witnesses };
    }
  }
  return { start: stretch.start, end: stretch.end, witnesses: [] };
}

/** Whether an answer with candles at `times`, which speaks for `covered`, lacks one of `witnesses`. */
export function lacksWitness(
  times: readonly number[],
  covered: Run,
  witnesses: readonly number[],
): boolean {
  return witnesses.some(
    (time) => time >= covered.start && time < covered.end && !times.includes(time),
  );
}
