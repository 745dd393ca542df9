import type { Series } from "@candlehouse/shared/core/series";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { oneSeriesSchema, severalSeriesSchema } from "../src/answer-schemas.ts";
import { createApp } from "../src/app.ts";
import { get, read, sha256Of } from "./answers.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1m" };
const GECKO: Series = { source: "coingecko", symbol: "BTC-USD", timeframe: "4h" };

/** 2023-03-24T00:00:00Z; five minutes follow, the fourth of which is missing in ETH. */
const MIDNIGHT = 1_679_616_000;
const MINUTES = [0, 60, 120, 180, 240].map((offset) => MIDNIGHT + offset);

const BTC_PATH = "/v1/candles?source=binance&symbol=BTC-USDT&timeframe=1m";
const BOTH_PATH = "/v1/candles?series=binance:BTC-USDT:1m&series=kraken:ETH-USD:1m";

beforeAll(async () => {
  await storeCandles(
    BTC,
    MINUTES.map((timestamp) => candleAt(timestamp)),
  );
  await storeCandles(
    ETH,
    MINUTES.filter((_, index) => index !== 3).map((timestamp) => candleAt(timestamp)),
  );
  await storeCandles(GECKO, [
    candleAt(MIDNIGHT, {
      open: "27500.123456789012345",
      high: "123456789012345678.9",
      low: 1e-7,
      close: 1e21,
      volume_from: null,
      volume_to: null,
      trades: null,
    }),
  ]);
});

describe("GET /v1/candles", () => {
  test("answers a range from start, inclusive, to end, exclusive, oldest first", async () => {
    const page = await read(
      `${BTC_PATH}&start=${MIDNIGHT + 60}&end=${MIDNIGHT + 180}`,
      oneSeriesSchema,
    );
    expect(page).toEqual({
      candles: [candleAt(MIDNIGHT + 60), candleAt(MIDNIGHT + 120)],
      next_cursor: null,
      meta: {
        ...BTC,
        start: MIDNIGHT + 60,
        end: MIDNIGHT + 180,
        limit: 1_000,
        count: 2,
        complete: true,
      },
    });
  });

  test.each([
    ["start=2023-03-24T00:01:00Z&end=2023-03-24T00:03:00Z", [1, 2]],
    ["start=2023-03-24T02:01%2B02:00&end=2023-03-24 00:03", [1, 2]],
    ["start=1679616060000&end=1679616180000", [1, 2]],
    ["start=2023-03-24&end=2023-03-25", [0, 1, 2, 3, 4]],
    ["start=1679616000.5", [1, 2, 3, 4]],
    ["start=2030-01-01", []],
    ["end=2023-03-24T00:02:00Z", [0, 1]],
    ["limit=2", [3, 4]],
    ["limit=2&end=1679616180", [1, 2]],
  ])("reads the times in %s", async (times, minutes) => {
    const { candles } = await read(`${BTC_PATH}&${times}`, oneSeriesSchema);
    expect(candles.map(({ timestamp }) => timestamp)).toEqual(
      minutes.map((minute) => MINUTES[minute]),
    );
  });

  test("writes every digit of a stored decimal, as a number, and null as null", async () => {
    const response = await get("/v1/candles?series=coingecko:BTC-USD:4h");
    expect(await response.text()).toContain(
      `"candles":[{"timestamp":${MIDNIGHT},"open":27500.123456789012345,"high":123456789012345678.9,"low":0.0000001,"close":1000000000000000000000,"volume_from":null,"volume_to":null,"trades":null}]`,
    );
  });

  test("answers several series in the order asked for", async () => {
    const page = await read(
      `/v1/candles?series=kraken:ETH-USD:1m&series=binance:BTC-USDT:1m&start=${MIDNIGHT}&limit=2`,
      severalSeriesSchema,
    );
    expect(page.series.map(({ candles: _candles, ...series }) => series)).toEqual([ETH, BTC]);
    expect(page.series.map(({ candles }) => candles)).toEqual([
      [candleAt(MIDNIGHT), candleAt(MIDNIGHT + 60)],
      [candleAt(MIDNIGHT), candleAt(MIDNIGHT + 60)],
    ]);
    expect(page.meta).toEqual({
      start: MIDNIGHT,
      end: null,
      limit: 2,
      count: 4,
      complete: false,
    });
  });

  test("leads to the next page in the body and in the Link header", async () => {
    const response = await get(`${BOTH_PATH}&start=${MIDNIGHT}&limit=3`);
    const { next_cursor: cursor } = severalSeriesSchema.parse(await response.json());
    const link = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    expect(response.headers.get("x-next-cursor")).toBe(cursor);
    const page = await read(link ?? "", severalSeriesSchema);
    expect(page.series.map(({ candles }) => candles.map(({ timestamp }) => timestamp))).toEqual([
      MINUTES.slice(3),
      MINUTES.slice(4),
    ]);
    expect(page.next_cursor).toBeNull();
  });

  test("gives no cursor where the range ends with the page", async () => {
    const response = await get(`${BTC_PATH}&start=${MIDNIGHT}&limit=5`);
    expect(oneSeriesSchema.parse(await response.json()).next_cursor).toBeNull();
    expect(response.headers.has("link")).toBe(false);
  });

  test("reads no more rows than it answers, and one", async () => {
    const rows = Array.from({ length: 500 }, (_, index) => candleAt(MIDNIGHT + index * 60));
    await storeCandles({ ...BTC, symbol: "SOL-USDT" }, rows);
    const seen: number[] = [];
    const DB = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async (statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch(statements);
        seen.push(...results.map(({ meta }) => meta.rows_read));
        return results;
      },
    };
    for (const times of [`start=${MIDNIGHT + 6_000}`, `end=${MIDNIGHT + 6_000}`, ""]) {
      const path = `/v1/candles?series=binance:SOL-USDT:1m&limit=10&${times}`;
      const response = await createApp().request(path, {}, { ...env, DB });
      expect(response.status).toBe(200);
    }
    // Of each, the hot rows and the look at the manifest, which is billed as one.
    expect(seen).toEqual([11, 1, 10, 1, 10, 1]);
  });
});

