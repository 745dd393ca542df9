import { clipRuns, countRuns, findRuns, type Run } from "./missing.ts";
import type { EdgeSearch, ReachSearch } from "./backfill-reach.ts";
import type { Timeframe } from "./timeframe.ts";

/** A stretch of more candles than that is long: there, two empty answers are no proof. */
const SHORT_CANDLES_MAX = 20;

/** Answers without any candle of it after which a short stretch is absent: one, and a repetition. */
const SILENCES_OF_SHORT = 2;

/**
 * The same for a long stretch, and none of them may hold a candle of anything else: an answer that
 * ends early loses most of a page that way. A source that answers one request in 300 with nothing
 * does it three times in a row once in 27 million.
 */
const SILENCES_OF_LONG = 3;

/** A request that was answered. */
export interface Answered {
  /** Open times that were asked for. */
  readonly request: Run;
  /** The part of them that the answer speaks for. */
  readonly covered: Run;
  /** Open times of the candles in the answer, ascending. */
  readonly times: readonly number[];
  /** Answers before this one to the very same request, in which nothing came. */
  readonly silences: number;
}

/** A stretch that a source was silent about, and not often enough to be sure. */
export interface Doubt extends Run {
  /** Answers in a row in which nothing of it came, and of those about a long one nothing at all. */
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
 * or where it was asked for again, and again if the stretch is long, and nothing came each time.
 */
export function readSilence(
  { request, covered, times, silences }: Answered,
  wanted: readonly Run[],
  timeframe: Timeframe,
): Silence {
  const range = {
    from: Math.max(request.start, covered.start),
    to: Math.min(request.end, covered.end),
  };
  const [first, last] = [times[0], times.at(-1)];
  const absent: Run[] = [];
  const doubtful: Doubt[] = [];
  for (const run of findRuns(times, range, timeframe).flatMap((one) => clipRuns(wanted, one))) {
    const isLong = countRuns([run], timeframe) > SHORT_CANDLES_MAX;
    const isEmpty = first === undefined || last === undefined;
    const isBetween = !isEmpty && first < run.start && run.end <= last;
    const ofEdge = isLong ? 0 : 1;
    const sum = isEmpty ? silences + 1 : ofEdge;
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
