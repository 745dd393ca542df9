import type { Series } from "@candlehouse/shared/core/series";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { get, getWith, problemIn, problemOf } from "./answers.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const PATH = "/v1/candles?source=binance&symbol=BTC-USDT&timeframe=1m";

beforeAll(async () => {
  await collectSeries(BTC);
  await collectSeries({ ...BTC, timeframe: "5m" });
  await collectSeries({ ...BTC, symbol: "ETH-USDT" });
  await collectSeries({ source: "kraken", symbol: "BTC-USD", timeframe: "1m" });
  await storeCandles(BTC, [candleAt(1_700_000_040)]);
});

describe("a parameter that cannot be meant is a 400 problem that names it, its value and what is allowed", () => {
  const many = Array.from({ length: 21 }, (_, index) => `series=binance:A${index}-USDT:1m`);

  test.each([
    ["/v1/candles", "source", ["undefined", "series=binance:BTC-USDT:1m"]],
    ["/v1/candles?source=binance&symbol=BTC-USDT", "timeframe", ["undefined"]],
    ["/v1/candles?source=bitfinex&symbol=BTC-USDT&timeframe=1m", "source", ["bitfinex", "kraken"]],
    ["/v1/candles?source=&symbol=BTC-USDT&timeframe=1m", "source", ['""', "kraken"]],
    ["/v1/candles?source=binance&symbol=btcusdt&timeframe=1m", "symbol", ["btcusdt", "BTC-USDT"]],
    ["/v1/candles?source=kraken&symbol=XBT-USD&timeframe=1m", "symbol", ["XBT-USD", "BTC"]],
    ["/v1/candles?source=binance&symbol=BTC-USDT&timeframe=7m", "timeframe", ["7m", "1m", "1M"]],
    ["/v1/candles?series=binance:BTC-USDT", "series", ["binance:BTC-USDT", "timeframe"]],
    ["/v1/candles?series=binance:BTC-USDT:1m:x", "series", ["binance:BTC-USDT:1m:x"]],
    ["/v1/candles?series=binance:BTC-USDT:1m&series=x", "series", ["x", "source:SYMBOL:timeframe"]],
    ["/v1/candles?series=binance:BTC-USDT:1m&series=binance:BTC-USDT:1m", "series", ["twice"]],
    [`/v1/candles?${many.join("&")}`, "series", ["up to 20 series, here are 21"]],
    [`${PATH}&series=binance:BTC-USDT:1m`, "source", ["binance", "leave it out"]],
    [`${PATH}&source=kraken`, "source", ['["binance","kraken"]']],
    [`${PATH}&symbol=ETH-USDT`, "symbol", ["ETH-USDT", "give it once"]],
    [`${PATH}&start=1&start=2`, "start", ["give it once"]],
    [`${PATH}&start=yesterday`, "start", ["yesterday", "ISO 8601", "unix seconds"]],
    [`${PATH}&start=NaN`, "start", ["NaN", "ISO 8601"]],
    [`${PATH}&start=`, "start", ['""', "ISO 8601"]],
    [`${PATH}&end=2026-02-30`, "end", ["2026-02-30", "ISO 8601"]],
    [`${PATH}&start=1700000040&end=1700000040`, "start", ["1700000040", "before end"]],
    [`${PATH}&start=2024-01-02&end=2024-01-01`, "start", ["1704153600", "1704067200"]],
    [`${PATH}&limit=0`, "limit", ['"0"', "from 1 to 10000"]],
    [`${PATH}&limit=-5`, "limit", ["-5"]],
    [`${PATH}&limit=1.5`, "limit", ["1.5"]],
    [`${PATH}&limit=NaN`, "limit", ["NaN"]],
    [`${PATH}&limit=1e3`, "limit", ["1e3"]],
    [`${PATH}&limit=`, "limit", ['""']],
    [`${PATH}&format=xml`, "format", ["xml", "json, csv, ndjson"]],
    [`${PATH}&cursor=abc`, "cursor", ["abc", "next_cursor"]],
    [`${PATH}&cursor=`, "cursor", ['""', "next_cursor"]],
    [`${PATH}&granularity=1h`, "granularity", ["1h", "the parameters here are source, symbol"]],
    [`${PATH}&limit=${"9".repeat(16)}`, "limit", ["a whole number"]],
    [`${PATH}&interval=7h`, "interval", ["7h", "1m", "1M"]],
    [`${PATH}&interval=1h&interval=2h`, "interval", ["1h", "2h"]],
    ["/v1/candles?series=binance:BTC-USDT:1h&interval=1m", "interval", ["1m", "made of", "1h, 2h"]],
    ["/v1/candles?series=binance:BTC-USDT:3d&interval=1w", "interval", ["1w", "made of 3d"]],
    ["/v1/candles?series=binance:BTC-USDT:1M&interval=1d", "interval", ["1d", "made of 1M"]],
    ["/v1/candles?series=binance&interval=1h", "series", ["binance", "interval"]],
    ["/v1/candles?symbol=BTC-USDT&interval=1h", "source", ["undefined"]],
    [`${PATH}&fill=zeros`, "fill", ["zeros", "none, null, prev, zero, linear"]],
    [`${PATH}&fill=prev&fill=zero`, "fill", ["prev", "zero"]],
    [`${PATH}&indicators=sma:0`, "indicators", ["sma:0"]],
    [`${PATH}&indicators=hull:9`, "indicators", ["hull:9", "bollinger"]],
    [`${PATH}&indicators=`, "indicators", ['""']],
    [`${PATH}&indicators=sma:20,sma:20`, "indicators", ["twice"]],
    [`${PATH}&revisions=newest`, "revisions", ["newest", "first, latest"]],
    [`${PATH}&revisions=first&as_of=2024-01-01`, "revisions", ["first", "as_of"]],
    [`${PATH}&as_of=later`, "as_of", ["later", "ISO 8601"]],
    [`${PATH}&incomplete=drop`, "incomplete", ["drop", "interval"]],
    [`${PATH}&interval=1h&incomplete=hide`, "incomplete", ["hide", "mark, drop"]],
    [`${PATH}&shape=table`, "shape", ["table", "rows, columns"]],
    [`${PATH}&shape=columns&format=csv`, "shape", ["columns", "json", "csv"]],
    [
      "/v1/candles?series=binance:BTC-USDT:1m&series=kraken:BTC-USD:1m&format=parquet",
      "format",
      ["parquet", "one series", "arrow"],
    ],
    ["/v1/revisions", "series", ["undefined"]],
    ["/v1/revisions?series=binance:BTC-USDT", "series", ["binance:BTC-USDT", "timeframe"]],
    [
      "/v1/revisions?series=binance:BTC-USDT:1m&series=kraken:BTC-USD:1m",
      "series",
      ["give one series"],
    ],
    ["/v1/revisions?series=binance:BTC-USDT:1m&start=7&end=5", "start", ["7", "ISO 8601"]],
    [
      "/v1/revisions?series=binance:BTC-USDT:1m&start=2024-01-02&end=2024-01-01",
      "start",
      ["before end"],
    ],
    ["/v1/revisions?series=binance:BTC-USDT:1m&limit=201", "limit", ["201", "200"]],
    ["/v1/revisions?series=binance:BTC-USDT:1m&format=xml", "format", ["xml", "json, csv"]],
    [`${PATH}&Start=1700000040`, "Start", ["1700000040"]],
    [`${PATH}&__proto__=1`, "__proto__", ["the parameters here are"]],
    ["/v1/series?tier=9", "tier", ["9", "1, 2, 3, 4"]],
    ["/v1/series?enabled=maybe", "enabled", ["maybe", "true or false"]],
    ["/v1/series?limit=5001", "limit", ["5001", "5000"]],
    ["/v1/latest?timeframe=1x", "timeframe", ["1x"]],
    ["/v1/dead-letters?state=lost", "state", ["lost", "open, replayed, discarded"]],
    ["/v1/dead-letters?limit=9999", "limit", ["9999", "1000"]],
    ["/v1/sources?source=binance", "source", ["binance"]],
  ])("%s", async (path, parameter, said) => {
    const problem = await problemOf(path);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    for (const text of said) {
      expect(problem.detail).toContain(text);
    }
  });

  test("cuts an endless value", async () => {
    const problem = await problemOf(`${PATH}&start=${"9".repeat(5_000)}`);
    expect(problem.detail.length).toBeLessThan(600);
    expect(problem.detail).toContain("(5002 characters)");
  });
});

