import { clipRuns, countRuns, findRuns, type Run } from "./missing.ts";
import type { EdgeSearch, ReachSearch } from "./backfill-reach.ts";
import type { Timeframe } from "./timeframe.ts";

/** A stretch of more candles than that is long: an answer that ends early loses most of a page. */
const SHORT_CANDLES_MAX = 20;

/**
 * Silences after which a short stretch is absent, where no candles on both sides of it came in one
 * answer: that may be cut where its page ends, and be empty the next time.
 */
const SILENCES_OF_SHORT = 3;

/**
 * The same for a long stretch; here an answer that holds candles of the page, and ends before the
 * stretch, is none of them. A source that answers one request in 300 with nothing does it four times
 * in a row once in 8 billion.
 */
const SILENCES_OF_LONG = 4;

/** A request that was answered. */
export interface Answered {
  /** Open times that were asked for. */
  readonly request: Run;
  /** The part of them that the answer speaks for. */
  readonly covered: Run;
  /** Open times of the candles in the answer, ascending. */
  readonly times: readonly number[];
  /** Answers before this one about the same stretch, in which nothing of it came. */
  readonly silences: number;
  /** Open times of the candles beside the stretch that the source gave before, and was asked for. */
  readonly witnesses: readonly number[];
  /** Whether the answer is known to be spoiled, so that what it lacks says nothing. */
  readonly isSpoiled: boolean;
}

/** A stretch that a source was silent about, and not often enough to be sure. */
export interface Doubt extends Run {
  /** Answers in a row, none of them known to be spoiled, in which nothing of it came. */
  readonly silences: number;
  /** The search for the source's reach in it, where nothing but that is left to be known. */
  readonly edge?: EdgeSearch;
  /** The same search, where the stretch was refused as too old. */
  readonly reach?: ReachSearch;
}

/** What an answer says of the wanted candles that are not in it. */
export interface Silence {
  /** The source does not have them. */
  readonly absent: readonly Run[];
  /** To be asked for again, each by itself: the answer may have ended early. */
  readonly doubtful: readonly Doubt[];
}

/**
 * What `answered` says of those of `wanted` (ascending, apart) that it does not hold. Sources cut
 * answers short now and then, so a candle counts as absent only between two candles of one answer,
 * or where it was asked for again and again, and nothing of the stretch came each time, but all that
 * lies beside it and was asked for along with it.
 */
export function readSilence(
  { request, covered, times, silences, witnesses, isSpoiled }: Answered,
  wanted: readonly Run[],
  timeframe: Timeframe,
): Silence {
  const range = {
    from: Math.max(request.start, covered.start),
    to: Math.min(request.end, covered.end),
  };
  const [first, last] = [times[0], times.at(-1)];
  const hasOthers = times.some((time) => !witnesses.includes(time));
  const absent: Run[] = [];
  const doubtful: Doubt[] = [];
  for (const run of findRuns(times, range, timeframe).flatMap((one) => clipRuns(wanted, one))) {
    const isLong = countRuns([run], timeframe) > SHORT_CANDLES_MAX;
    const isBetween =
      first !== undefined && last !== undefined && first < run.start && run.end <= last;
    const ofEdge = isLong || isSpoiled ? 0 : 1;
    const sum = hasOthers ? ofEdge : silences + (isSpoiled ? 0 : 1);
    if (isBetween || sum >= (isLong ? SILENCES_OF_LONG : SILENCES_OF_SHORT)) {
      absent.push(run);
    } else {
      doubtful.push({ ...run, silences: sum });
    }
  }
  return { absent, doubtful };
}

/** Whether more is known of the stretch that begins at `start` by `now` than by `before`. */
export function isDoubtLess(
  before: readonly Doubt[],
  now: readonly Doubt[],
  start: number,
): boolean {
  const [old, one] = [before, now].map((all) => all.find((doubt) => doubt.start === start));
  if (one === undefined) {
    return false;
  }
  const isNarrower = one.reach !== undefined && old !== undefined && one.end < old.end;
  return one.silences > (old?.silences ?? -1) || widthOf(one) < widthOf(old) || isNarrower;
}

function widthOf(doubt: Doubt | undefined): number {
  return doubt?.edge === undefined
    ? Number.POSITIVE_INFINITY
    : doubt.edge.givenFrom - doubt.edge.tooOldUntil;
}
