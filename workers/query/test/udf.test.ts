import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { OpenCandlesAnswer, SourceCandle } from "@candlehouse/shared/core/open-candle";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import {
  udfConfigSchema,
  udfErrorSchema,
  udfHistorySchema,
  udfMarksSchema,
  udfQuotesSchema,
  udfSearchSchema,
  udfSymbolSchema,
  udfTimescaleMarksSchema,
} from "../src/udf/schemas.ts";
import { createApp } from "../src/app.ts";
import { get, getWith } from "./answers.ts";
import { clearCandles, putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const MINUTES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;

/** 12:03:40: the minute of 12:03 is open. */
const NOW_MS = Date.UTC(2026, 2, 4, 12, 3, 40);
const OPEN = NOW_MS / 1_000 - 40;
const NOON = OPEN - 180;

let logged = vi.spyOn(console, "error");

beforeEach(async () => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ["Date"] });
  logged = vi.spyOn(console, "error").mockImplementation(() => {});
  await clearCandles();
  const tables = ["series", "candle_revisions", "gaps", "markets"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Minutes from `first` (inclusive) to `end` (exclusive), each closing a little higher. */
function minutes(first: number, end: number, values: Partial<Candle> = {}): Candle[] {
  return Array.from({ length: (end - first) / 60 }, (_, index) =>
    candleAt(first + index * 60, { close: 27_505 + index / 100, ...values }),
  );
}

/** A producer that tells `candles` of `series`, and what it was asked. */
function producerThatTells(series: Series, candles: readonly SourceCandle[]) {
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    const names = new URL(url).searchParams.getAll("series");
    asked.push(...names);
    const answer: OpenCandlesAnswer = {
      series: names.map((name) => ({
        series: name,
        candles: name === formatSeries(series) ? [...candles] : [],
      })),
    };
    return Response.json(answer);
  };
  return { asked, bindings: { PRODUCER: { fetch } } };
}

/** The answer at `path`, which `schema` must let through. */
async function udf<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  bindings: object = producerThatTells(MINUTES, []).bindings,
): Promise<z.output<Schema>> {
  const response = await getWith(`/udf/${path}`, bindings);
  expect([path, response.status]).toEqual([path, 200]);
  expect(response.headers.get("content-type")).toContain("application/json");
  return schema.parse(await response.json());
}

function history(query: string, bindings?: object) {
  return udf(`history?symbol=BINANCE:BTCUSDT&${query}`, udfHistorySchema, bindings);
}

async function errorOf(path: string, bindings?: object): Promise<string> {
  return (await udf(path, udfErrorSchema, bindings)).errmsg;
}

describe("GET /udf/config and /udf/time", () => {
  test("say what can be asked, and what time it is in seconds", async () => {
    await udf("config", udfConfigSchema);
    const response = await get("/udf/time");
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(await response.text()).toBe(String(NOW_MS / 1_000));
  });
});