describe("more than a page holds is a 413 problem that says what to do", () => {
  const two = "/v1/candles?series=binance:BTC-USDT:1m&series=kraken:BTC-USD:1m";
  const many = Array.from({ length: 20 }, (_, index) => `series=binance:A${index}-USDT:1m`);

  test.each([
    [`${PATH}&limit=10001`, 10_000],
    [`${PATH}&limit=999999999999999&format=csv`, 10_000],
    [`${two}&limit=10001`, 10_000],
    [`/v1/candles?${many.join("&")}&limit=2501`, 2_500],
  ])("%s", async (path, most) => {
    const problem = await problemOf(path);
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(problem.detail).toContain(`take limit=${most} and follow next_cursor`);
    expect(problem.detail).toContain("format=csv, ndjson, parquet or arrow");
  });

  test("where indicators make it so", async () => {
    const indicators = "indicators=macd,bollinger:9:2,bollinger:10:2,bollinger:11:2,macd:1:2:3";
    const path = `/v1/candles?${many.join("&")}&interval=3m&${indicators}`;
    const problem = await problemOf(`${path}&limit=2500`);
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(problem.detail).toContain("up to 1200 candles of 25 values for each of 20 series");
    expect((await problemOf(`${path}&limit=1200`)).status).toBe(404);
    expect((await problemOf(path)).status).toBe(404);
  });
});

