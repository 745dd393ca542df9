import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { assert, integer, option, property } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  reachesPresent,
  withOpen,
  type MergeRange,
  type OpenCandles,
} from "./open-candle-merge.ts";

const NOON = 1_700_049_600;

function candle(index: number, values: Partial<ServedCandle> = {}): ServedCandle {
  const prices = { open: 1, high: 2, low: 0.5, close: 1.5 };
  const amounts = { volume_from: 3, volume_to: null, trades: null };
  return { timestamp: NOON + index * 60, ...prices, ...amounts, ...values };
}

/** Minutes from the one of `first` on, told at once, the last of them open. */
function told(first: number, end: number, stored: number): OpenCandles {
  return {
    candles: Array.from({ length: end - first }, (_, index) =>
      candle(first + index, { closed: first + index < end - 1, close: 9 }),
    ),
    from: "1m",
    since: NOON + first * 60,
    toldFrom: NOON + first * 60,
    storedUntil: new Map<Timeframe, number>([["1m", NOON + stored * 60]]),
  };
}

function range(values: Partial<MergeRange> = {}): MergeRange {
  return { start: undefined, end: undefined, limit: 500, timeframe: "1m", ...values };
}

/** The closes of a minute that is stored as `held`, and of the next one; the source tells both. */
function closes(held: Partial<ServedCandle>) {
  return withOpen([candle(0, held)], told(0, 2, 0), range()).map(({ close }) => close);
}

/** A day that runs, of which `missing` candles of `from` are missing. */
function runningDay(missing: number, from: Timeframe, close: number): ServedCandle {
  return candle(0, { missing, from, close, closed: false });
}

/** The close of a day of which two forms are known, that which is stored and the `open` one. */
function closeOfDay(held: ServedCandle, open: ServedCandle) {
  const from = open.from ?? "1d";
  const storedUntil = new Map<Timeframe, number>([[from, NOON + 3_600]]);
  const one = { candles: [open], from, since: NOON, toldFrom: undefined, storedUntil };
  return withOpen([held], one, range({ timeframe: "1d" }))[0]?.close;
}

/** The five minutes from the one of `index` * 5 on, made of minutes. */
function fiveMinutes(index: number, values: Partial<ServedCandle>): ServedCandle {
  return candle(index * 5, { from: "1m", missing: 0, closed: true, ...values });
}

/** The minutes since noon in which `candles` open. */
function minutesOf(candles: readonly ServedCandle[]): number[] {
  return candles.map(({ timestamp }) => (timestamp - NOON) / 60);
}

describe("what is not stored yet", () => {
  test("comes behind what is stored, as far as it is asked for", () => {
    const stored = [candle(0), candle(1)];
    expect(minutesOf(withOpen(stored, told(2, 5, 2), range()))).toEqual([0, 1, 2, 3, 4]);
    const end = NOON + 240;
    expect(minutesOf(withOpen(stored, told(2, 5, 2), range({ end })))).toEqual([0, 1, 2, 3]);
    expect(withOpen(stored, undefined, range())).toEqual(stored);
  });

  test("takes the place of a rolled-up candle that lacks a part, and of no other", () => {
    expect(closes({})).toEqual([1.5, 9]);
    expect(closes({ closed: true, missing: 0, from: "1m" })).toEqual([1.5, 9]);
    expect(closes({ closed: true, missing: 1, from: "1m" })).toEqual([9, 9]);
    expect(closes({ closed: false, missing: 3, from: "1m" })).toEqual([9, 9]);
  });

  test("does not take the place of a candle that lacks less, whatever both are made of", () => {
    expect(closeOfDay(runningDay(60, "1m", 1), runningDay(19, "1h", 9))).toBe(1);
    expect(closeOfDay(runningDay(14, "1h", 1), runningDay(803, "1m", 9))).toBe(9);
  });

  test("is looked for only where the range reaches so far", () => {
    const now = NOON + 600;
    expect(reachesPresent("1m", undefined, now)).toBe(true);
    expect(reachesPresent("1m", now, now)).toBe(true);
    expect(reachesPresent("1m", now - 300, now)).toBe(false);
    expect(reachesPresent("1h", now - 7_200, now)).toBe(true);
  });
});

