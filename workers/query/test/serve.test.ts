import type { Candle } from "@candlehouse/shared/core/candle";
import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { parseIndicators } from "@candlehouse/shared/core/indicator";
import { rollUp } from "@candlehouse/shared/core/rollup";
import type { Series } from "@candlehouse/shared/core/series";
import { closeTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { DamagedRangeError } from "@candlehouse/shared/http/damaged-range-error";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { readPages, type Stores } from "../src/read-pages.ts";
import { servePages, serveRange } from "../src/serve/serve-candles.ts";
import { PLAIN, type ServeQuery } from "../src/serve/serve-query.ts";
import { putFiles } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const MINUTES: Series = { source: "binance", symbol: "ROLL-USDT", timeframe: "1m" };
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Files of two months, of several row groups each; hot rows go on where they end. */
const START = Date.UTC(2023, 0, 10) / 1_000;
const COLD = 40_000;
const HOT = 10_000;
const END = START + (COLD + HOT) * MINUTE;
const NOW = END + 30;

const candles = Array.from({ length: COLD + HOT }, (_, minute): Candle => {
  const [open, close] = [20_000 + (minute % 700) / 100, 20_000 + (minute % 300) / 100];
  return candleAt(START + minute * MINUTE, {
    open,
    close,
    high: open + 10,
    low: close - 10,
    volume_from: (minute % 1_000) / 1_000,
    volume_to: minute % 50 === 0 ? "45130520.12345678901" : minute / 8,
    trades: minute,
  });
});

/** Two are not stored: one cold, one hot. */
const MISSING = [START + 1_234 * MINUTE, START + 41_234 * MINUTE];
const stored = candles.filter(({ timestamp }) => !MISSING.includes(timestamp));

beforeAll(async () => {
  await putFiles(
    MINUTES,
    stored.filter(({ timestamp }) => timestamp < START + COLD * MINUTE),
  );
  // The first hot rows are in a file too, with other values there than here.
  const hot = stored.slice(COLD - 500);
  for (let from = 0; from < hot.length; from += 2_000) {
    const some = hot.slice(from, from + 2_000);
    await storeCandles(
      MINUTES,
      some.map((candle) =>
        candle.timestamp < START + COLD * MINUTE ? { ...candle, trades: 0 } : candle,
      ),
    );
  }
});

/** The bucket, which notes how many bytes each read of it asks for. */
function watchedBucket(lengths: number[]): R2Bucket {
  return new Proxy(env.BUCKET, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      return typeof member !== "function"
        ? member
        : (key: string, options?: R2GetOptions) => {
            const range = options?.range;
            const isPart = range !== undefined && "length" in range;
            lengths.push(isPart ? (range.length ?? Infinity) : Infinity);
            return Reflect.apply(member, target, [key, options]);
          };
    },
  });
}

function ask(timeframe: Timeframe, changes: Partial<ServeQuery> = {}): ServeQuery {
  return {
    ...PLAIN,
    wanted: [{ ...MINUTES, timeframe, finest: "1m" }],
    limit: 10_000,
    ...changes,
  };
}

async function pageOf(query: ServeQuery, stores: Stores = env, now = NOW) {
  const served = await servePages(stores, query, now);
  const [page] = served.pages;
  return { ...served, from: page?.from, more: page?.more, candles: page?.candles ?? [] };
}

const rolled = (timeframe: Timeframe) =>
  rollUp(stored, "1m", timeframe).map((candle) => ({ ...candle, from: "1m", closed: true }));

