import type { Coverage, Gaps } from "@candlehouse/client";
import type { GapClass } from "@candlehouse/shared/core/gap";
import { dayOf, dayStart } from "@candlehouse/shared/core/missing";
import { countCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";

export type GapRecord = Gaps["gaps"][number];

/** Candles that open on a UTC day. */
export interface CountedDay {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Due, and closed by now. */
  readonly expected: number;
  /** In D1. */
  readonly hot: number;
  /** In files of the archive. */
  readonly cold: number;
  readonly held: number;
}

/** The same, with what the records of gaps say of the candles that are not held. */
export interface DayCoverage extends CountedDay {
  /** Not held, and explained: they will not come. */
  readonly explained: number;
  /** Not held, and not explained. */
  readonly missing: number;
  /** Candles by class, the most first. What no scan has looked at is in none. */
  readonly classes: readonly { readonly name: GapClass; readonly candles: number }[];
}

/**
 * The days of an answer, in its order. Nothing is due before `start`, the open time of the first
 * candle, unix seconds: the answer counts the whole of that day.
 */
export function countedDays(coverage: Coverage, start: number, timeframe: Timeframe): CountedDay[] {
  const firstDay = dayOf(start);
  const before = countCandles(dayStart(firstDay), start, timeframe);
  return coverage.days.map(({ day: name, expected, hot, cold, held }) => {
    const day = dayOfName(name);
    return {
      day,
      // What is held was due: today a candle is there before it counts as one that may be missed.
      expected: Math.max(held, day === firstDay ? expected - before : expected),
      hot,
      cold,
      held,
    };
  });
}

/** The sums of several series by day, ascending. */
export function sumDays(lists: readonly (readonly CountedDay[])[]): CountedDay[] {
  const sums = new Map<number, CountedDay>();
  for (const one of lists.flat()) {
    const sum = sums.get(one.day);
    sums.set(
      one.day,
      sum === undefined
        ? one
        : {
            day: one.day,
            expected: sum.expected + one.expected,
            hot: sum.hot + one.hot,
            cold: sum.cold + one.cold,
            held: sum.held + one.held,
          },
    );
  }
  return [...sums.values()].toSorted((a, b) => a.day - b.day);
}

/** `days` (ascending) with what `gaps`, all those of the same series, say of them. */
export function explainDays(
  days: readonly CountedDay[],
  gaps: readonly GapRecord[],
): DayCoverage[] {
  const shares = shareOut(gaps);
  return days.map((counted) => {
    const share = shares.get(counted.day);
    const absent = Math.max(0, counted.expected - counted.held);
    const explained = Math.min(absent, share?.explained ?? 0);
    const classes =
      absent === 0 || share === undefined
        ? []
        : [...share.classes]
            .map(([name, candles]) => ({ name, candles }))
            .toSorted((a, b) => b.candles - a.candles);
    return { ...counted, explained, missing: absent - explained, classes };
  });
}

interface Share {
  explained: number;
  readonly classes: Map<GapClass, number>;
}

/** What of the gaps lies on which day. What is filled by now is not missing. */
function shareOut(gaps: readonly GapRecord[]): ReadonlyMap<number, Share> {
  const shares = new Map<number, Share>();
  for (const gap of gaps.filter(({ state }) => state !== "filled")) {
    let left = gap.missing;
    for (let day = dayOf(gap.start); left > 0 && day <= dayOf(gap.end - 1); day += 1) {
      // Of several runs only the bounds are known: they begin on one day, which takes what it can.
      const candles = Math.min(left, candlesOn(day, gap));
      left -= candles;
      if (candles > 0) {
        const share = shares.get(day) ?? { explained: 0, classes: new Map() };
        share.explained += gap.state === "unfillable" ? candles : 0;
        share.classes.set(gap.class, (share.classes.get(gap.class) ?? 0) + candles);
        shares.set(day, share);
      }
    }
  }
  return shares;
}

function candlesOn(day: number, { start, end, timeframe }: GapRecord): number {
  return countCandles(Math.max(start, dayStart(day)), Math.min(end, dayStart(day + 1)), timeframe);
}

/** How much of a day is held, for a glance. `idle`: nothing was due. */
export type Level = "idle" | "none" | "low" | "middle" | "high" | "full";

/** Shares from which on a day is of a level. */
const MIDDLE_FROM = 0.5;
const HIGH_FROM = 0.99;

export function levelOf({ expected, held }: CountedDay): Level {
  if (expected === 0) {
    return "idle";
  }
  if (held === 0) {
    return "none";
  }
  if (held >= expected) {
    return "full";
  }
  const ratio = held / expected;
  if (ratio < MIDDLE_FROM) {
    return "low";
  }
  return ratio < HIGH_FROM ? "middle" : "high";
}

/** Where the candles of a day are. */
export type Place = "hot" | "cold" | "both" | "nowhere";

export function placeOf({ hot, cold }: CountedDay): Place {
  if (hot > 0 && cold > 0) {
    return "both";
  }
  if (hot > 0) {
    return "hot";
  }
  return cold > 0 ? "cold" : "nowhere";
}

/** Sums of days. */
export interface DayTotals {
  readonly days: number;
  /** Days of which every candle is held, or its absence explained. */
  readonly wholeDays: number;
  readonly hotDays: number;
  readonly coldDays: number;
  readonly expected: number;
  readonly held: number;
  readonly explained: number;
  readonly missing: number;
}

export function addDays(days: readonly DayCoverage[]): DayTotals {
  const due = days.filter(({ expected }) => expected > 0);
  const sum = (member: "expected" | "held" | "explained" | "missing") =>
    due.reduce((total, day) => total + day[member], 0);
  return {
    days: due.length,
    wholeDays: due.filter(({ missing }) => missing === 0).length,
    hotDays: days.filter(({ hot }) => hot > 0).length,
    coldDays: days.filter(({ cold }) => cold > 0).length,
    expected: sum("expected"),
    held: sum("held"),
    explained: sum("explained"),
    missing: sum("missing"),
  };
}

/** `2023-03-24` */
export function nameOfDay(day: number): string {
  return new Date(dayStart(day) * 1_000).toISOString().slice(0, 10);
}

/** Days since 1970-01-01 of a date; NaN where `name` is none. */
export function dayOfName(name: string): number {
  return dayOf(Date.parse(`${name}T00:00:00Z`) / 1_000);
}
