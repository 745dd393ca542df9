import type { Series } from "@candlehouse/shared/core/series";
import { listMarkets, type MarketFilter } from "@candlehouse/shared/d1/list-markets";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const COLLECTED: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ONLY_HOT: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };
const ONLY_COLD: Series = { source: "coinbase", symbol: "BTC-USD", timeframe: "4h" };
const MIDNIGHT = 1_679_616_000;
const CANDLES = Array.from({ length: 500 }, (_, index) => candleAt(MIDNIGHT + index * 14_400));

async function rowsRead(filter: MarketFilter): Promise<number> {
  return (await listMarkets(env.DB, filter)).rowsRead;
}

describe("listMarkets", () => {
  test("an empty database has none", async () => {
    expect((await listMarkets(env.DB)).rows).toEqual([]);
  });

  test("lists what is collected, what is hot and what is cold, by source and symbol", async () => {
    await collectSeries(COLLECTED);
    await storeCandles(COLLECTED, CANDLES);
    await storeCandles({ ...COLLECTED, timeframe: "4h" }, CANDLES);
    await storeCandles(ONLY_HOT, CANDLES);
    await putFiles(ONLY_COLD, CANDLES);
    expect((await listMarkets(env.DB)).rows).toEqual([
      { source: "binance", symbol: "BTC-USDT", timeframes: ["1m", "4h"] },
      { source: "coinbase", symbol: "BTC-USD", timeframes: ["4h"] },
      { source: "kraken", symbol: "ETH-USD", timeframes: ["1h"] },
    ]);
    expect((await listMarkets(env.DB, { source: "kraken" })).rows).toHaveLength(1);
    expect((await listMarkets(env.DB, { symbol: "BTC-USDT" })).rows).toHaveLength(1);
    expect((await listMarkets(env.DB, { source: "kraken", symbol: "BTC-USD" })).rows).toEqual([]);
  });

  test("reads nothing of other markets where one source or symbol is meant", async () => {
    const symbols = Array.from({ length: 200 }, (_, index) => `A${index}X-USDT`);
    for (const symbol of symbols) {
      await storeCandles({ source: "kraken", symbol, timeframe: "1m" }, CANDLES.slice(0, 1));
    }
    expect(await rowsRead({})).toBeGreaterThan(200);
    expect(await rowsRead({ source: "binance" })).toBeLessThan(30);
    expect(await rowsRead({ symbol: "ETH-USD" })).toBeLessThan(60);
    expect(await rowsRead({ source: "kraken", symbol: "ETH-USD" })).toBeLessThan(30);
    expect((await listMarkets(env.DB, { source: "kraken" })).rows).toHaveLength(201);
    await env.DB.prepare("DELETE FROM price_data WHERE symbol LIKE 'A%X-USDT'").run();
  });

  test("reads a few rows a series, however many candles it has", async () => {
    expect((await listMarkets(env.DB)).rowsRead).toBeLessThan(100);
  });
});