describe("rolled-up candles", () => {
  test.each(["5m", "1h", "1d"] as const)(
    "of %s equal those of all rows, across row groups, files and hot rows",
    async (timeframe) => {
      const expected = rolled(timeframe).map((candle) => ({
        ...candle,
        closed: closeTimeOf(candle.timestamp, timeframe) <= NOW,
      }));
      const limit = 10_000;
      const { candles: found, from, more } = await pageOf(ask(timeframe, { start: START, limit }));
      expect(found).toEqual(expected.slice(0, limit));
      expect([from, more]).toEqual([["1m"], expected.length > limit]);
      const { parts, served } = await serveRange(env, ask(timeframe, { start: START }), NOW);
      const all = [];
      for await (const part of parts) {
        all.push(...part.candles);
      }
      expect(all).toEqual(expected);
      expect(served).toEqual([{ series: { ...MINUTES, timeframe }, from: ["1m"] }]);
    },
  );

  test("tell what is missing of them, and whether they are closed", async () => {
    const { candles: days } = await pageOf(ask("1d", { start: START }));
    expect(days.map(({ missing }) => missing)).toEqual([
      1,
      ...Array.from({ length: 27 }, () => 0),
      1,
      ...Array.from({ length: 5 }, () => 0),
      1_440 - ((COLD + HOT) % 1_440),
    ]);
    expect(days.map(({ closed }) => closed)).toEqual(days.map((_, index) => index < 34));
  });

  test("leave the last one out that is not closed, if that is asked for", async () => {
    const { candles: days } = await pageOf(ask("1d", { start: START, incomplete: "drop" }));
    expect(days).toEqual(rolled("1d").slice(0, 34));
    const newest = await pageOf(ask("1d", { limit: 2, incomplete: "drop" }));
    expect(newest.candles).toEqual(rolled("1d").slice(32, 34));
  });

  test("belong to a range by their open time, and are whole", async () => {
    const { candles: hours } = await pageOf(
      ask("1h", { start: START + 1, end: START + 3 * HOUR + 1 }),
    );
    expect(hours).toEqual(rolled("1h").slice(1, 4));
  });

  test("go on from page to page", async () => {
    const query = ask("1h", { start: START, limit: 100 });
    const first = await pageOf(query);
    expect(first.positions).toEqual([START + 99 * HOUR + 1]);
    const second = await pageOf({ ...query, positions: first.positions });
    expect([...first.candles, ...second.candles]).toEqual(rolled("1h").slice(0, 200));
  });
});

describe("what is read for a page", () => {
  test("of stored candles is one look at the database for all series", async () => {
    const eth = { ...MINUTES, symbol: "ETH-USDT", finest: "1m" } as const;
    const query = ask("1m", { start: END - DAY, end: END });
    const { cost } = await pageOf({ ...query, wanted: [...query.wanted, eth] });
    expect(cost).toMatchObject({ d1Queries: 4, r2Reads: 0 });
    expect(cost.rowsRead).toBeLessThanOrEqual(DAY / MINUTE + 4);
  });

  test("is never more than one answer may ask of the database", async () => {
    const read = {
      from: END - DAY,
      to: END,
      series: MINUTES,
      order: "oldest first",
      limit: 10,
      rows: 11,
    } as const;
    const told: number[] = [];
    const { queries } = await readPages(env, [read, read], (most) => {
      told.push(most);
    });
    expect([told, queries]).toEqual([[4], 4]);
    const refused = readPages(env, [read], () => {
      throw new PayloadTooLargeError("too many");
    });
    await expect(refused).rejects.toThrow("too many");
  });

  test("of the newest ten days is what is in them, and no more", async () => {
    const { candles: days, cost } = await pageOf(ask("1d", { limit: 10 }));
    expect(days).toEqual(
      rolled("1d")
        .slice(-10)
        .map((day, index) => ({ ...day, closed: index < 9 })),
    );
    expect(cost.d1Queries).toBeLessThanOrEqual(6);
    // Ten days reach into the last file: its footer, and one read of its row groups.
    expect(cost.r2Reads).toBeLessThanOrEqual(2);
    expect(cost.rowsRead).toBeLessThanOrEqual(HOT + 600);
  });

  test("of the first ten hours is one row group", async () => {
    const lengths: number[] = [];
    const stores = { DB: env.DB, BUCKET: watchedBucket(lengths) };
    const { candles: hours } = await pageOf(ask("1h", { start: START, limit: 10 }), stores);
    expect(hours).toEqual(rolled("1h").slice(0, 10));
    expect(lengths.length).toBeLessThanOrEqual(2);
    // The file is three times as long: it has a row group a week.
    expect(Math.max(...lengths)).toBeLessThan(200_000);
  });

  test("passes over years in which nothing is stored", async () => {
    const old: Series = { ...MINUTES, symbol: "OLD-USDT" };
    const years = [2009, 2010, 2015, 2022].map((year) => Date.UTC(year, 5, 1) / 1_000);
    await putFiles(
      old,
      years.slice(0, 3).map((time) => candleAt(time)),
    );
    await storeCandles(
      old,
      years.slice(3).map((time) => candleAt(time)),
    );
    const wanted = [{ ...old, timeframe: "5m", finest: "1m" }] as const;
    const { candles: found, cost } = await pageOf({ ...ask("5m", { limit: 3 }), wanted });
    expect(found.map(({ timestamp }) => timestamp)).toEqual(years.slice(1));
    expect(cost.d1Queries).toBeLessThanOrEqual(12);
    expect(cost.rowsRead).toBeLessThanOrEqual(40);
  });
});