describe("a series that is not known", () => {
  test("is a 404 problem that names the nearest ones that are", async () => {
    const problem = await problemOf("/v1/candles?series=binance:BTC-USD:1m");
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
    expect(problem.detail).toBe(
      "series binance:BTC-USD:1m is not known here; nearest to it: binance:BTC-USDT:1m, binance:BTC-USDT:5m, binance:ETH-USDT:1m; /v1/series lists all",
    );
  });

  test("is one that the candles of an interval could be made of", async () => {
    const problem = await problemOf("/v1/candles?series=binance:LTC-USDT&interval=1h");
    expect(problem.detail).toContain("series binance:LTC-USDT:1h is not known here");
    const finer = await problemOf("/v1/candles?series=binance:ETH-USDT:5m&interval=1h");
    expect(finer.detail).toContain("series binance:ETH-USDT:5m is not known here");
    expect((await get("/v1/candles?series=kraken:BTC-USD&interval=1h")).status).toBe(200);
  });

  test("is named where others of the request are known", async () => {
    const problem = await problemOf(
      "/v1/candles?series=binance:BTC-USDT:1m&series=kraken:BTC-EUR:1m",
    );
    expect(problem.detail).toContain("series kraken:BTC-EUR:1m is not known here");
  });

  test("is not one that is collected and has no candle in the range", async () => {
    expect((await get("/v1/candles?series=kraken:BTC-USD:1m")).status).toBe(200);
    expect((await get(`${PATH}&start=2030-01-01`)).status).toBe(200);
  });
});

describe("a route or method that is not there", () => {
  test.each(["/v2/candles", "/v1", "/v1/candles/", "/trigger/now", "/.env"])(
    "%s is a 404 problem",
    async (path) => {
      const problem = await problemOf(path);
      expect(problem).toMatchObject({ status: 404, code: "not_found" });
      expect(problem.detail).toContain(path);
    },
  );

  test.each([
    ["POST", "/v1/candles", "GET, HEAD, OPTIONS"],
    ["DELETE", "/v1/series", "GET, POST, PATCH, HEAD, OPTIONS"],
    ["PUT", "/trigger", "POST, OPTIONS"],
    ["GET", "/trigger", "POST, OPTIONS"],
    ["POST", "/openapi.json", "GET, HEAD, OPTIONS"],
    ["PUT", "/v1/imports/x", "GET, HEAD, OPTIONS"],
    ["GET", "/v1/backfills/x/pause", "POST, OPTIONS"],
  ])("%s %s is a 405 problem that allows %s", async (method, path, allow) => {
    const request = new Request(`https://candlehouse.test${path}`, { method });
    const response = await exports.default.fetch(request);
    expect(response.headers.get("allow")).toBe(allow);
    expect(await problemIn(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });
});

describe("a failure of ours", () => {
  test("tells the caller nothing of its inside and the log everything, once", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const problem = await problemIn(await getWith(PATH, { CLOCK: "secret setting" }));
    expect(problem).toMatchObject({ status: 500, code: "internal" });
    expect(problem.detail).not.toContain("secret");
    expect(error).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(error.mock.calls[0]?.[0]))).toMatchObject({
      event: "request.failed",
      method: "GET",
      path: "/v1/candles",
      status: 500,
      code: "internal",
      reason: expect.stringContaining("secret setting"),
    });
    error.mockRestore();
  });

  test.each([
    ["D1_ERROR: Network connection lost.", 503, "storage_unavailable"],
    ["D1_ERROR: near FROM: syntax error at offset 7: SQLITE_ERROR", 500, "internal"],
  ])("where the database says %j answers %d", async (message, status, code) => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const DB = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch() {
        throw new Error(message);
      },
    };
    const problem = await problemIn(await getWith(PATH, { DB }));
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).not.toContain("D1");
    expect(String(error.mock.calls[0]?.[0])).toContain(message);
    error.mockRestore();
  });

  test("a caller's mistake is not logged", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    await getWith(`${PATH}&limit=0`, {});
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });
});
