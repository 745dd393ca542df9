import type { Series } from "@candlehouse/shared/core/series";
import { PayloadTooLargeError } from "@candlehouse/shared/core/errors";
import { newestClosed, openTimeOf, TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { oneSeriesSchema } from "../src/answer-schemas.ts";
import { createApp } from "../src/app.ts";
import {
  doorErrorSchema,
  exchangeInfoSchema,
  klinesSchema,
  serverTimeSchema,
} from "../src/binance/door-schemas.ts";
import { get, getWith, read } from "./answers.ts";
import { putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const HOURS: Series = { ...BTC, timeframe: "1h" };
const KRAKEN: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "5m" };

const START = Date.UTC(2024, 0, 20) / 1_000;
const ROWS = 1_200;

const minutes = Array.from({ length: ROWS }, (_, index) =>
  candleAt(START + index * 60, { close: 27_500 + (index % 999) / 100 }),
);

const KLINES = "/binance/api/v3/klines?symbol=BTCUSDT&interval=1m";

beforeAll(async () => {
  await putFiles(BTC, minutes.slice(0, 1_000));
  await storeCandles(BTC, minutes.slice(1_000));
  await collectSeries(BTC);
  await collectSeries(HOURS);
  await collectSeries(KRAKEN);
  await storeCandles(KRAKEN, [
    candleAt(START, { close: "27505.123456789012345", volume_to: null, trades: null }),
  ]);
});

async function readDoor<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await get(path);
  const body = await response.json();
  expect([response.status, response.status === 200 ? null : body]).toEqual([200, null]);
  expect(response.headers.get("content-type")).toBe("application/json;charset=UTF-8");
  return schema.parse(body);
}