describe("the stored timeframes that candles are made of", () => {
  const market = { source: "kraken", symbol: "ETH-USD" } as const;

  const storeAs = (timeframe: Timeframe, step: number, from: number, to: number, symbol?: string) =>
    storeCandles(
      { ...market, symbol: symbol ?? market.symbol, timeframe },
      Array.from({ length: (to - from) / step }, (_, index) =>
        candleAt(START + from + index * step, { trades: step }),
      ),
    );

  beforeAll(async () => {
    await storeAs("1m", MINUTE, 12 * HOUR, 36 * HOUR + 20 * MINUTE);
    await storeAs("1h", HOUR, 0, 36 * HOUR);
    await storeAs("1d", DAY, 0, DAY);
  });

  const page = (
    timeframe: Timeframe,
    finest: Timeframe | undefined,
    changes: Partial<ServeQuery> = {},
    symbol: string = market.symbol,
  ) => pageOf({ ...ask(timeframe, changes), wanted: [{ ...market, symbol, timeframe, finest }] });

  const madeOf = async (...given: Parameters<typeof page>) => {
    const { candles: found } = await page(...given);
    return found.map(({ timestamp, from, missing }) => [(timestamp - START) / HOUR, from, missing]);
  };

  const two = { start: START, end: START + 2 * DAY };

  test("are for each candle the one that holds most of it, and of equal ones the coarsest", async () => {
    expect(await madeOf("1d", undefined, two)).toEqual([
      [0, undefined, undefined],
      [24, "1m", 1_440 - 740],
    ]);
    expect(await madeOf("12h", undefined, two)).toEqual([
      [0, "1h", 0],
      [12, "1h", 0],
      [24, "1h", 0],
      [36, "1m", 700],
    ]);
    const half = { start: START + 11 * HOUR, end: START + 13 * HOUR };
    expect(await madeOf("30m", undefined, half)).toEqual([
      [12, "1m", 0],
      [12.5, "1m", 0],
    ]);
    expect((await page("1d", undefined, two)).from).toEqual(["1d", "1m"]);
    expect((await page("1d", undefined, { ...two, end: START + DAY })).from).toEqual(["1d"]);
  });

  test("are none finer than the one that is named", async () => {
    expect(await madeOf("1d", "1h", two)).toEqual([
      [0, undefined, undefined],
      [24, "1h", 12],
    ]);
    expect(await madeOf("12h", "2h", two)).toEqual([]);
  });

  test("are the same for the newest candles, page by page, and in any part of the range", async () => {
    const { candles: whole } = await page("4h", undefined, two);
    expect(whole.at(-1)).toMatchObject({ from: "1m", missing: 220 });
    expect((await page("4h", undefined, { limit: 5 })).candles).toEqual(whole.slice(-5));
    for (const [index, { timestamp }] of whole.entries()) {
      const one = { start: timestamp, end: timestamp + 1 };
      expect((await page("4h", undefined, one)).candles).toEqual(whole.slice(index, index + 1));
    }
  });

  test("are all that are stored where a page has no candle", async () => {
    const later = { start: START + 10 * DAY, end: START + 20 * DAY };
    expect((await page("8h", "1m", later)).from).toEqual(["1h", "1m"]);
    const { from, candles: none } = await page("1d", undefined, {}, "SOL-USD");
    expect([from, none]).toEqual([["1d"], []]);
  });

  test("fill what a coarser one lacks, though its file spans the time", async () => {
    const hours: Series = { ...market, symbol: "HOLE-USD", timeframe: "1h" };
    const dayOf = (day: number, step: number) =>
      Array.from({ length: DAY / step }, (_, index) => candleAt(START + day * DAY + index * step));
    await putFiles(hours, [...dayOf(0, HOUR), ...dayOf(100, HOUR)]);
    await putFiles({ ...hours, timeframe: "1m" }, [...dayOf(50, MINUTE), ...dayOf(51, MINUTE)]);
    const range = { start: START + 50 * DAY, end: START + 52 * DAY };
    const made = await madeOf("1h", undefined, range, hours.symbol);
    expect(made).toEqual(Array.from({ length: 48 }, (_, hour) => [1_200 + hour, "1m", 0]));
  });

  test("are those that were known at the time that is asked about", async () => {
    await storeAs("1m", MINUTE, 0, DAY, "KNOWN-USD");
    await storeAs("1h", HOUR, 20 * DAY, 30 * DAY, "KNOWN-USD");
    const asOf = START + 2 * DAY;
    for (const range of [{}, { start: START }, { start: START, end: asOf }]) {
      const given = { ...range, asOf, revisions: "latest" } as const;
      expect((await page("1h", undefined, given, "KNOWN-USD")).candles).toHaveLength(24);
    }
  });

  test("lose no old candle where a coarser one is late", async () => {
    await storeAs("1h", HOUR, 0, 1_000 * HOUR, "LATE-USD");
    await storeAs("1m", MINUTE, 977 * HOUR, 1_001 * HOUR, "LATE-USD");
    const { candles: newest, from } = await page("1h", undefined, { limit: 1_001 }, "LATE-USD");
    expect([newest.length, from]).toEqual([1_001, ["1h", "1m"]]);
    expect(newest.at(-1)).toMatchObject({ from: "1m", missing: 0 });
  });

  test("leave its place to a candle that lies off the grid, wherever the range ends", async () => {
    const off = { ...market, symbol: "OFF-USD" };
    await storeCandles({ ...off, timeframe: "1h" }, [candleAt(START + 7 * MINUTE)]);
    await storeAs("1m", MINUTE, 0, 2 * HOUR, off.symbol);
    const made = (start: number, end: number) =>
      madeOf("1h", undefined, { start: START + start, end: START + end }, off.symbol);
    const own = [7 / 60, undefined, undefined];
    expect(await made(0, 2 * HOUR)).toEqual([own, [1, "1m", 0]]);
    expect(await made(0, 5 * MINUTE)).toEqual([]);
    expect(await made(5 * MINUTE, HOUR)).toEqual([own]);
    expect(await made(8 * MINUTE, HOUR)).toEqual([]);
  });

  test("are those of each candle in a stream of more candles than are gathered at once", async () => {
    const symbol = "LONG-USD";
    const count = 45_000;
    const lacking = new Set([0, 9_999, 20_159, 20_160, 33_333, 44_999]);
    const times = Array.from({ length: count }, (_, index) => START + index * 5 * MINUTE);
    await putFiles(
      { ...market, symbol, timeframe: "5m" },
      times.filter((_, index) => !lacking.has(index)).map((time) => candleAt(time)),
    );
    await storeCandles(
      { ...market, symbol, timeframe: "1m" },
      [...lacking].map((index) => candleAt(START + index * 5 * MINUTE + 3 * MINUTE)),
    );
    const wanted = [{ ...market, symbol, timeframe: "5m", finest: undefined }] as const;
    const { parts, served } = await serveRange(
      env,
      { ...ask("5m", { start: START }), wanted },
      NOW,
    );
    const rows = [];
    for await (const { candles: some } of parts) {
      rows.push(...some);
    }
    expect(served[0]?.from).toEqual(["5m", "1m"]);
    expect(rows.map(({ timestamp }) => timestamp)).toEqual(times);
    const rolledUp = rows.flatMap(({ missing }, index) => (missing === 4 ? [index] : []));
    expect(rolledUp).toEqual([...lacking]);
  });

  test("take few looks where a quiet market has holes in all of them", async () => {
    const quiet = (step: number) =>
      Array.from({ length: (10 * DAY) / step }, (_, index) => START + index * step)
        .filter((_, index) => index % 3 !== 0)
        .map((time) => candleAt(time));
    const symbol = "QUIET-USD";
    await storeCandles({ ...market, symbol, timeframe: "5m" }, quiet(5 * MINUTE));
    await storeCandles({ ...market, symbol, timeframe: "1m" }, quiet(MINUTE));
    const { candles: hours, cost } = await page("1h", undefined, { start: START }, symbol);
    expect(hours).toHaveLength(240);
    expect(cost.d1Queries).toBeLessThanOrEqual(7);
    expect(cost.rowsRead).toBeLessThanOrEqual(1.25 * quiet(MINUTE).length);
  });

  test("are none but its own where a timeframe can be made of nothing else", async () => {
    const { cost } = await page("1m", undefined, { limit: 3 });
    expect(cost.d1Queries).toBe(2);
    expect(cost.rowsRead).toBeLessThanOrEqual(4);
  });

  test("have what an indicator needs before the range", async () => {
    const { candles: found } = await page("1h", "1m", {
      start: START + 13 * HOUR,
      end: START + 14 * HOUR,
      indicators: parseIndicators("sma:10"),
    });
    expect(found.map(({ indicators }) => indicators)).toEqual([[27_505.5]]);
  });
});

