import type { ErrorCode } from "./errors.ts";
import { clipRuns, countRuns, cutRuns, subtractRanges, type Run } from "./missing.ts";
import type { Timeframe } from "./timeframe.ts";

/** That a source was asked for a range, as far as it explains what is missing. */
export interface Answer extends Run {
  readonly outcome: "answered" | "beyond_reach" | "failed";
  /** Candles that were asked for and are not in the answers. */
  readonly absent: number;
  /** Open times of candles that came and can never be stored. */
  readonly rejected: readonly number[];
}

/** Candles that are missing, by what is known of them. */
export interface Explained {
  /** The source was asked and has none. */
  readonly absent: number;
  /** They came and can never be stored. */
  readonly rejected: number;
  /** Older than the source still gives. */
  readonly beyondReach: number;
  /** Not asked for, refused, or found and not held: to be asked for. */
  readonly open: readonly Run[];
}

/**
 * What `answers` explain of the missing candles in `runs` (ascending, apart). An answer explains as
 * many as it said to be absent: where more are missing in its range, some were found and are not
 * held, and all of the range are asked for again.
 */
export function explainMissing(
  runs: readonly Run[],
  answers: readonly Answer[],
  timeframe: Timeframe,
): Explained {
  const reliable = answers.filter((answer) => {
    const missing = countRuns(clipRuns(runs, answer), timeframe);
    return (
      answer.outcome === "beyond_reach" ||
      (answer.outcome === "answered" && missing <= answer.absent + answer.rejected.length)
    );
  });
  const answered = reliable.filter(({ outcome }) => outcome === "answered");
  const afterAnswers = subtractRanges(runs, answered);
  const open = subtractRanges(
    afterAnswers,
    reliable.filter(({ outcome }) => outcome === "beyond_reach"),
  );
  const rejectedTimes = new Set(answered.flatMap(({ rejected }) => rejected));
  const rejected = [...rejectedTimes].filter((time) =>
    runs.some(({ start, end }) => time >= start && time < end),
  ).length;
  const total = countRuns(runs, timeframe);
  const unanswered = countRuns(afterAnswers, timeframe);
  return {
    absent: total - unanswered - rejected,
    rejected,
    beyondReach: unanswered - countRuns(open, timeframe),
    open,
  };
}

/** Open times of rejected candles that an answer names at most. */
export const REJECTED_MAX = 100;

/** What was learned of a stretch that was asked for, or could not be. */
export interface Learned {
  /** What was missing before, as runs: ascending, apart. */
  readonly wanted: readonly Run[];
  /** Open times of the wanted candles that came and were handed on, ascending. */
  readonly found: readonly number[];
  /** Open times of the wanted candles that came and can never be stored, ascending. */
  readonly rejected: readonly number[];
  /** Parts of the stretch that could not be asked for, apart. */
  readonly refused: readonly Refusal[];
}

export interface Refusal extends Run {
  readonly outcome: "beyond_reach" | "failed";
  readonly code: ErrorCode | null;
  readonly reason: string;
}

/** An answer that is to be recorded. */
export interface NewAnswer extends Answer {
  readonly found: number;
  readonly code: ErrorCode | null;
  readonly reason: string | null;
}

/**
 * The answers to record for `stretch`: one where all of it was answered, else one for each part;
 * where more candles were rejected than an answer can name, the part is cut. A part of which everything is held by now needs none.
 */
export function answersOf(stretch: Run, learned: Learned, timeframe: Timeframe): NewAnswer[] {
  const { wanted, found, rejected, refused } = learned;
  const refusals = refused.map(({ start, end, outcome, code, reason }): NewAnswer => {
    const absent = countRuns(clipRuns(wanted, { start, end }), timeframe);
    return { start, end, outcome, found: 0, absent, rejected: [], code, reason };
  });
  const cuts = rejected.filter((_, place) => place > 0 && place % REJECTED_MAX === 0);
  const parts = cutRuns(subtractRanges([stretch], refused), cuts, timeframe);
  const answered = parts.map(({ start, end }): NewAnswer => {
    const within = (time: number): boolean => time >= start && time < end;
    const came = found.filter(within).length;
    const bad = rejected.filter(within);
    const missing = countRuns(clipRuns(wanted, { start, end }), timeframe);
    const absent = missing - came - bad.length;
    const code = bad.length === 0 ? null : "poison_message";
    const reason = bad.length === 0 ? null : `${bad.length} candles came that can never be stored`;
    return { start, end, outcome: "answered", found: came, absent, rejected: bad, code, reason };
  });
  return [...answered, ...refusals]
    .filter(({ absent, rejected: bad }) => absent > 0 || bad.length > 0)
    .toSorted((a, b) => a.start - b.start);
}