describe("GET /udf/symbols", () => {
  test("tells digits by what is stored, and which resolutions can be made", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON, OPEN, { low: 0.00012345, volume_from: 1.5 }));
    const info = await udf("symbols?symbol=BINANCE:BTC-USDT", udfSymbolSchema);
    expect(info).toMatchObject({
      name: "BTCUSDT",
      ticker: "BINANCE:BTCUSDT",
      description: "Bitcoin / USDT",
      pricescale: 100_000_000,
      volume_precision: 1,
      data_status: "streaming",
    });
    expect(info.supported_resolutions).toHaveLength(15);
    expect(info).not.toHaveProperty("s");
  });

  test("offers what days make, where nothing shorter is stored", async () => {
    await collectSeries({ ...MINUTES, timeframe: "1d" });
    expect(await udf("symbols?symbol=BTCUSDT", udfSymbolSchema)).toMatchObject({
      pricescale: 100,
      supported_resolutions: ["1D", "3D", "1W", "1M"],
      has_intraday: false,
      intraday_multipliers: [],
      has_daily: true,
      daily_multipliers: ["1", "3"],
      has_weekly_and_monthly: true,
    });
  });

  test("says that a stock is one, when it trades, and how late it comes", async () => {
    await collectSeries({ source: "massive", symbol: "AAPL-USD", timeframe: "1m" });
    expect(await udf("symbols?symbol=MASSIVE:AAPLUSD", udfSymbolSchema)).toMatchObject({
      type: "stock",
      session: "0400-2000",
      timezone: "America/New_York",
      data_status: "delayed_streaming",
      delay: 4_500,
    });
  });

  test("says that a market has ended, and what nobody collects is not updated", async () => {
    const old = { source: "binance", symbol: "MATIC-USDT", timeframe: "1m" } as const;
    await collectSeries(old);
    await env.DB.prepare(
      "INSERT INTO markets (source, symbol, native_symbol, valid_until) VALUES ('binance', 'MATIC-USDT', 'MATICUSDT', ?)",
    )
      .bind(NOON - 86_400)
      .run();
    expect(await udf("symbols?symbol=BINANCE:MATICUSDT", udfSymbolSchema)).toMatchObject({
      expired: true,
      expiration_date: NOON - 86_400,
      data_status: "endofday",
    });
    await storeCandles({ ...MINUTES, symbol: "SOL-USDT" }, minutes(NOON, OPEN));
    const sol = await udf("symbols?symbol=BINANCE:SOLUSDT", udfSymbolSchema);
    expect(sol.data_status).toBe("endofday");
    expect(sol).not.toHaveProperty("expired");
  });

  test("takes a name without a source for the market of the source that comes first", async () => {
    await collectSeries({ source: "coinbase", symbol: "BTC-USD", timeframe: "1m" });
    await collectSeries({ source: "kraken", symbol: "BTC-USD", timeframe: "1m" });
    expect((await udf("symbols?symbol=BTCUSD", udfSymbolSchema)).ticker).toBe("KRAKEN:BTCUSD");
    expect((await udf("symbols?symbol=XBTUSD", udfSymbolSchema)).ticker).toBe("KRAKEN:BTCUSD");
  });

  test("never takes one market for another that is written alike", async () => {
    await collectSeries({ source: "kraken", symbol: "AB-CUSD", timeframe: "1m" });
    await collectSeries({ source: "kraken", symbol: "ABC-USD", timeframe: "1m" });
    expect(await errorOf("symbols?symbol=KRAKEN:ABCUSD")).toBe(
      "unknown_symbol: KRAKEN:ABCUSD may be KRAKEN:AB-CUSD or KRAKEN:ABC-USD",
    );
    const { ticker } = await udf("symbols?symbol=KRAKEN:ABC-USD", udfSymbolSchema);
    expect(ticker).toBe("KRAKEN:ABC-USD");
    expect((await udf("search?query=ABC", udfSearchSchema)).map((one) => one.ticker)).toEqual([
      "KRAKEN:ABC-USD",
      "KRAKEN:AB-CUSD",
    ]);
  });

  test("converts nothing, and says so", async () => {
    await collectSeries(MINUTES);
    await udf("symbols?symbol=BTCUSDT&currencyCode=USDT", udfSymbolSchema);
    expect(await errorOf("symbols?symbol=BTCUSDT&currencyCode=EUR")).toContain(
      "prices are in USDT",
    );
    expect(await errorOf("symbols?symbol=BTCUSDT&unitId=g")).toContain("no units");
  });
});