const sma = (window: number) => parseIndicators(`sma:${window}`);

describe("an answer is", () => {
  const over = { start: START + 2 * DAY, end: START + 5 * DAY };
  const first = MISSING[0] ?? 0;

  test.each([
    ["settled", "where all of it is stored", ask("1m", over)],
    ["settled", "with nothing to fill", ask("1m", { ...over, fill: "prev" })],
    ["settled", "with a whole warm-up", ask("1m", { ...over, indicators: sma(20) })],
    ["steady", "rolled up, all of it there", ask("1h", over)],
    ["steady", "rolled up with a whole warm-up", ask("1h", { ...over, indicators: sma(20) })],
    ["neither", "with a finer candle missing", ask("1h", { start: START, end: START + 2 * DAY })],
    [
      "neither",
      "with all that is missing filled",
      ask("1m", { start: first, end: START + 2 * DAY, fill: "prev" }),
    ],
    ["neither", "with revisions", ask("1m", { ...over, revisions: "latest" })],
    ["neither", "as of a time", ask("1m", { ...over, asOf: NOW })],
    [
      "neither",
      "whose range is not over",
      ask("1d", { start: START + 33 * DAY, end: START + 35 * DAY }),
    ],
    ["neither", "cut at its limit", ask("1m", { ...over, limit: 10 })],
    [
      "neither",
      "whose warm-up lacks a candle",
      ask("1m", { start: first + MINUTE, end: START + 2 * DAY, indicators: sma(2) }),
    ],
    [
      "neither",
      "whose warm-up is longer than its history",
      ask("1h", { ...over, indicators: parseIndicators("ema:20") }),
    ],
  ] as const)("%s %s", async (expected, _, query) => {
    const { settled, steady } = await pageOf(query);
    expect([settled, steady]).toEqual([expected === "settled", expected === "steady"]);
  });

  test("not settled while closes have not changed often enough for what is reckoned", async () => {
    const series: Series = { ...MINUTES, symbol: "STILL-USDT" };
    const still = Array.from({ length: 100 }, (_, minute) => candleAt(START + minute * MINUTE));
    const moving = Array.from({ length: 5 }, (_, minute) =>
      candleAt(START + (100 + minute) * MINUTE, { close: 27_501 + (minute % 2) }),
    );
    await storeCandles(series, [...still, ...moving]);
    const query = {
      ...ask("1m", { start: START + 100 * MINUTE, end: START + 105 * MINUTE }),
      wanted: [{ ...series, finest: "1m" }],
      indicators: parseIndicators("rsi:2"),
    } as const;
    const { settled, steady, candles: rows } = await pageOf(query);
    expect([settled, steady, rows.length]).toEqual([false, false, 5]);
    expect((await pageOf({ ...query, indicators: parseIndicators("sma:20") })).settled).toBe(true);
  });
});

