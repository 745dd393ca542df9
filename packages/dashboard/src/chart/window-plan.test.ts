import {
  closeTimeOf,
  openTimeOf,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CandleColumns } from "./candle-columns.ts";
import type { TimeRange } from "./chart-place.ts";
import { addPage, dropFar, type CandlesPage, type HeldCandles } from "./window-pages.ts";
import {
  LOADED_CANDLES_MAX,
  PAGE_CANDLES,
  PAGE_CANDLES_MAX,
  planPage,
  type PageRequest,
} from "./window-plan.ts";

const NOW = 1_680_000_000;

/** More pages than any view needs; a plan that never ends fails. */
const PAGES_MAX = 100;

function candlesAt(timestamp: readonly number[]): CandleColumns {
  const zeros = timestamp.map(() => 0);
  return {
    timestamp,
    open: zeros,
    high: zeros,
    low: zeros,
    close: zeros,
    volume: zeros,
    trades: zeros,
    missing: zeros,
    closed: timestamp.map(() => true),
    indicators: {},
  };
}

/** What GET /v1/candles answers from `stored`: the newest of a range, or from `start` on the oldest. */
function answer(stored: readonly number[], request: PageRequest): CandlesPage {
  const start = "start" in request ? request.start : null;
  const end = "end" in request ? request.end : null;
  const found = stored.filter((time) => time >= (start ?? 0) && time < (end ?? Infinity));
  if (start === null) {
    const limit = request.kind === "newest" ? request.limit : PAGE_CANDLES;
    return { columns: candlesAt(found.slice(-limit)), hasMore: false };
  }
  return {
    columns: candlesAt(found.slice(0, PAGE_CANDLES_MAX)),
    hasMore: found.length > PAGE_CANDLES_MAX,
  };
}

interface Loading {
  readonly held: HeldCandles | null;
  readonly requests: readonly PageRequest[];
}

/** Asks for pages until nothing more is wanted. */
function loadAll(
  stored: readonly number[],
  wanted: { readonly range: TimeRange | null; readonly count: number },
  timeframe: Timeframe,
  before: HeldCandles | null = null,
): Loading {
  let held = before;
  let leaps = { before: false, after: false };
  const requests: PageRequest[] = [];
  for (;;) {
    const context = { leaps, nowSeconds: NOW };
    const request = planPage(held?.range ?? null, wanted, timeframe, context);
    if (request === null) {
      return { held, requests };
    }
    requests.push(request);
    expect(requests.length).toBeLessThan(PAGES_MAX);
    const page = answer(stored, request);
    const isEmpty = page.columns.timestamp.length === 0;
    leaps = {
      before: request.kind === "before" && request.start !== null && isEmpty,
      after: request.kind === "after" && request.end !== null && isEmpty,
    };
    held = dropFar(addPage(held, request, page, timeframe), wanted.range);
  }
}

/** Hours of which stretches are missing, the last of them before `NOW`. */
const storedHours = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 20_000 }),
      length: fc.integer({ min: 1, max: 9_000 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((stretches) => {
    const times: number[] = [];
    let time = openTimeOf(NOW, "1h");
    for (const { gap, length } of stretches) {
      time -= gap * 3_600;
      for (let count = 0; count < length; count += 1) {
        time -= 3_600;
        times.push(time);
      }
    }
    return times.toReversed();
  });

const hourRange = fc
  .tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 4_000 }))
  .map(([back, length]) => ({ start: NOW - (back + length) * 3_600, end: NOW - back * 3_600 }));

/** That `held` has every stored candle between its ends, and no other. */
function expectAllOf(stored: readonly number[], held: HeldCandles | null): void {
  const { start, end } = held?.range ?? { start: 0, end: 0 };
  const inside = stored.filter((time) => time >= start && time < end);
  expect(held?.columns.timestamp).toEqual(inside);
}