describe("GET /udf/history", () => {
  test("ends with the open candle, behind what is closed and not stored yet", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 600, NOON + 60));
    const { bindings, asked } = producerThatTells(MINUTES, [
      { ...candleAt(NOON, { close: 1 }), closed: true },
      { ...candleAt(NOON + 60), closed: true },
      { ...candleAt(NOON + 120), closed: true },
      { ...candleAt(OPEN, { close: 27_509 }), closed: false },
    ]);
    const answer = await history(`resolution=1&from=0&to=${OPEN + 40}&countback=5`, bindings);
    expect(answer).toMatchObject({
      t: [NOON - 60, NOON, NOON + 60, NOON + 120, OPEN],
      c: [27_505.09, 27_505.1, 27_505.5, 27_505.5, 27_509],
    });
    expect(asked).toEqual(["binance:BTC-USDT:1m"]);
  });

  test("makes the open candle of a longer resolution of minutes, with the open one", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 600, OPEN));
    const open = { ...candleAt(OPEN, { high: 30_000, close: 29_000 }), closed: false };
    const { bindings } = producerThatTells(MINUTES, [open]);
    const answer = await history(`resolution=5&from=0&to=${OPEN + 40}&countback=2`, bindings);
    expect(answer).toMatchObject({
      t: [NOON - 300, NOON],
      h: [27_510, 30_000],
      c: [27_505.09, 29_000],
      v: [6.25, 5],
    });
  });

  test("makes the open hour of stored minutes where the source does not tell it", async () => {
    const hours = { ...MINUTES, timeframe: "1h" } as const;
    await collectSeries(MINUTES);
    await collectSeries(hours);
    await storeCandles(hours, [candleAt(NOON - 3_600, { close: 20_000 })]);
    await storeCandles(MINUTES, minutes(NOON, OPEN));
    const answer = await history(`resolution=60&from=0&to=${OPEN + 40}&countback=2`);
    expect(answer).toMatchObject({
      t: [NOON - 3_600, NOON],
      c: [20_000, 27_505.02],
      v: [1.25, 3.75],
    });
  });

  test("makes the open day of the series that is stored, not of a coarser one that is new", async () => {
    const hours = { ...MINUTES, timeframe: "1h" } as const;
    await collectSeries(MINUTES);
    await collectSeries(hours);
    const day = NOON - 12 * 3_600;
    await storeCandles(MINUTES, minutes(day, OPEN));
    const open = { ...candleAt(OPEN, { close: 29_000 }), closed: false };
    const { bindings, asked } = producerThatTells(MINUTES, [open]);
    const answer = await history(`resolution=1D&from=0&to=${OPEN + 40}&countback=1`, bindings);
    expect(asked).toEqual(["binance:BTC-USDT:1m"]);
    expect(answer).toMatchObject({ t: [day], c: [29_000], v: [724 * 1.25] });
  });

  test("does not leap over minutes that are not stored yet where it is asked for a range", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 3_600, NOON - 1_200));
    const { bindings } = producerThatTells(MINUTES, [
      { ...candleAt(OPEN - 60), closed: true },
      { ...candleAt(OPEN), closed: false },
    ]);
    const answer = async (query: string) =>
      udfHistorySchema.parse(await history(`resolution=1&to=${OPEN + 40}&${query}`, bindings));
    expect(await answer(`from=${NOON - 1_320}`)).toMatchObject({ t: [NOON - 1_320, NOON - 1_260] });
    // A chart that looks for its newest bars gets them; nothing lies between the two.
    expect(await answer("countback=2")).toMatchObject({ t: [OPEN - 60, OPEN] });
  });

  test("says what it took", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 600, OPEN));
    const { bindings } = producerThatTells(MINUTES, []);
    const query = `symbol=BTCUSDT&resolution=5&from=${NOON - 600}&to=${OPEN}`;
    for (const path of [`history?${query}`, `marks?${query}`, "quotes?symbols=BTCUSDT"]) {
      const response = await getWith(`/udf/${path}`, bindings);
      const timing = response.headers.get("server-timing");
      expect(timing).toMatch(
        /^d1;dur=.* rows read, \d+ queries", r2;.*serve;.*encode;.*plan;desc="1m to /,
      );
    }
  });

  test("goes without the open candle where the producer fails, and that is in the log", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON, OPEN));
    const answer = await history("resolution=1&from=0&to=2000000000&countback=9", {
      PRODUCER: { fetch: () => Promise.reject(new Error("gone")) },
    });
    expect(answer).toMatchObject({ t: [NOON, NOON + 60, NOON + 120] });
    expect(logged).toHaveBeenCalledWith(expect.stringContaining("gone"));
  });

  test("asks no source about the past, and lets it be kept for longer than the present", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 6_000, OPEN));
    const { bindings, asked } = producerThatTells(MINUTES, []);
    const path = "/udf/history?symbol=BTCUSDT&resolution=1&countback=9";
    const past = await getWith(`${path}&to=${NOON - 600}`, bindings);
    expect(past.headers.get("cache-control")).toBe("public, max-age=60");
    expect(asked).toEqual([]);
    const present = await getWith(`${path}&to=${OPEN + 40}`, bindings);
    expect(present.headers.get("cache-control")).toBe("public, max-age=2");
    expect(asked).toHaveLength(1);
  });

  test("reaches into the archive, and counts back over what is missing there", async () => {
    const days = { source: "binance", symbol: "BTC-USDT", timeframe: "1d" } as const;
    const first = Date.UTC(2021, 0, 1) / 1_000;
    const cold = Array.from({ length: 60 }, (_, index) =>
      candleAt(first + index * 86_400, { close: 27_500.12345 }),
    );
    await putFiles(days, [...cold.slice(0, 20), ...cold.slice(30)]);
    const query = `resolution=1D&from=0&to=${first + 32 * 86_400}&countback=5`;
    expect(await history(query)).toMatchObject({
      t: [17, 18, 19, 30, 31].map((index) => first + index * 86_400),
    });
    const hole = `from=${first + 21 * 86_400}&to=${first + 29 * 86_400}`;
    expect(await history(`resolution=1D&${hole}`)).toEqual({
      s: "no_data",
      nextTime: first + 19 * 86_400,
    });
    expect(await udf("symbols?symbol=BINANCE:BTCUSDT", udfSymbolSchema)).toMatchObject({
      pricescale: 100_000,
      data_status: "endofday",
      supported_resolutions: ["1D", "3D", "1W", "1M"],
    });
    expect((await udf("search?query=BTCUSDT", udfSearchSchema)).length).toBe(1);
  });

  test("passes over parameters that an adapter sends of its own", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON, OPEN));
    const path = `resolution=1&from=${NOON}&to=${OPEN}&firstDataRequest=true&_=17`;
    expect(await history(path)).toMatchObject({ s: "ok" });
  });

  test("names what cannot be meant, its value, and what is allowed", async () => {
    await collectSeries({ ...MINUTES, timeframe: "1h" });
    const about = (query: string) => errorOf(`history?symbol=BINANCE:BTCUSDT&${query}`);
    expect(await about("resolution=2&from=0&to=1")).toMatch(/^resolution "2" .*1, 3, 5/);
    expect(await about("resolution=5&from=0&to=1")).toMatch(
      /^resolution "5" .*BINANCE:BTCUSDT has 60,/,
    );
    expect(await about("resolution=60&to=1")).toMatch(/^from .*countback/);
    expect(await about("resolution=60&from=0")).toMatch(/^to /);
    expect(await about("resolution=60&from=0&to=1795341600000")).toMatch(/^to .*unix seconds/);
    expect(await about("resolution=60&from=9&to=1")).toMatch(/^from 9 .*after to/);
    expect(await errorOf("history?resolution=60&from=0&to=1")).toMatch(/^symbol /);
  });

  test("is an error in JSON where the database fails too, and nobody keeps it", async () => {
    const DB = {
      prepare: () => ({
        bind: () => ({
          all: () => Promise.reject(new Error("D1_ERROR: Network connection lost.")),
        }),
      }),
    };
    const response = await getWith("/udf/history?symbol=BTCUSDT&resolution=1&from=0&to=9", { DB });
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const { errmsg } = udfErrorSchema.parse(await response.json());
    expect(errmsg).not.toContain("D1_ERROR");
    expect(logged).toHaveBeenCalledWith(expect.stringContaining("request.failed"));
  });
});

