import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import { InvalidInputError } from "./errors.ts";
import {
  isFinal,
  nextPositions,
  pageOf,
  planCandleQuery,
  type CandleQuery,
  type SeriesRead,
} from "./query-plan.ts";
import type { Series } from "./series.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };

/** An open time of every timeframe up to a day. */
const MIDNIGHT = Date.UTC(2023, 2, 24) / 1_000;

function queryOf(parts: Partial<CandleQuery> = {}): CandleQuery {
  return {
    series: [BTC],
    start: MIDNIGHT,
    end: MIDNIGHT + 300,
    limit: 10,
    positions: undefined,
    ...parts,
  };
}

function candlesAt(...timestamps: readonly number[]): Candle[] {
  return timestamps.map((timestamp) => ({
    timestamp,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume_from: null,
    volume_to: null,
    trades: null,
  }));
}

function readOf(parts: Partial<SeriesRead> = {}): SeriesRead {
  return {
    series: BTC,
    from: MIDNIGHT,
    to: MIDNIGHT + 300,
    order: "oldest first",
    limit: 2,
    rows: 3,
    ...parts,
  };
}

describe("planCandleQuery", () => {
  test("reads one row more than the page holds, to know whether another follows", () => {
    expect(planCandleQuery(queryOf())).toEqual([
      {
        series: BTC,
        from: MIDNIGHT,
        to: MIDNIGHT + 300,
        order: "oldest first",
        limit: 10,
        rows: 11,
      },
    ]);
  });

  test("reads the newest candles before the end where there is no start", () => {
    const [read] = planCandleQuery(queryOf({ start: undefined }));
    expect(read).toMatchObject({ from: 0, to: MIDNIGHT + 300, order: "newest first", rows: 10 });
  });

  test("reads on from the position of each series", () => {
    const reads = planCandleQuery(
      queryOf({ series: [BTC, ETH], positions: [MIDNIGHT + 61, MIDNIGHT + 1] }),
    );
    expect(reads.map(({ series, from, order }) => ({ series, from, order }))).toEqual([
      { series: BTC, from: MIDNIGHT + 61, order: "oldest first" },
      { series: ETH, from: MIDNIGHT + 1, order: "oldest first" },
    ]);
  });

  test("leaves the range open where there is no end", () => {
    const [read] = planCandleQuery(queryOf({ end: undefined }));
    expect(read?.to).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([MIDNIGHT, MIDNIGHT - 1])("refuses the end %d, which is not after the start", (end) => {
    expect(() => planCandleQuery(queryOf({ end }))).toThrow(
      new InvalidInputError("start", MIDNIGHT, `it must be before end, which is ${end}`),
    );
  });

  test("refuses an answer that is too large, and says which limit is not", () => {
    const series = Array.from({ length: 6 }, () => BTC);
    expect(() => planCandleQuery(queryOf({ series, limit: 10_000 }))).toThrow(
      "limit 10000 is not allowed: an answer holds up to 50000 candles, so for 6 series the limit may be up to 8333",
    );
    expect(planCandleQuery(queryOf({ series, limit: 8_333 }))).toHaveLength(6);
  });
});

describe("pageOf", () => {
  test("keeps the newest candles, oldest first", () => {
    const candles = candlesAt(MIDNIGHT, MIDNIGHT + 60, MIDNIGHT + 120);
    const read = readOf({ order: "newest first" });
    expect(pageOf(read, candles)).toEqual({ candles: candles.slice(1), more: false });
    expect(pageOf(read, candles.slice(2))).toEqual({ candles: candles.slice(2), more: false });
  });

  test("keeps the row beyond the limit for the next page", () => {
    const rows = candlesAt(MIDNIGHT, MIDNIGHT + 60, MIDNIGHT + 120);
    expect(pageOf(readOf(), rows)).toEqual({ candles: rows.slice(0, 2), more: true });
    expect(pageOf(readOf(), rows.slice(0, 2))).toEqual({
      candles: rows.slice(0, 2),
      more: false,
    });
  });
});

describe("nextPositions", () => {
  const last = { candles: candlesAt(MIDNIGHT), more: false };
  const none = { candles: [], more: false };

  test("ends where no series has more", () => {
    expect(nextPositions([readOf(), readOf()], [last, none])).toBeUndefined();
  });

  test("goes on behind the last candle of each series, also of those that have no more now", () => {
    const reads = [readOf(), readOf({ from: MIDNIGHT + 7 }), readOf()];
    const more = { candles: candlesAt(MIDNIGHT, MIDNIGHT + 60), more: true };
    expect(nextPositions(reads, [last, none, more])).toEqual([
      MIDNIGHT + 1,
      MIDNIGHT + 7,
      MIDNIGHT + 61,
    ]);
  });
});

describe("isFinal", () => {
  const query = queryOf({ end: MIDNIGHT + 120 });
  const whole = [{ candles: candlesAt(MIDNIGHT, MIDNIGHT + 60), more: false }];
  const closed = MIDNIGHT + 120;

  test("holds for a range that is over and has every candle", () => {
    expect(isFinal(query, whole, closed)).toBe(true);
  });

  test.each<[string, CandleQuery, typeof whole, number]>([
    ["its last candle is open", query, whole, closed - 1],
    ["a candle is missing", query, [{ candles: candlesAt(MIDNIGHT), more: false }], closed],
    ["the range has no end", queryOf({ end: undefined }), whole, closed],
    ["the range has no start", queryOf({ ...query, start: undefined }), whole, closed],
    ["the page is not the first", queryOf({ ...query, positions: [MIDNIGHT] }), whole, closed],
    ["another series is not whole", queryOf({ ...query, series: [BTC, BTC] }), whole, closed],
    [
      "a row that is no open time stands for a missing candle",
      query,
      [{ candles: candlesAt(MIDNIGHT, MIDNIGHT + 61), more: false }],
      closed,
    ],
  ])("does not hold where %s", (_, asked, pages, nowSeconds) => {
    expect(isFinal(asked, pages, nowSeconds)).toBe(false);
  });

  test("holds for several series where each is whole", () => {
    const both = queryOf({ series: [BTC, ETH], end: MIDNIGHT + 120 });
    const pages = [...whole, { candles: candlesAt(MIDNIGHT), more: false }];
    expect(isFinal(both, pages, MIDNIGHT + 3_600)).toBe(true);
    expect(isFinal(both, pages, MIDNIGHT + 3_599)).toBe(false);
  });
});