test("the newest filled rows are made without those before them", async () => {
  const series: Series = { ...MINUTES, symbol: "SPARSE-USDT" };
  const sparse = Array.from({ length: 5_000 }, (_, step) =>
    candleAt(START + step * 5_000 * MINUTE),
  );
  await storeCandles(series, sparse);
  const query = {
    ...ask("1m", { fill: "prev", limit: 5_000 }),
    wanted: [{ ...series, finest: "1m" }],
  } as const;
  const { candles: rows } = await pageOf(query, env, START + 60 * 365 * DAY);
  const last = sparse.at(-1)?.timestamp ?? 0;
  expect(rows.map(({ timestamp }) => timestamp)).toEqual(
    Array.from({ length: 5_000 }, (_, index) => last - (4_999 - index) * MINUTE),
  );
  expect(rows.filter(({ filled }) => filled === false)).toHaveLength(1);
});

describe("as of a time", () => {
  const at = START + 2 * DAY + 30 * MINUTE;

  test("only what was closed then is there, and a candle under way is marked", async () => {
    const { candles: days } = await pageOf(ask("1d", { start: START, asOf: at }));
    const known = stored.filter(({ timestamp }) => timestamp + MINUTE <= at);
    expect(days).toEqual(
      rollUp(known, "1m", "1d").map((day, index) => ({
        ...day,
        from: "1m",
        closed: index < 2,
      })),
    );
    expect(days.at(-1)?.missing).toBe(1_410);
  });

  test("means the newest revisions that had been seen, and none that came later", async () => {
    const series: Series = { ...MINUTES, symbol: "REV-USDT" };
    await storeCandles(series, [candleAt(START), candleAt(START + MINUTE)]);
    const revise = async (close: number, seenAt: number) =>
      env.DB.prepare(
        `INSERT INTO candle_revisions VALUES (?, ?, ?, ?, ?, 27500.1, 27510, 27499.99, ?, 1, 2, 3)`,
      )
        .bind(series.source, series.symbol, series.timeframe, START, seenAt * 1_000, close)
        .run();
    await revise(27_501, START + HOUR);
    await revise(27_502, START + DAY);
    const wanted = [{ ...series, finest: "1m" }] as const;
    const closes = async (changes: Partial<ServeQuery>) =>
      (await pageOf({ ...ask("1m", { start: START, ...changes }), wanted })).candles.map(
        ({ close }) => close,
      );
    expect(await closes({})).toEqual([27_505.5, 27_505.5]);
    expect(await closes({ revisions: "latest" })).toEqual([27_502, 27_505.5]);
    expect(await closes({ asOf: START + DAY - 1 })).toEqual([27_501, 27_505.5]);
    expect(await closes({ asOf: START + HOUR - 1 })).toEqual([27_505.5, 27_505.5]);
    expect(await closes({ asOf: START + 119 })).toEqual([27_505.5]);
  });
});