describe("GET /udf/quotes", () => {
  test("tells the running day of each symbol, and which symbols are none", async () => {
    await collectSeries(MINUTES);
    const day = Math.floor(NOON / 86_400) * 86_400;
    await storeCandles(MINUTES, [candleAt(day - 60, { close: 25_000, low: 25_000 })]);
    await storeCandles(MINUTES, minutes(day, OPEN, { low: 24_000 }));
    const open = { ...candleAt(OPEN, { close: 27_500 }), closed: false };
    const { bindings } = producerThatTells(MINUTES, [open]);
    const asked = "quotes?symbols=BINANCE:BTCUSDT,BINANCE:NOSUCH";
    expect(await udf(asked, udfQuotesSchema, bindings)).toEqual({
      s: "ok",
      d: [
        {
          s: "ok",
          n: "BINANCE:BTCUSDT",
          v: {
            ch: 2_500,
            chp: 10,
            short_name: "BTCUSDT",
            exchange: "BINANCE",
            description: "Bitcoin / USDT",
            lp: 27_500,
            open_price: 27_500.1,
            high_price: 27_510,
            low_price: 24_000,
            prev_close_price: 25_000,
            volume: 905,
          },
        },
        { s: "error", n: "BINANCE:NOSUCH", v: {} },
      ],
    });
    expect(await errorOf("quotes?symbols=")).toMatch(/^symbols /);
  });

  test("asks the database and the producer once for many symbols", async () => {
    const symbols = Array.from({ length: 19 }, (_, index) => `A${index}X-USDT`);
    for (const symbol of symbols) {
      await collectSeries({ ...MINUTES, symbol });
      await storeCandles({ ...MINUTES, symbol }, minutes(NOON, OPEN));
    }
    const { bindings, asked } = producerThatTells(MINUTES, []);
    const fetched = vi.spyOn(bindings.PRODUCER, "fetch");
    const names = [...symbols, symbols[0]].map((symbol) => `BINANCE:${symbol?.replace("-", "")}`);
    const response = await getWith(`/udf/quotes?symbols=${names.join(",")}`, bindings);
    const { d } = udfQuotesSchema.parse(await response.json());
    expect(d.map(({ s, n }) => [s, n])).toEqual(names.map((name) => ["ok", name]));
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(asked).toHaveLength(19);
    const queries = Number(/(\d+) queries/.exec(response.headers.get("server-timing") ?? "")?.[1]);
    expect(queries).toBeLessThan(100);
  });
});

