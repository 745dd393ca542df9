import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { encodeCursor } from "@candlehouse/shared/http/cursor";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneSeriesSchema, severalSeriesSchema } from "../src/answer-schemas.ts";
import { problemOf, read } from "./answers.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const SERIES: readonly Series[] = [
  { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
  { source: "coinbase", symbol: "BTC-USD", timeframe: "1m" },
];
const START = 1_700_000_040;

/** The pages of `path`, as lists of timestamps by series; `between` runs before each next page. */
async function followCursors(
  path: string,
  limit: number,
  between: (page: number) => Promise<void> = async () => {},
): Promise<number[][][]> {
  const pages: number[][][] = [];
  let cursor = "";
  for (;;) {
    const answer = await read(`${path}&limit=${limit}${cursor}`, severalSeriesSchema);
    pages.push(answer.series.map(({ candles }) => candles.map(({ timestamp }) => timestamp)));
    if (answer.next_cursor === null) {
      return pages;
    }
    cursor = `&cursor=${answer.next_cursor}`;
    await between(pages.length);
  }
}

/** Removes all candles, then stores those of each of SERIES that open in `minutes` after START. */
async function storeMinutes(minutes: readonly (readonly number[])[]): Promise<void> {
  await env.DB.exec("DELETE FROM price_data");
  for (const [index, series] of SERIES.entries()) {
    const open = minutes[index] ?? [];
    await storeCandles(
      series,
      open.map((minute) => candleAt(START + minute * 60)),
    );
  }
}

const names = SERIES.map((series) => `series=${formatSeries(series)}`).join("&");
const minuteSets = fc.tuple(
  ...SERIES.map(() => fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 30 })),
);

describe("following cursors", () => {
  test("yields every candle of the range once, in order, in pages of the limit", async () => {
    const property = fc.asyncProperty(
      minuteSets,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 21, max: 45 }),
      async (minutes, limit, from, to) => {
        fc.pre(minutes.every(({ length }) => length > 0));
        await storeMinutes(minutes);
        const path = `/v1/candles?${names}&start=${START + from * 60}&end=${START + to * 60}`;
        const pages = await followCursors(path, limit);
        for (const [index, stored] of minutes.entries()) {
          const expected = stored
            .filter((minute) => minute >= from && minute < to)
            .toSorted((a, b) => a - b)
            .map((minute) => START + minute * 60);
          expect(pages.flatMap((page) => page[index] ?? [])).toEqual(expected);
        }
        expect(pages.flat().every(({ length }) => length <= limit)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  test("yields every candle once and in order while others arrive", async () => {
    const property = fc.asyncProperty(
      minuteSets,
      fc.array(minuteSets, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (minutes, arrivals, limit) => {
        fc.pre(minutes.every(({ length }) => length > 0));
        await storeMinutes(minutes);
        const path = `/v1/candles?${names}&start=${START}`;
        const pages = await followCursors(path, limit, async (page) => {
          for (const [index, series] of SERIES.entries()) {
            const open = arrivals[page - 1]?.[index] ?? [];
            await storeCandles(
              series,
              open.map((minute) => candleAt(START + minute * 60)),
            );
          }
        });
        for (const [index, stored] of minutes.entries()) {
          const found = pages.flatMap((page) => page[index] ?? []);
          expect(found).toEqual([...new Set(found)].toSorted((a, b) => a - b));
          const timestamps = stored.map((minute) => START + minute * 60);
          expect(timestamps.filter((timestamp) => !found.includes(timestamp))).toEqual([]);
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  test("sees what arrived behind a series that had no more", async () => {
    await storeMinutes([[0], [0, 1, 2], [0]]);
    const pages = await followCursors(`/v1/candles?${names}&start=${START}`, 2, async () => {
      await storeCandles(SERIES[0] as Series, [candleAt(START + 60)]);
    });
    expect(pages).toEqual([
      [[START], [START, START + 60], [START]],
      [[START + 60], [START + 120], []],
    ]);
  });
});

describe("a cursor", () => {
  test("is refused with other parameters, and the problem says which", async () => {
    await storeMinutes([[0, 1, 2], [0], [0]]);
    const one = "/v1/candles?series=binance:BTC-USDT:1m";
    const { next_cursor: cursor } = await read(`${one}&start=${START}&limit=1`, oneSeriesSchema);
    const changed = {
      start: `${one}&start=${START + 60}&cursor=${cursor}`,
      end: `${one}&start=${START}&end=${START + 600}&cursor=${cursor}`,
      series: `/v1/candles?series=kraken:BTC-USD:1m&start=${START}&cursor=${cursor}`,
    };
    for (const [name, path] of Object.entries(changed)) {
      const problem = await problemOf(path);
      expect(problem).toMatchObject({ status: 400, parameter: "cursor" });
      expect(problem.detail).toContain(`it belongs to another query, whose ${name} is`);
    }
  });

  test("goes on with another limit, another format and another spelling of the same time", async () => {
    await storeMinutes([[0, 1, 2], [0], [0]]);
    const one = "/v1/candles?series=binance:BTC-USDT:1m";
    const { next_cursor: cursor } = await read(`${one}&start=${START}&limit=1`, oneSeriesSchema);
    const iso = new Date(START * 1_000).toISOString();
    const { candles } = await read(
      `/v1/candles?source=binance&symbol=BTC-USDT&timeframe=1m&start=${iso}&limit=7&cursor=${cursor}`,
      oneSeriesSchema,
    );
    expect(candles.map(({ timestamp }) => timestamp)).toEqual([START + 60, START + 120]);
  });

  describe.each([
    ["1m", "none", ""],
    ["1m", "linear", "sma:20,ema:200"],
    ["1w", "prev", "vwap,rsi"],
    ["1M", "null", "bollinger:100:2,macd:12:26:9"],
    ["1M", "zero", ""],
  ])("that is forged for interval=%s, fill=%s, indicators=%s", (interval, fill, indicators) => {
    const market = "binance:BTC-USDT:1m";
    const full = { "vwap,rsi": "vwap,rsi:14" }[indicators] ?? indicators;
    const binding = {
      series: market,
      interval,
      fill: fill === "none" ? null : fill,
      indicators: full === "" ? null : full,
    };
    const path = `/v1/candles?series=${market}&interval=${interval}&fill=${fill}${indicators === "" ? "" : `&indicators=${indicators}`}`;

    test.each([0, 1, START, 2 ** 40, 8.64e12, 2 ** 52, 2 ** 53 - 2, 2 ** 53 - 1])(
      "goes on at %d, where there may be nothing",
      async (position) => {
        await storeMinutes([[0, 1, 4], [0], [0]]);
        const { candles } = await read(
          `${path}&cursor=${encodeCursor(binding, [position])}`,
          oneSeriesSchema,
        );
        expect(candles.every(({ timestamp }) => timestamp >= position)).toBe(true);
        expect(candles.length > 0).toBe(position <= (interval === "1m" ? START : 1));
      },
    );

    test.each([[-1], [1.5], ["1"], [null], [2 ** 53], [1e300], [], [1, 2], {}, "x", [[0]]])(
      "is refused where it goes on at %j",
      async (...position) => {
        const cursor = encodeCursor(binding, position);
        const problem = await problemOf(`${path}&cursor=${cursor}`);
        expect(problem).toMatchObject({ status: 400, parameter: "cursor" });
      },
    );
  });
});