describe("candles that are neither stored nor told", () => {
  const stored = [candle(0), candle(1)];
  const behind = told(20, 25, 2);

  test("end an answer that somebody goes on from", () => {
    const start = NOON;
    expect(minutesOf(withOpen(stored, behind, range({ start })))).toEqual([0, 1]);
    expect(minutesOf(withOpen([], behind, range({ start: NOON + 120 })))).toEqual([]);
    const later = withOpen([], behind, range({ start: NOON + 1_200 }));
    expect(minutesOf(later)).toEqual([20, 21, 22, 23, 24]);
  });

  test("are never between two candles of the newest ones", () => {
    expect(minutesOf(withOpen(stored, behind, range()))).toEqual([0, 1]);
    expect(minutesOf(withOpen(stored, behind, range({ limit: 5 })))).toHaveLength(5);
    expect(minutesOf(withOpen(stored, behind, range({ limit: 6 })))).toEqual([0, 1]);
    expect(minutesOf(withOpen([], behind, range()))).toHaveLength(5);
  });

  test("are none where the source was silent: it told, or answered, that there is nothing", () => {
    const quiet = { ...told(20, 25, 2), storedUntil: new Map([["1m", NOON + 1_200] as const]) };
    expect(minutesOf(withOpen(stored, quiet, range()))).toEqual([0, 1, 20, 21, 22, 23, 24]);
    const toldNone = { ...told(8, 10, 2), toldFrom: NOON + 120 };
    expect(minutesOf(withOpen(stored, toldNone, range({ start: NOON })))).toEqual([0, 1, 8, 9]);
  });

  test("keep a rolled-up candle back that will have more parts, but for the running one", () => {
    const silent: OpenCandles = {
      candles: [],
      from: "1m",
      since: NOON + 600,
      toldFrom: undefined,
      storedUntil: new Map([["1m", NOON + 540]]),
    };
    const late = [fiveMinutes(0, {}), fiveMinutes(1, { missing: 1 })];
    const paged = range({ timeframe: "5m", start: NOON });
    expect(minutesOf(withOpen(late, silent, paged))).toEqual([0]);
    expect(minutesOf(withOpen(late, silent, range({ timeframe: "5m" })))).toEqual([0, 5]);
    const running = [fiveMinutes(0, {}), fiveMinutes(1, { missing: 1, closed: false })];
    expect(minutesOf(withOpen(running, silent, paged))).toEqual([0, 5]);
  });

  test("are in no answer, wherever storage and the source meet or do not", () => {
    const minute = integer({ min: 0, max: 40 });
    assert(
      property(
        minute,
        minute,
        option(minute),
        integer({ min: 1, max: 50 }),
        (held, gap, start, limit) => {
          const first = held + gap;
          const all = Array.from({ length: held }, (_, index) => candle(index));
          const from = start === null ? undefined : NOON + start * 60;
          const page = from === undefined ? all.slice(-limit) : all.slice(start ?? 0);
          const merged = withOpen(
            page,
            told(first, first + 5, held),
            range({ start: from, limit }),
          );
          const answer = merged
            .filter(({ timestamp }) => timestamp >= (from ?? 0))
            .slice(...(from === undefined ? [-limit] : [0, limit]));
          const minutes = minutesOf(answer);
          expect(minutes).toEqual(minutes.map((_, index) => (minutes[0] ?? 0) + index));
          const next = minutes[0];
          // Whoever asks from a time on gets what follows it, or nothing yet.
          expect(start === null || next === undefined || next === start).toBe(true);
        },
      ),
    );
  });
});