describe("GET /udf/marks", () => {
  test("shows gaps, revisions and outliers on bars of the resolution asked for", async () => {
    await collectSeries(MINUTES);
    const candles = minutes(NOON - 7_200, NOON).map((candle) =>
      candle.timestamp === NOON - 3_600 ? { ...candle, high: 90_000 } : candle,
    );
    await storeCandles(MINUTES, candles);
    await env.DB.prepare(
      `INSERT INTO candle_revisions (source, symbol, timeframe, timestamp, seen_at_ms, open, high, low, close)
       VALUES ('binance', 'BTC-USDT', '1m', ?, ?, 1, 2, 0.5, 1.25)`,
    )
      .bind(NOON - 1_860, NOW_MS)
      .run();
    await env.DB.prepare(
      `INSERT INTO gaps (source, symbol, timeframe, start, "end", missing, runs, class, state, evidence, attempts, found_at, updated_at)
       VALUES ('binance', 'BTC-USDT', '1m', ?1, ?1 + 120, 2, 1, ?2, 'open', '{"reason":"Nobody asked."}', 0, 0, 0),
         ('binance', 'BTC-USDT', '1m', ?1 - 600, ?1 - 540, 1, 1, 'no_trades', 'unfillable', '{"reason":"Quiet."}', 0, 0, 0)`,
    )
      .bind(NOON, "collector_miss")
      .run();
    const query = `symbol=BTCUSDT&resolution=1&from=${NOON - 7_200}&to=${NOON + 180}`;
    const marks = await udf(`marks?${query}`, udfMarksSchema);
    expect(marks.map(({ id, time }) => [id.split(":")[0], time])).toEqual([
      ["outlier", NOON - 3_600],
      ["revision", NOON - 1_860],
      ["gap", NOON - 60],
    ]);
    expect(marks[1]?.text).toContain("close 1.25");
    const axis = await udf(`timescale_marks?${query}`, udfTimescaleMarksSchema);
    expect(axis.map(({ time, tooltip }) => [time, tooltip])).toEqual([
      [
        NOON - 60,
        [expect.stringContaining("2 1m candles missing from 2026-03-04 12:00 UTC: collector_miss")],
      ],
    ]);
  });

  test("show the newest gaps, however many older, filled or quiet ones there are", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 1_800, NOON));
    const names = ["class", "state", "start"] as const;
    const old = Array.from({ length: 1_200 }, (_, index) => ({
      class: index % 2 === 0 ? "no_trades" : "collector_miss",
      state: index % 2 === 0 ? "unfillable" : "filled",
      start: NOON - 1_800 + index,
    }));
    const gaps = [...old, { class: "collector_miss", state: "open", start: NOON - 120 }];
    await env.DB.prepare(
      `INSERT INTO gaps (source, symbol, timeframe, ${names.join(", ")}, "end", missing, runs, evidence, attempts, found_at, updated_at)
       SELECT 'binance', 'BTC-USDT', '1m', ${names.map((name) => `value ->> '${name}'`).join(", ")}, value ->> 'start' + 60, 1, 1, '{"reason":"Why."}', 0, 0, 0
       FROM json_each(?)`,
    )
      .bind(JSON.stringify(gaps))
      .run();
    const query = `symbol=BTCUSDT&resolution=1&from=0&to=${OPEN}`;
    const marks = await udf(`marks?${query}`, udfMarksSchema);
    expect(marks.map(({ id }) => id)).toEqual([`gap:${NOON - 120}`]);
    const axis = await udf(`timescale_marks?${query}`, udfTimescaleMarksSchema);
    expect(axis.map(({ time }) => time)).toEqual([NOON - 120]);
  });

  test("are none where there is nothing to tell", async () => {
    await collectSeries(MINUTES);
    await storeCandles(MINUTES, minutes(NOON - 7_200, NOON));
    const query = `symbol=BTCUSDT&resolution=D&from=0&to=${OPEN}`;
    expect(await udf(`marks?${query}`, udfMarksSchema)).toEqual([]);
    expect(await udf(`timescale_marks?${query}`, udfTimescaleMarksSchema)).toEqual([]);
  });
});

test("what is not there is told as charts understand it", async () => {
  const response = await get("/udf/nothing");
  expect(response.status).toBe(404);
  expect(udfErrorSchema.parse(await response.json()).errmsg).toContain("/udf/nothing");
  const refused = await createApp().request("/udf/history", { method: "POST" }, env);
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  expect(udfErrorSchema.parse(await refused.json()).errmsg).toContain("POST");
});
