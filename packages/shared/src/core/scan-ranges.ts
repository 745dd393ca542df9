import type { Run } from "./missing.ts";
import { dayOf, dayStart, joinRuns } from "./missing.ts";
import { addCandles, newestClosed, openTimeAtOrAfter, type Timeframe } from "./timeframe.ts";

/** Collection may still be at work on candles that closed less long ago. */
const SETTLE_SECONDS = 900;

/** Candles that are looked at in one go: a year of minutes, 4 MB of open times. */
const PASS_CANDLES = 525_600;

/** Candles that a scan of the last days looks at at least: a week has none of most of them. */
const RECENT_CANDLES = 3;

/** More stretches than this are looked at as one: each costs a look at the tables. */
const STRETCHES_MAX = 20;

/** Which part of a series is scanned. */
export type ScanScope =
  /** Unix seconds; what is not given is where the series begins, or the present. */
  | {
      readonly kind: "range";
      readonly start?: number | undefined;
      readonly end?: number | undefined;
    }
  /** The last days, and all that gaps and asks of late are about. */
  | { readonly kind: "recent"; readonly days: number };

/** What is known of a series before it is scanned. Times are unix seconds. */
export interface ScanKnowledge {
  readonly firstHeld: number | null;
  readonly firstAsked: number | null;
  /** Gaps that may still be filled, and ranges that the source was asked for lately. */
  readonly unsettled: readonly Run[];
}

/** Exclusive end of what can be missing at `nowSeconds`: candles after it may be on their way. */
export function scanEnd(nowSeconds: number, timeframe: Timeframe): number {
  return addCandles(newestClosed(nowSeconds, timeframe, SETTLE_SECONDS), timeframe, 1);
}

/**
 * The stretches of a series that a scan looks at, ascending and apart: none of a series of which
 * nothing is held and nothing was asked. They are whole UTC days, as records of quiet days are: but
 * none reaches beyond what can be missing at `nowSeconds`, nor over the first candle that is held or
 * was asked for into a time that nobody named.
 */
export function planScan(
  scope: ScanScope,
  known: ScanKnowledge,
  timeframe: Timeframe,
  nowSeconds: number,
): Run[] {
  const begins = [known.firstHeld, known.firstAsked].flatMap((time) => time ?? []);
  const first = begins.length === 0 ? undefined : Math.min(...begins);
  const last = scanEnd(nowSeconds, timeframe);
  if (scope.kind === "range") {
    const start = scope.start ?? first;
    return start === undefined || start >= last
      ? []
      : snap([wholeDays({ start, end: scope.end ?? last }, first)], timeframe, last);
  }
  const recently = Math.min(
    dayStart(dayOf(nowSeconds) - scope.days),
    addCandles(last, timeframe, -RECENT_CANDLES),
  );
  const recent = first === undefined ? [] : [{ start: Math.max(first, recently), end: last }];
  const runs = [...recent, ...known.unsettled].map((run) => wholeDays(run, first));
  const sorted = runs.toSorted((a, b) => a.start - b.start);
  const joined = joinRuns(sorted, 0, "1d");
  const [one] = joined;
  return snap(
    joined.length <= STRETCHES_MAX || one === undefined
      ? joined
      : [{ start: one.start, end: Math.max(...joined.map(({ end }) => end)) }],
    timeframe,
    last,
  );
}

/** `stretch` in parts that are looked at one after the other; they begin with UTC days. */
export function passesOf({ start, end }: Run, timeframe: Timeframe): Run[] {
  const passes: Run[] = [];
  for (let from = start; from < end;) {
    const far = dayStart(dayOf(addCandles(from, timeframe, PASS_CANDLES)));
    const to = Math.min(end, openTimeAtOrAfter(far, timeframe));
    passes.push({ start: from, end: to });
    from = to;
  }
  return passes;
}

/** The UTC days of a run; its first one from `first` on, where the run itself begins no earlier. */
function wholeDays({ start, end }: Run, first: number | undefined): Run {
  return {
    start: Math.max(dayStart(dayOf(start)), Math.min(start, first ?? -Infinity)),
    end: dayStart(dayOf(end - 1) + 1),
  };
}

/**
 * Where what was found up to `end` can be parted from what follows, at or before `end`: no run goes
 * on over it, runs that begin on one UTC day are on one side, and so is each of `records`, those that
 * stand for several runs. `runs` are ascending.
 */
export function cutBefore(end: number, runs: readonly Run[], records: readonly Run[]): number {
  for (let cut = end; ;) {
    const last = runs.findLast(({ start }) => start < cut);
    const over = records.filter((record) => record.start < cut && record.end > cut);
    const begins = [...over, ...(last !== undefined && last.end >= cut ? [last] : [])].map(
      ({ start }) => start,
    );
    if (begins.length === 0) {
      return cut;
    }
    const begin = Math.min(...begins);
    const day = dayStart(dayOf(begin));
    cut = Math.min(begin, runs.find(({ start }) => start >= day)?.start ?? begin);
  }
}

function snap(runs: readonly Run[], timeframe: Timeframe, last: number): Run[] {
  return runs
    .map(({ start, end }) => ({
      start: openTimeAtOrAfter(start, timeframe),
      end: Math.min(last, openTimeAtOrAfter(end, timeframe)),
    }))
    .filter(({ start, end }) => start < end);
}