/** Open times of the klines at `path`, as minutes since the first one. */
async function minutesAt(path: string): Promise<number[]> {
  const rows = await readDoor(path, klinesSchema);
  return rows.map(([openTime]) => (openTime / 1_000 - START) / 60);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

describe("GET /binance/api/v3/klines", () => {
  test("gives each candle with every digit, as /v1/candles has it", async () => {
    const times = `startTime=${START * 1_000}&endTime=${(START + 120) * 1_000}`;
    const rows = await readDoor(`${KLINES}&${times}`, klinesSchema);
    const { candles } = await read(
      `/v1/candles?series=binance:BTC-USDT:1m&start=${START}&end=${START + 121}`,
      oneSeriesSchema,
    );
    expect(rows).toEqual(
      candles.map((candle) => [
        candle.timestamp * 1_000,
        String(candle.open),
        String(candle.high),
        String(candle.low),
        String(candle.close),
        String(candle.volume_from),
        (candle.timestamp + 60) * 1_000 - 1,
        String(candle.volume_to),
        candle.trades,
        "0",
        "0",
        "0",
      ]),
    );
    expect(rows).toHaveLength(3);
  });

  test("writes digits that no double holds, and 0 for what the source does not give", async () => {
    const path = `/binance/kraken/api/v3/klines?symbol=ETHUSD&interval=5m&startTime=${START}000`;
    const [row] = await readDoor(path, klinesSchema);
    expect(row?.slice(4)).toEqual([
      "27505.123456789012345",
      "1.25",
      (START + 300) * 1_000 - 1,
      "0",
      0,
      "0",
      "0",
      "0",
    ]);
  });

  test.each([
    ["startTime alone: the oldest from there on", `startTime=${START}000&limit=3`, range(0, 3)],
    ["a start inside a candle: the next one", `startTime=${START}001&limit=2`, range(1, 3)],
    [
      "both: inclusive at both ends",
      `startTime=${START + 60}000&endTime=${START + 180}000`,
      range(1, 4),
    ],
    ["endTime alone: the newest up to it", `endTime=${START + 600}000&limit=3`, range(8, 11)],
    ["an end just before a candle", `endTime=${START + 599}999&limit=2`, range(8, 10)],
    ["neither: the newest", "limit=2", range(ROWS - 2, ROWS)],
    ["no limit: 500", `startTime=${START}000`, range(0, 500)],
    ["a limit above 1000: 1000", `startTime=${START}000&limit=1500`, range(0, 1_000)],
    ["hot and cold as one", `startTime=${START + 59_940}000&limit=3`, range(999, 1_002)],
    ["microseconds", `startTime=${START}000000&limit=2`, range(0, 2)],
    ["UTC", `startTime=${START}000&limit=1&timeZone=0`, range(0, 1)],
    ["a start after the end", `startTime=${START + 60}000&endTime=${START}000`, []],
    ["a start after all there is", "startTime=99999999999999999999", []],
    ["an end before all there is", "endTime=0", []],
  ])("means by %s", async (_, asked, expected) => {
    expect(await minutesAt(`${KLINES}&${asked}`)).toEqual(expected);
  });

  test("answers times in microseconds where the header asks for them", async () => {
    const response = await get(`${KLINES}&startTime=${START}000&limit=1`, {
      "x-mbx-time-unit": "MICROSECOND",
    });
    const [row] = klinesSchema.parse(await response.json());
    expect([row?.[0], row?.[6]]).toEqual([START * 1e6, (START + 60) * 1e6 - 1]);
  });

  test("rolls up where the interval is not stored, with exact sums", async () => {
    const times = `startTime=${START}000&limit=2`;
    const path = `/binance/api/v3/klines?symbol=BTCUSDT&interval=3m&${times}`;
    const rows = await readDoor(path, klinesSchema);
    const first = minutes.slice(0, 3);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual([
      START * 1_000,
      "27500.1",
      "27510",
      "27499.99",
      String(first[2]?.close),
      "3.75",
      (START + 180) * 1_000 - 1,
      "103125.375",
      126,
      "0",
      "0",
      "0",
    ]);
  });

  test("lets a settled range be kept for ever where its source is named, and another one not", async () => {
    const settled = `startTime=${START}000&endTime=${START + 599}000`;
    const cachingOf = async (path: string): Promise<string | null> =>
      (await get(`${path}&${settled}`)).headers.get("cache-control");
    const named = KLINES.replace("/binance/", "/binance/binance/");
    expect(await cachingOf(named)).toContain("immutable");
    // Another source may be set, and a coarser series may be collected.
    expect(await cachingOf(KLINES)).toBe("public, no-cache");
    expect(await cachingOf(named.replace("=1m", "=5m"))).toBe("public, max-age=3600");
    const kept = await get(`${KLINES}&${settled}`);
    const etag = kept.headers.get("etag") ?? "";
    expect((await get(`${KLINES}&${settled}`, { "if-none-match": etag })).status).toBe(304);
    const open = await get(`${KLINES}&startTime=${START + ROWS * 60 - 60}000`);
    expect(open.headers.get("cache-control")).toBe("no-store");
  });

  test("says what it took", async () => {
    const { headers } = await get(KLINES.replace("=1m", "=5m"));
    expect(headers.get("server-timing")).toMatch(
      /^d1;dur=.* rows read, \d+ queries", r2;.*serve;.*encode;.*plan;desc="1m to 5m, d1/,
    );
  });

  test.each(TIMEFRAMES)("answers in %s however far the times lie", async (interval) => {
    const path = `/binance/api/v3/klines?symbol=BTCUSDT&interval=${interval}`;
    const far = "99999999999999999999";
    for (const times of ["startTime=0", "endTime=0", `startTime=${far}`, `endTime=${far}`]) {
      const rows = await readDoor(`${path}&${times}&limit=1`, klinesSchema);
      expect(rows).toHaveLength(times === "startTime=0" || times === `endTime=${far}` ? 1 : 0);
    }
  });

  test("understands a symbol as this system writes it", async () => {
    const path = `/binance/api/v3/klines?symbol=BTC-USDT&interval=1m&startTime=${START}000&limit=1`;
    expect(await minutesAt(path)).toEqual([0]);
  });
});

describe("the open candle", () => {
  const FRESH: Series = { source: "binance", symbol: "SOL-USDT", timeframe: "1m" };
  const now = Math.floor(Date.now() / 1_000);
  const open = openTimeOf(now, "1m");
  const stored = candleAt(newestClosed(now, "1m", 60));

  /** The producer, to which the source told the candle before the open one, and the open one. */
  const PRODUCER = {
    fetch: () =>
      Promise.resolve(
        Response.json({
          series: [
            {
              series: "binance:SOL-USDT:1m",
              candles: [
                { ...candleAt(open - 60), closed: true },
                { ...candleAt(open, { close: 27_501 }), closed: false },
              ],
            },
          ],
        }),
      ),
  };
  const path = "/binance/api/v3/klines?symbol=SOLUSDT&interval=1m";

  beforeAll(async () => {
    await collectSeries(FRESH);
    await storeCandles(FRESH, [candleAt(stored.timestamp - 60), stored]);
  });

  async function openTimesOf(more: string): Promise<number[]> {
    const response = await getWith(`${path}&${more}`, { PRODUCER });
    return klinesSchema.parse(await response.json()).map(([openTime]) => openTime / 1_000);
  }

  test("is the last one where the present is asked for, after those that are not stored yet", async () => {
    const before = stored.timestamp;
    const all = [...new Set([before - 60, before, open - 60, open])];
    expect(await openTimesOf("")).toEqual(all);
    expect(await openTimesOf("limit=1")).toEqual([open]);
    expect(await openTimesOf(`startTime=${before - 60}000`)).toEqual(all);
    expect(await openTimesOf(`startTime=${before - 60}000&limit=2`)).toEqual(all.slice(0, 2));
    expect(await openTimesOf(`endTime=${open}000`)).toEqual(all);
  });

  test("takes the place of what is stored of it, on a full page too", async () => {
    const five = openTimeOf(open, "5m");
    const parts = Array.from({ length: (open - five) / 60 + 5 }, (_, index) =>
      candleAt(five - 300 + index * 60),
    );
    const series: Series = { ...FRESH, symbol: "XRP-USDT" };
    await collectSeries(series);
    await storeCandles(series, [...parts, candleAt(open, { close: 27_501 })].slice(0, -1));
    const told = { ...candleAt(open, { high: 27_777 }), closed: false };
    const answer = { series: [{ series: "binance:XRP-USDT:1m", candles: [told] }] };
    const response = await getWith(
      `/binance/api/v3/klines?symbol=XRPUSDT&interval=5m&startTime=${five - 300}000&limit=2`,
      { PRODUCER: { fetch: () => Promise.resolve(Response.json(answer)) } },
    );
    const rows = klinesSchema.parse(await response.json());
    expect(rows.map(([openTime]) => openTime / 1_000)).toEqual([five - 300, five]);
    expect(rows[1]?.[2]).toBe("27777");
  });

  test("is not behind minutes that are not stored yet: who goes on from it would never see them", async () => {
    const series: Series = { ...FRESH, symbol: "ADA-USDT" };
    await collectSeries(series);
    const newest = open - 1_200;
    await storeCandles(series, [candleAt(newest - 60), candleAt(newest)]);
    const candles = [
      { ...candleAt(open - 60), closed: true },
      { ...candleAt(open), closed: false },
    ];
    const answer = { series: [{ series: "binance:ADA-USDT:1m", candles }] };
    const producer = { fetch: () => Promise.resolve(Response.json(answer)) };
    const timesOf = async (more: string): Promise<number[]> => {
      const asked = `/binance/api/v3/klines?symbol=ADAUSDT&interval=1m${more}`;
      const response = await getWith(asked, { PRODUCER: producer });
      return klinesSchema.parse(await response.json()).map(([openTime]) => openTime / 1_000);
    };
    expect(await timesOf(`&startTime=${newest}000`)).toEqual([newest]);
    expect(await timesOf(`&startTime=${newest + 60}000`)).toEqual([]);
    expect(await timesOf("")).toEqual([newest - 60, newest]);
    expect(await timesOf("&limit=2")).toEqual([open - 60, open]);
  });

  test("is left out where the range ends before it", async () => {
    expect((await openTimesOf(`endTime=${open}000&limit=1`)).at(-1)).toBe(open);
    expect(await openTimesOf(`endTime=${open - 1}000`)).not.toContain(open);
    expect(await openTimesOf(`endTime=${stored.timestamp - 600}000`)).toEqual([]);
  });
});

async function namesAt(path: string): Promise<string[]> {
  const { symbols } = await readDoor(path, exchangeInfoSchema);
  return symbols.map(({ symbol }) => symbol);
}

describe("GET /binance/api/v3/exchangeInfo", () => {
  test("lists the markets of the source with the digits that their candles show", async () => {
    const info = await readDoor("/binance/api/v3/exchangeInfo?symbol=BTCUSDT", exchangeInfoSchema);
    expect(info.symbols).toEqual([
      {
        symbol: "BTCUSDT",
        status: "TRADING",
        baseAsset: "BTC",
        baseAssetPrecision: 2,
        quoteAsset: "USDT",
        quotePrecision: 2,
        quoteAssetPrecision: 2,
        orderTypes: [],
        icebergAllowed: false,
        ocoAllowed: false,
        isSpotTradingAllowed: true,
        isMarginTradingAllowed: false,
        filters: [
          { filterType: "PRICE_FILTER", minPrice: "0.01", tickSize: "0.01" },
          { filterType: "LOT_SIZE", minQty: "0.01", stepSize: "0.01" },
        ],
        permissions: ["SPOT"],
        permissionSets: [["SPOT"]],
      },
    ]);
  });

  test("lists all, one or several, of the setting's source or of that in the path", async () => {
    expect(await namesAt("/binance/api/v3/exchangeInfo")).toContain("BTCUSDT");
    expect(await namesAt("/binance/kraken/api/v3/exchangeInfo")).toEqual(["ETHUSD"]);
    expect(await namesAt("/binance/massive/api/v3/exchangeInfo")).toEqual([]);
    const several = encodeURIComponent('["BTCUSDT"]');
    expect(await namesAt(`/binance/api/v3/exchangeInfo?symbols=${several}`)).toEqual(["BTCUSDT"]);
    const response = await getWith("/binance/api/v3/exchangeInfo", {
      BINANCE_DOOR_SOURCE: "kraken",
    });
    expect(exchangeInfoSchema.parse(await response.json()).symbols).toHaveLength(1);
  });

  test("reads the digits of a market that is in the archive alone, and says that it is not traded", async () => {
    const cold: Series = { source: "coinbase", symbol: "OLD-USD", timeframe: "1h" };
    await putFiles(cold, [candleAt(START, { close: 27_505.1234 })]);
    const { symbols } = await readDoor("/binance/coinbase/api/v3/exchangeInfo", exchangeInfoSchema);
    expect(symbols).toMatchObject([
      { symbol: "OLDUSD", status: "BREAK", filters: [{ tickSize: "0.0001" }, {}] },
    ]);
  });

  test("keeps the dash where two markets would be called the same, and takes neither for the other", async () => {
    const [one, other] = [
      { source: "cryptocompare", symbol: "AB-CUSD", timeframe: "1h" },
      { source: "cryptocompare", symbol: "ABC-USD", timeframe: "1h" },
    ] as const satisfies Series[];
    await collectSeries(one);
    await collectSeries(other);
    await storeCandles(one, [candleAt(START)]);
    await storeCandles(other, [candleAt(START), candleAt(START + 3_600)]);
    const door = "/binance/cryptocompare/api/v3";
    const { symbols } = await readDoor(`${door}/exchangeInfo`, exchangeInfoSchema);
    expect(symbols.map(({ symbol }) => symbol)).toEqual(["AB-CUSD", "ABC-USD"]);
    const asked = `interval=1h&startTime=${START}000&endTime=${START + 7_200}000`;
    const rows = await readDoor(`${door}/klines?symbol=AB-CUSD&${asked}`, klinesSchema);
    expect(rows).toHaveLength(1);
    const refused = await get(`${door}/klines?symbol=ABCUSD&${asked}`);
    expect(await refused.json()).toEqual({ code: -1121, msg: "Invalid symbol." });
  });
});

describe("GET /binance/api/v3/ping and /time", () => {
  test("answer as Binance does, by the Worker's clock", async () => {
    expect(await (await get("/binance/api/v3/ping")).text()).toBe("{}");
    const { serverTime } = await readDoor("/binance/kraken/api/v3/time", serverTimeSchema);
    expect(Math.abs(serverTime - Date.now())).toBeLessThan(5_000);
    const CLOCK = JSON.stringify({ realMs: Date.now(), shownMs: START * 1_000, speed: 1 });
    const shown = serverTimeSchema.parse(
      await (await getWith("/binance/api/v3/time", { CLOCK })).json(),
    );
    expect(Math.abs(shown.serverTime - START * 1_000)).toBeLessThan(5_000);
  });
});

describe("the Binance door refuses", () => {
  test.each([
    ["klines", -1102],
    ["klines?symbol=BTCUSDT", -1102],
    ["klines?interval=1m", -1102],
    ["klines?symbol=&interval=1m", -1105],
    ["klines?symbol=BTCUSDT&interval=1m&limit=", -1105],
    ["klines?symbol=btcusdt&interval=1m", -1100],
    ["klines?symbol=BTC%2FUSDT&interval=1m", -1100],
    ["klines?symbol=NOSUCH&interval=1m", -1121],
    ["klines?symbol=BTCUSDT&interval=1s", -1120],
    ["klines?symbol=BTCUSDT&interval=1D", -1120],
    ["klines?symbol=BTCUSDT&interval=7m", -1120],
    ["klines?symbol=BTCUSDT&interval=1m&limit=0", -1130],
    ["klines?symbol=BTCUSDT&interval=1m&limit=ten", -1100],
    ["klines?symbol=BTCUSDT&interval=1m&limit=-5", -1100],
    ["klines?symbol=BTCUSDT&interval=1m&startTime=yesterday", -1100],
    ["klines?symbol=BTCUSDT&interval=1m&endTime=1.5", -1100],
    ["klines?symbol=BTCUSDT&interval=1m&timeZone=%2B08:00", -1130],
    ["klines?symbol=BTCUSDT&interval=1m&fromId=3", -1104],
    ["klines?symbol=BTCUSDT&symbol=ETHUSDT&interval=1m", -1101],
    ["ping?x=1", -1101],
    ["time?x=1", -1101],
    ["exchangeInfo?symbol=NOSUCH", -1121],
    ["exchangeInfo?symbols=BTCUSDT", -1100],
    ["exchangeInfo?symbols=[]", -1100],
    ["exchangeInfo?symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D", -1128],
    ["exchangeInfo?permissions=SPOT", -1104],
  ])("%s with the code %d", async (asked, code) => {
    const response = await get(`/binance/api/v3/${asked}`);
    expect(response.status).toBe(400);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(doorErrorSchema.parse(await response.json()).code).toBe(code);
  });

  test("an interval that cannot be made of what is stored, and says which can", async () => {
    const path = "/binance/kraken/api/v3/klines?symbol=ETHUSD&interval=1m";
    const { code, msg } = doorErrorSchema.parse(await (await get(path)).json());
    expect(code).toBe(-1120);
    expect(msg).toMatch(/^Invalid interval\. Of ETHUSD there are here 5m, 15m, 30m, 1h/);
  });

  test("a source that there is none of, and a unit of time that there is none of", async () => {
    const source = await get("/binance/mtgox/api/v3/ping");
    expect(doorErrorSchema.parse(await source.json()).code).toBe(-1130);
    const unit = await get("/binance/api/v3/time", { "x-mbx-time-unit": "NANOSECOND" });
    expect(doorErrorSchema.parse(await unit.json()).code).toBe(-1100);
  });

  test("nothing by mistake: a database that does not answer is no bad request", async () => {
    const DB = {
      prepare: () => {
        throw new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued.");
      },
      batch: env.DB.batch.bind(env.DB),
    };
    const response = await getWith(KLINES, { DB });
    expect(response.status).toBe(503);
    expect(doorErrorSchema.parse(await response.json()).code).toBe(-1001);
  });

  test("what is too much as a bad request, and no failure of ours", async () => {
    const bindings = new Proxy(env, {
      get: (target, name) => {
        if (name === "DB") {
          throw new PayloadTooLargeError("this takes more than one answer may read");
        }
        return Reflect.get(target, name);
      },
    });
    const response = await createApp().request(KLINES, {}, bindings);
    expect(response.status).toBe(400);
    const error = doorErrorSchema.parse(await response.json());
    expect(error).toEqual({ code: -1130, msg: "this takes more than one answer may read" });
  });

  test.each([
    ["GET", "/binance/api/v3/depth", 404],
    ["GET", "/binance/kraken/api/v3/ticker/price", 404],
    ["POST", "/binance/api/v3/klines", 405],
    ["DELETE", "/binance/kraken/api/v3/time", 405],
  ])("%s %s in Binance's words", async (method, path, status) => {
    const response = await createApp().request(path, { method }, env);
    expect(response.status).toBe(status);
    expect(response.headers.get("allow")).toBe(status === 405 ? "GET, HEAD, OPTIONS" : null);
    expect(doorErrorSchema.parse(await response.json())).toEqual({
      code: -5000,
      msg: `Path ${path}, Method ${method} is invalid`,
    });
  });

  test("to guess where the setting names no source", async () => {
    const response = await getWith("/binance/api/v3/ping", { BINANCE_DOOR_SOURCE: "binnance" });
    expect(response.status).toBe(500);
    expect(doorErrorSchema.parse(await response.json()).code).toBe(-1000);
  });
});