describe("indicators", () => {
  const indicators = parseIndicators(
    "sma:20,ema:10,rsi:10,macd:3:6:4,bollinger:5:2,atr:5,vwap,volume_sma:7",
  );

  test("have the same values whether the range begins early or late, by page or as a stream", async () => {
    const whole = await pageOf(ask("15m", { start: START, indicators }));
    const later = START + 20 * DAY;
    const query = ask("15m", { start: later, end: later + 3 * DAY, limit: 100, indicators });
    const expected = whole.candles.filter(
      ({ timestamp }) => timestamp >= later && timestamp < later + 3 * DAY,
    );
    const paged = [];
    let positions: readonly number[] | undefined;
    do {
      const page = await pageOf({ ...query, positions });
      paged.push(...page.candles);
      ({ positions } = page);
    } while (positions !== undefined);
    const streamed = [];
    for await (const part of (await serveRange(env, query, NOW)).parts) {
      streamed.push(...part.candles);
    }
    for (const rows of [paged, streamed]) {
      expect(rows.map(({ timestamp }) => timestamp)).toEqual(
        expected.map(({ timestamp }) => timestamp),
      );
      for (const [index, { indicators: values }] of rows.entries()) {
        for (const [place, value] of (values ?? []).entries()) {
          expect(Number(value)).toBeCloseTo(Number(expected[index]?.indicators?.[place]), 6);
        }
      }
    }
    expect(whole.columns).toHaveLength(12);
  });
});

describe("a damaged row group", () => {
  test("is told with its range, and nothing is answered in its place", async () => {
    const series: Series = { ...MINUTES, symbol: "BAD-USDT" };
    const [file] = await putFiles(series, candles.slice(0, 20_000));
    const object = await env.BUCKET.get(file?.key ?? "");
    const bytes = new Uint8Array((await object?.arrayBuffer()) ?? []);
    await env.BUCKET.put(file?.key ?? "", bytes.with(1_000, (bytes[1_000] ?? 0) ^ 1));
    const query = {
      ...ask("1h", { start: START }),
      wanted: [{ ...series, timeframe: "1h", finest: "1m" }],
    } as const;
    await expect(pageOf(query)).rejects.toThrow(DamagedRangeError);
    const { parts } = await serveRange(env, query, NOW);
    await expect(parts.next()).rejects.toThrow(
      `candles of binance:BAD-USDT:1m from 2023-01-10T00:00:00Z`,
    );
  });
});