describe("GET /v1/candles as CSV", () => {
  const lines = [
    "source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades",
    `coingecko,BTC-USD,4h,${MIDNIGHT},27500.123456789012345,123456789012345678.9,0.0000001,1000000000000000000000,,,`,
    `binance,BTC-USDT,1m,${MIDNIGHT + 240},27500.1,27510,27499.99,27505.5,1.25,34375.125,42`,
    "",
  ];
  const path = "/v1/candles?series=coingecko:BTC-USD:4h&series=binance:BTC-USDT:1m&limit=1";

  test("has a header line, a row a candle and empty fields for null", async () => {
    const response = await get(`${path}&format=csv`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(await response.text()).toBe(lines.join("\r\n"));
  });

  test.each([
    ["text/csv", "", "text/csv"],
    ["text/csv; charset=utf-8", "", "text/csv"],
    ["application/json;q=0.5, text/csv", "", "text/csv"],
    ["text/csv", "&format=json", "application/json"],
    ["application/json", "&format=csv", "text/csv"],
    ["application/json;q=0.9,text/plain", "", "application/json"],
    ["*/*", "", "application/json"],
    ["text/html", "", "application/json"],
  ])("where Accept is %s and the query has %j it answers %s", async (accept, query, type) => {
    const response = await get(path + query, { accept });
    expect(response.headers.get("content-type")).toContain(type);
    expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
  });

  test("carries the cursor in its headers", async () => {
    const response = await get(`${BTC_PATH}&start=${MIDNIGHT}&limit=2&format=csv`);
    const link = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
    expect(link).toContain(`cursor=${response.headers.get("x-next-cursor")}`);
    const rows = (await (await get(link)).text()).split("\r\n").slice(1, -1);
    expect(rows.map((row) => Number(row.split(",")[3]))).toEqual(MINUTES.slice(2, 4));
  });
});

describe("caching of candles", () => {
  const whole = `start=${MIDNIGHT}&end=${MIDNIGHT + 300}`;
  const forEver = "public, max-age=31536000, immutable";
  const briefly = "public, max-age=5";

  test.each([
    ["every candle of a range that is over", `${BTC_PATH}&${whole}`, forEver],
    ["the same as CSV", `${BTC_PATH}&${whole}&format=csv`, forEver],
    ["a range with a missing candle", `/v1/candles?series=kraken:ETH-USD:1m&${whole}`, briefly],
    ["two series, one of them with a missing candle", `${BOTH_PATH}&${whole}`, briefly],
    ["two whole series", `${BOTH_PATH}&start=${MIDNIGHT}&end=${MIDNIGHT + 180}`, forEver],
    ["a range that goes on beyond the page", `${BTC_PATH}&${whole}&limit=4`, briefly],
    ["a range without end", `${BTC_PATH}&start=${MIDNIGHT}`, briefly],
    ["a range without start", `${BTC_PATH}&end=${MIDNIGHT + 300}`, briefly],
    ["a range that is not over", `${BTC_PATH}&start=${MIDNIGHT}&end=2999-01-01`, briefly],
  ])("of %s", async (_, path, cacheControl) => {
    const response = await get(path);
    expect(response.headers.get("cache-control")).toBe(cacheControl);
  });

  test("the entity tag is the SHA-256 of the body", async () => {
    const response = await get(`${BTC_PATH}&${whole}`);
    const digest = await sha256Of(await response.text());
    expect(response.headers.get("etag")).toBe(`"${digest}"`);
  });

  test("answers 304 to who has the same answer already", async () => {
    const path = `${BTC_PATH}&start=${MIDNIGHT}&limit=2`;
    const first = await get(path);
    const etag = first.headers.get("etag") ?? "";
    for (const ifNoneMatch of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const second = await get(path, { "if-none-match": ifNoneMatch });
      expect(second.status).toBe(304);
      expect(await second.text()).toBe("");
      for (const name of ["etag", "cache-control", "vary", "link", "access-control-allow-origin"]) {
        expect(second.headers.get(name)).toBe(first.headers.get(name));
      }
    }
    expect((await get(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  test("answers HEAD as GET, without the body", async () => {
    const url = `https://candlehouse.test${BTC_PATH}&${whole}`;
    const headers = { "cache-control": "no-cache" };
    const head = await exports.default.fetch(new Request(url, { method: "HEAD", headers }));
    const whole200 = await get(`${BTC_PATH}&${whole}`);
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const name of ["etag", "cache-control", "content-type"]) {
      expect(head.headers.get(name)).toBe(whole200.headers.get(name));
    }
  });
});
