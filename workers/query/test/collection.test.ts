import { tableAsset } from "@candlehouse/shared/core/asset-table";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { assetsSchema, marketsSchema } from "../src/collection-schemas.ts";
import { asJson, get, problemIn, problemOf, read, sha256Of } from "./answers.ts";
import { collectSeries } from "./candle-rows.ts";

const KEY = "a-key-of-our-choice";

const ORDERS = [
  ["POST", "/v1/series", '{"series":["kraken:BTC-USD:1h"],"more":1}'],
  ["PATCH", "/v1/series", '{"source":"kraken","set":{"enabled":false}}'],
  ["PUT", "/v1/assets/MATIC", '{"successor":"POL"}'],
  ["PUT", "/v1/markets", '{"source":"binance","symbol":"MATIC-USDT"}'],
] as const;

function ask(
  method: string,
  path: string,
  body: string,
  settings: object = { OPEN_WRITES: "local" },
  headers: Record<string, string> = {},
): Promise<Response> | Response {
  return createApp().request(path, asJson({ method, body, headers }), { ...env, ...settings });
}

describe("what the producer changes", () => {
  test.each(ORDERS)("is ordered by %s %s, and its answer comes back", async (...order) => {
    const [method, path, body] = order;
    const response = await ask(method, path, body);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      asked: `${method} ${path}`,
      body,
      type: "application/json",
      authorization: null,
    });
  });

  test.each(ORDERS)("is ordered by %s %s only with the key, which stays here", async (...order) => {
    const [method, path, body] = order;
    const BOOTSTRAP_KEY_SHA256 = await sha256Of(KEY);
    const closed = await ask(method, path, body, {});
    expect(await problemIn(closed)).toMatchObject({ status: 403, code: "writes_closed" });
    const without = await ask(method, path, body, { BOOTSTRAP_KEY_SHA256 });
    expect(await problemIn(without)).toMatchObject({ status: 401, code: "unauthorized" });
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await ask(method, path, body, { BOOTSTRAP_KEY_SHA256 }, headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ authorization: null });
  });

  test.each(ORDERS)("is not ordered by %s %s with a body that is no object", async (...order) => {
    const [method, path] = order;
    for (const body of ["", "{", "[]", "7", "null"]) {
      const problem = await problemIn(await ask(method, path, body));
      expect(problem).toMatchObject({ status: 400, parameter: "body" });
    }
    const large = await problemIn(await ask(method, path, "x".repeat(128_001)));
    expect(large).toMatchObject({ status: 413, code: "payload_too_large" });
  });

  test("is refused with the producer's own problem", async () => {
    const response = await ask("POST", "/v1/series", '{"series":"kraken:NO-SUCH:1h"}');
    expect(await problemIn(response)).toMatchObject({ status: 404, code: "source_unknown_symbol" });
  });
});

describe("what is known of assets and markets", () => {
  beforeAll(async () => {
    await collectSeries({ source: "kraken", symbol: "BTC-USD", timeframe: "1h" });
    await collectSeries({ source: "kraken", symbol: "BTC-USD", timeframe: "1d" });
    await collectSeries({ source: "kraken", symbol: "NEWCOIN-USD", timeframe: "1h" });
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO assets VALUES ('BTC', 'Bitcoin', 'CRYPTO', 2, 'hand', '["XBT","BIT"]', NULL, NULL, NULL),
         ('OWN', NULL, 'COMMODITY', 4, 'table', '[]', 'BTC', 1600000000, 1700000000)`,
      ),
      env.DB.prepare(
        "INSERT INTO markets VALUES ('binance', 'MATIC-USDT', 'MATICUSDT', NULL, 1725937200, 'POL-USDT')",
      ),
    ]);
  });

  test("is listed by GET /v1/assets: from the table, by hand, and where there are series", async () => {
    const { assets } = await read("/v1/assets", assetsSchema);
    const tickers = assets.map(({ ticker }) => ticker);
    expect(tickers).toEqual(tickers.toSorted());
    expect(assets).toContainEqual(tableAsset("ETH"));
    expect(assets).toContainEqual({
      ...tableAsset("BTC"),
      tier: 2,
      assigned: "hand",
      aliases: ["XBT", "BIT"],
    });
    expect(assets).toContainEqual(tableAsset("NEWCOIN"));
    expect(assets).toContainEqual({
      ...tableAsset("OWN"),
      category: "COMMODITY",
      successor: "BTC",
      valid_from: 1_600_000_000,
      valid_until: 1_700_000_000,
    });
  });

  test("is narrowed by tier and category", async () => {
    const { assets } = await read("/v1/assets?tier=1&category=CRYPTO", assetsSchema);
    expect(assets.map(({ ticker }) => ticker)).toEqual([
      "ADA",
      "BNB",
      "DOGE",
      "ETH",
      "SOL",
      "TRX",
      "USDC",
      "USDT",
      "XRP",
    ]);
    const commodities = await read("/v1/assets?category=COMMODITY", assetsSchema);
    expect(commodities.assets.map(({ ticker }) => ticker)).toEqual(["OWN", "XAG", "XAU"]);
  });

  test("is listed by GET /v1/markets", async () => {
    const matic = {
      source: "binance",
      symbol: "MATIC-USDT",
      native_symbol: "MATICUSDT",
      valid_from: null,
      valid_until: 1_725_937_200,
      successor: "POL-USDT",
    };
    const { markets } = await read("/v1/markets", marketsSchema);
    expect(markets.map(({ source, symbol }) => `${source}:${symbol}`)).toEqual([
      "binance:MATIC-USDT",
      "kraken:BTC-USD",
      "kraken:NEWCOIN-USD",
    ]);
    expect(await read("/v1/markets?source=binance&symbol=MATIC-USDT", marketsSchema)).toEqual({
      markets: [matic],
    });
  });

  test.each([
    ["/v1/assets?tier=5", "tier", "one of 1, 2, 3, 4"],
    ["/v1/assets?category=COIN", "category", "one of CRYPTO"],
    ["/v1/assets?symbol=BTC-USD", "symbol", "tier, category"],
    ["/v1/markets?source=mtgox", "source", "one of binance"],
    ["/v1/markets?symbol=XBT-USD", "symbol", "BASE-QUOTE"],
    ["/v1/markets?limit=1", "limit", "source, symbol"],
  ])("is not told at %s", async (path, parameter, detail) => {
    const problem = await problemOf(path);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    expect(problem.detail).toContain(detail);
  });

  test("may be kept for a moment, and says what it cost", async () => {
    const response = await get("/v1/assets");
    expect(response.headers.get("cache-control")).toBe("public, max-age=5");
    expect(response.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    expect(response.headers.get("server-timing")).toMatch(/^d1;dur=/);
  });
});