describe("the pages of a window", () => {
  it("hold every stored candle of what is seen, and leave none out between those that they hold", () => {
    fc.assert(
      fc.property(storedHours, hourRange, (stored, range) => {
        const count = (range.end - range.start) / 3_600;
        const { held } = loadAll(stored, { range, count }, "1h");
        const seen = stored.filter((time) => time >= range.start && time < range.end);
        const isSeen = (time: number) => time >= range.start && time < range.end;
        expect(held?.columns.timestamp.filter((time) => isSeen(time))).toEqual(seen);
        expectAllOf(stored, held);
      }),
      { numRuns: 60 },
    );
  });

  it("are whole after any walk through history", () => {
    fc.assert(
      fc.property(storedHours, fc.array(fc.option(hourRange), { maxLength: 6 }), (stored, walk) => {
        let held: HeldCandles | null = null;
        for (const range of [null, ...walk]) {
          held = loadAll(stored, { range, count: 300 }, "1h", held).held;
          expectAllOf(stored, held);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are not asked for where what is wanted is there", () => {
    fc.assert(
      fc.property(storedHours, hourRange, (stored, range) => {
        const { held } = loadAll(stored, { range, count: 100 }, "1h");
        expect(loadAll(stored, { range, count: 100 }, "1h", held).requests).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("begin with the newest candles, enough for the reader to see something at once", () => {
    const request = planPage(null, { range: null, count: 200 }, "1m", {
      leaps: { before: false, after: false },
      nowSeconds: NOW,
    });
    expect(request).toEqual({ kind: "newest", limit: 1_500 });
  });

  it("of two readers are the same ones, so that a cache can answer", () => {
    const step = timeframeSeconds("1m");
    const starts = [NOW, NOW - 17 * step].map((end) => {
      const loaded = { start: end - 1_500 * step, end, isComplete: false, isNewest: true };
      const range = { start: loaded.start - 100 * step, end: loaded.start };
      return planPage(loaded, { range, count: 100 }, "1m", {
        leaps: { before: false, after: false },
        nowSeconds: NOW,
      });
    });
    expect(starts[0]).toMatchObject({ kind: "before" });
    expect(starts[0]).toMatchObject({ start: (starts[1] as { start: number }).start });
  });

  it("replace what was loaded where a link leads far away", () => {
    const step = timeframeSeconds("1m");
    const loaded = { start: NOW - 1_000 * step, end: NOW, isComplete: false, isNewest: true };
    const range = { start: NOW - 90_000 * step, end: NOW - 89_900 * step };
    const request = planPage(loaded, { range, count: 100 }, "1m", {
      leaps: { before: false, after: false },
      nowSeconds: NOW,
    });
    expect(request).toMatchObject({ kind: "replace" });
  });

  it("say that nothing older is stored once they have reached the first candle", () => {
    const first = openTimeOf(NOW, "1d") - 400 * 86_400;
    const stored = Array.from({ length: 400 }, (_, index) => first + index * 86_400);
    const { held } = loadAll(stored, { range: null, count: 200 }, "1d");
    expect(held?.range).toEqual({
      start: first,
      end: closeTimeOf(stored.at(-1) ?? 0, "1d"),
      isComplete: true,
      isNewest: true,
    });
  });

  it("end with months as with minutes", () => {
    const stored = Array.from(
      { length: 300 },
      (_, index) => Date.UTC(1999, index, 1) / 1_000,
    ).filter((time) => time < NOW);
    const range = { start: Date.UTC(2010, 0) / 1_000, end: Date.UTC(2012, 0) / 1_000 };
    const { held } = loadAll(stored, { range, count: 24 }, "1M");
    expect(held?.columns.timestamp).toEqual(stored);
  });

  it("are dropped at the far side beyond the most that is kept", () => {
    const length = LOADED_CANDLES_MAX + 500;
    const timestamp = Array.from({ length }, (_, index) => NOW - (length - index) * 60);
    const held = {
      columns: candlesAt(timestamp),
      range: { start: timestamp[0] ?? 0, end: NOW, isComplete: true, isNewest: true },
    };
    const atEnd = dropFar(held, null);
    expect(atEnd.columns.timestamp).toEqual(timestamp.slice(500));
    expect(atEnd.range).toMatchObject({ start: timestamp[500], isComplete: false, isNewest: true });
    const atBegin = dropFar(held, { start: timestamp[0] ?? 0, end: timestamp[100] ?? 0 });
    expect(atBegin.columns.timestamp).toEqual(timestamp.slice(0, LOADED_CANDLES_MAX));
    expect(atBegin.range).toMatchObject({
      end: timestamp[LOADED_CANDLES_MAX],
      isComplete: true,
      isNewest: false,
    });
  });
});
