import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import { partitionOf } from "@candlehouse/shared/core/partition";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { addCandles, openTimeOf, TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneSeriesSchema, severalSeriesSchema } from "../src/answer-schemas.ts";
import { get, getWith, read } from "./answers.ts";
import { clearCandles, CountingBucket, putFile, putFiles, register } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const HOURS: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };
const PATH = "/v1/candles?series=binance:BTC-USDT:1m";

const JANUARY = Date.UTC(2024, 0, 1) / 1_000;
const FEBRUARY = Date.UTC(2024, 1, 1) / 1_000;

/** `count` candles of minutes from `start` on, each with a price of its own. */
function minutesFrom(start: number, count: number, offset = 0): Candle[] {
  return Array.from({ length: count }, (_, index) =>
    candleAt(start + index * 60, { close: 27_500 + ((index + offset) % 1_000) / 100 }),
  );
}

async function timestampsOf(path: string): Promise<number[]> {
  const { candles } = await read(path, oneSeriesSchema);
  return candles.map(({ timestamp }) => timestamp);
}

function minutes(from: number, count: number): number[] {
  return minutesFrom(from, count).map(({ timestamp }) => timestamp);
}

describe("candles that are hot, cold or both", () => {
  beforeEach(clearCandles);

  const range = `${PATH}&start=${JANUARY}&end=${JANUARY + 600}`;
  const ten = minutesFrom(JANUARY, 10);

  test.each([
    ["hot alone", ten, []],
    ["cold alone", [], ten],
    ["half of each", ten.slice(5), ten.slice(0, 5)],
    ["in both, with the same values", ten, ten],
    ["partly in both", ten.slice(2), ten.slice(0, 7)],
    ["cold with a late hot row between", ten.slice(3, 4), ten.toSpliced(3, 1)],
    ["hot with a cold one between", ten.toSpliced(3, 1), ten.slice(3, 4)],
  ])("answer the same where they are %s", async (_, hot, cold) => {
    await storeCandles(BTC, hot);
    if (cold.length > 0) {
      await putFile(BTC, "2024-01", cold);
    }
    const response = await get(range);
    const page = oneSeriesSchema.parse(await response.json());
    expect(page.candles).toEqual(ten);
    expect(page.meta).toMatchObject({ count: 10, complete: true });
    expect(response.headers.get("cache-control")).toContain("immutable");
    for (const limit of [1, 3, 7, 10, 11]) {
      expect((await read(`${range}&limit=${limit}`, oneSeriesSchema)).candles).toEqual(
        ten.slice(0, limit),
      );
      const newest = `${PATH}&end=${JANUARY + 600}&limit=${limit}`;
      expect((await read(newest, oneSeriesSchema)).candles).toEqual(ten.slice(-limit));
    }
  });

  test("are answered as the archive has them where the hot ones differ", async () => {
    await putFile(BTC, "2024-01", ten);
    await storeCandles(
      BTC,
      ten.map((candle) => ({ ...candle, close: 1 })),
    );
    expect((await read(range, oneSeriesSchema)).candles).toEqual(ten);
    expect((await read(`${PATH}&limit=4`, oneSeriesSchema)).candles).toEqual(ten.slice(-4));
  });

  test("have the same entity tag whether hot or cold", async () => {
    await storeCandles(BTC, ten);
    const hot = (await get(range)).headers.get("etag");
    await clearCandles();
    await putFile(BTC, "2024-01", ten);
    expect((await get(range)).headers.get("etag")).toBe(hot);
    expect((await get(range, { "if-none-match": hot ?? "" })).status).toBe(304);
  });

  test("keep every digit and every null", async () => {
    const exact = candleAt(JANUARY, {
      open: "27500.123456789012345",
      high: "123456789012345678.9",
      low: 1e-7,
      volume_from: null,
      volume_to: null,
      trades: null,
    });
    await putFile(BTC, "2024-01", [exact]);
    expect(await (await get(`${PATH}&limit=1`)).text()).toContain(
      `"open":27500.123456789012345,"high":123456789012345678.9,"low":0.0000001,"close":27505.5,"volume_from":null,"volume_to":null,"trades":null}`,
    );
  });

  test("are not read from fragments and replaced files", async () => {
    await putFile(BTC, "2024-01", ten.slice(0, 2));
    await putFile(BTC, "2024-01", ten.slice(2, 4), { state: "fragment" });
    await putFile(BTC, "2024-01", ten.slice(4, 6), { state: "replaced", replacedAt: 1 });
    expect((await read(range, oneSeriesSchema)).candles).toEqual(ten.slice(0, 2));
  });

  test("are followed by cursors from the archive into the database", async () => {
    await putFile(BTC, "2024-01", ten.slice(0, 5));
    await storeCandles(BTC, ten.slice(4));
    const found: unknown[] = [];
    let cursor = "";
    do {
      const page = await read(`${PATH}&start=${JANUARY}&limit=2${cursor}`, oneSeriesSchema);
      found.push(...page.candles);
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(found).toEqual(ten);
  });

  test("of several series are each read from where they are", async () => {
    await putFile(BTC, "2024-01", ten.slice(0, 5));
    await storeCandles(HOURS, [candleAt(JANUARY + 3_600)]);
    await putFile(HOURS, "2024", [candleAt(JANUARY)]);
    const path = `/v1/candles?series=kraken:ETH-USD:1h&series=binance:BTC-USDT:1m&start=${JANUARY}&limit=3`;
    const page = await read(path, severalSeriesSchema);
    expect(page.series.map(({ candles }) => candles.map(({ timestamp }) => timestamp))).toEqual([
      [JANUARY, JANUARY + 3_600],
      minutes(JANUARY, 3),
    ]);
    const next = await read(`${path}&cursor=${page.next_cursor}`, severalSeriesSchema);
    expect(next.series.map(({ candles }) => candles.length)).toEqual([0, 2]);
  });

  test("of twenty series are answered in the order asked for", async () => {
    const many = Array.from({ length: 20 }, (_, index): Series => ({
      ...BTC,
      symbol: `A${index}-USDT`,
    }));
    for (const [index, series] of many.entries()) {
      await putFile(series, "2024-01", minutesFrom(JANUARY, index + 1));
    }
    const names = many.map((series) => `series=${formatSeries(series)}`).join("&");
    for (const times of [`start=${JANUARY}&`, ""]) {
      const page = await read(`/v1/candles?${times}${names}&limit=100`, severalSeriesSchema);
      expect(page.series.map(({ symbol, candles }) => [symbol, candles.length])).toEqual(
        many.map(({ symbol }, index) => [symbol, index + 1]),
      );
    }
  });

  test.each(TIMEFRAMES)("of %s are found in their partitions", async (timeframe) => {
    const series: Series = { ...BTC, timeframe };
    // Around the turn of a year, a month and, for the longest, of many years.
    const first = openTimeOf(Date.UTC(2023, 11, 31, 12) / 1_000, timeframe);
    const candles = Array.from({ length: 60 }, (_, index) =>
      candleAt(addCandles(first, timeframe, index * 13)),
    );
    const files = await putFiles(series, candles.slice(0, 50));
    await storeCandles(series, candles.slice(45));
    const path = `/v1/candles?series=${formatSeries(series)}`;
    const all = await read(`${path}&start=${first}`, oneSeriesSchema);
    expect(all.candles).toEqual(candles);
    expect((await read(`${path}&limit=60`, oneSeriesSchema)).candles).toEqual(candles);
    const csv = await (await get(`${path}&start=${first}&end=2090-01-01&format=csv`)).text();
    expect(csv.trimEnd().split("\r\n").slice(1)).toHaveLength(60);
    for (const { key, partition } of files) {
      expect(parseArchiveKey(key)?.partition).toBe(partition);
    }
    expect(files.map(({ partition }) => partition)).toEqual([
      ...new Set(candles.slice(0, 50).map(({ timestamp }) => partitionOf(timestamp, timeframe))),
    ]);
  });

  test("of a hundred files are read without one left out", async () => {
    const years: Series = { ...BTC, timeframe: "1M" };
    const candles = Array.from({ length: 1_200 }, (_, index) =>
      candleAt(addCandles(Date.UTC(1990, 0, 1) / 1_000, "1M", index)),
    );
    await putFiles(years, candles);
    const path = `/v1/candles?series=${formatSeries(years)}&limit=2000`;
    expect((await read(`${path}&start=1990-01-01`, oneSeriesSchema)).candles).toEqual(candles);
    expect((await read(path, oneSeriesSchema)).candles).toEqual(candles);
    expect(await timestampsOf(path.replace("limit=2000", "limit=13"))).toEqual(
      candles.slice(-13).map(({ timestamp }) => timestamp),
    );
  });
});

/** The candles of BTC at `times`, and what was read of the bucket for them. */
async function reads(times: string): Promise<{ bucket: CountingBucket; candles: number[] }> {
  const bucket = new CountingBucket();
  const response = await getWith(`${PATH}&${times}`, { BUCKET: bucket });
  const { candles } = oneSeriesSchema.parse(await response.json());
  return { bucket, candles: candles.map(({ timestamp }) => timestamp) };
}

/** A month and the first half of the next: five row groups and two. Hot from the last day on. */
describe("reads of the archive", () => {
  const january = minutesFrom(JANUARY, 44_640);
  const february = minutesFrom(FEBRUARY, 20_160);
  const HOT = FEBRUARY + 13 * 86_400;
  const GROUP = 10_080 * 60;

  beforeAll(async () => {
    await clearCandles();
    await putFiles(BTC, [...january, ...february]);
    await storeCandles(BTC, minutesFrom(HOT, 2_880, HOT));
  });

  test("of a day take two reads, and one once the footer is known", async () => {
    const day = `start=${JANUARY + 86_400}&end=${JANUARY + 2 * 86_400}&limit=1440`;
    const first = await reads(day);
    expect(first.candles).toEqual(minutes(JANUARY + 86_400, 1_440));
    expect(first.bucket.counts()).toEqual([2]);
    const second = await reads(day);
    expect(second.bucket.counts()).toEqual([1]);
    expect(second.bucket.others).toBe(0);
    // One row group of a month.
    expect(second.bucket.reads[0]?.length).toBeLessThan(300_000);
  });

  test.each<[string, string, number[], number[]]>([
    ["inside a row group", `start=${JANUARY + 600}&limit=10`, minutes(JANUARY + 600, 10), [1]],
    [
      "over the end of a row group",
      `start=${JANUARY + GROUP - 300}&limit=10`,
      minutes(JANUARY + GROUP - 300, 10),
      [1],
    ],
    [
      "that ends with a row group",
      `start=${JANUARY}&limit=10000&end=${JANUARY + GROUP}`,
      minutes(JANUARY, 10_000),
      [1],
    ],
    [
      "over the end of a file",
      `start=${FEBRUARY - 300}&limit=10`,
      minutes(FEBRUARY - 300, 10),
      [1, 1],
    ],
    ["that ends with a file", `start=${FEBRUARY - 600}&limit=9`, minutes(FEBRUARY - 600, 9), [1]],
    ["where hot and cold overlap", `start=${HOT - 300}&limit=10`, minutes(HOT - 300, 10), [1]],
    [
      "of what is hot alone",
      `start=${FEBRUARY + 14 * 86_400}&limit=10`,
      minutes(FEBRUARY + 14 * 86_400, 10),
      [],
    ],
    ["of the newest candles", "limit=1000", minutes(HOT + 1_880 * 60, 1_000), []],
    [
      "of the newest candles, back into the archive",
      "limit=4000",
      minutes(HOT - 1_120 * 60, 4_000),
      [1],
    ],
    [
      "of the newest before a time in the archive",
      `end=${JANUARY + GROUP + 300}&limit=10`,
      minutes(JANUARY + GROUP - 300, 10),
      [1],
    ],
    [
      "of the newest, back into the file before",
      `end=${FEBRUARY + 300}&limit=10`,
      minutes(FEBRUARY - 300, 10),
      [1, 1],
    ],
    ["after the last candle", "start=2030-01-01&limit=10", [], []],
    ["before the first candle", "start=2010-01-01&end=2011-01-01&limit=10", [], []],
  ])("of a page %s take no read too many", async (_, times, expected, counts) => {
    const first = await reads(times);
    expect(Math.max(0, ...first.bucket.counts())).toBeLessThanOrEqual(2);
    // By now, the footers that it takes are known.
    const { bucket, candles } = await reads(times);
    expect(candles).toEqual(expected);
    expect(bucket.counts()).toEqual(counts);
  });

  test("give what a plain array gives, whatever the range, the limit and the order", async () => {
    const cold = [...january, ...february].map(({ timestamp }) => timestamp);
    const all = [...new Set([...cold, ...minutes(HOT, 2_880)])];
    const property = fc.asyncProperty(
      fc.nat({ max: all.length + 100 }),
      fc.integer({ min: 1, max: 30_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      fc.boolean(),
      async (from, length, limit, newest) => {
        const [start, end] = [JANUARY + from * 60, JANUARY + (from + length) * 60];
        const range = newest ? `end=${end}` : `start=${start}&end=${end}`;
        const { bucket, candles } = await reads(`${range}&limit=${limit}`);
        const inRange = all.filter((time) => (newest || time >= start) && time < end);
        expect(candles).toEqual(newest ? inRange.slice(-limit) : inRange.slice(0, limit));
        expect(Math.max(0, ...bucket.counts())).toBeLessThanOrEqual(2);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test("of a page in one row group do not take the next one", async () => {
    const { bucket } = await reads(`start=${JANUARY + 600}&limit=9000`);
    const whole = await reads(`start=${JANUARY}&limit=10000&end=${JANUARY + GROUP}`);
    expect(bucket.reads.map(({ length }) => length)).toEqual(
      whole.bucket.reads.map(({ length }) => length),
    );
  });

  test("find a page also where the candles of a file lie off the grid", async () => {
    const series: Series = { ...BTC, symbol: "SOL-USDT" };
    const odd = minutesFrom(JANUARY, 20_000).flatMap((candle, index) =>
      index % 2 === 0 ? [candle, { ...candle, timestamp: candle.timestamp + 7 }] : [candle],
    );
    await putFiles(series, odd);
    const path = `/v1/candles?series=${formatSeries(series)}&limit=9999`;
    for (const index of [1, 5_000, 10_079, 15_000]) {
      const from = odd[index]?.timestamp ?? 0;
      const expected = odd.slice(index, index + 9_999).map(({ timestamp }) => timestamp);
      expect(await timestampsOf(`${path}&start=${from}`)).toEqual(expected);
      const before = odd.slice(Math.max(0, index - 9_999), index);
      expect(await timestampsOf(`${path}&end=${from}`)).toEqual(
        before.map(({ timestamp }) => timestamp),
      );
    }
  });

  test("go on where a file was replaced and deleted while they were under way", async () => {
    const series: Series = { ...BTC, symbol: "XRP-USDT" };
    const candles = minutesFrom(JANUARY, 20);
    const old = await putFile(series, "2024-01", candles.slice(0, 10));
    const bucket = new CountingBucket();
    const takeOver = bucket.get.bind(bucket);
    let replaced = false;
    bucket.get = async (key, options) => {
      if (!replaced && key === old.key) {
        replaced = true;
        await register({ ...old, state: "replaced", replacedAt: 1 });
        await putFile(series, "2024-01", candles);
        return null;
      }
      return takeOver(key, options);
    };
    const path = `/v1/candles?series=${formatSeries(series)}&start=${JANUARY}`;
    const response = await getWith(path, { BUCKET: bucket });
    expect(oneSeriesSchema.parse(await response.json()).candles).toEqual(candles);
    expect(replaced).toBe(true);
  });
});
