import {
  BadSymbol,
  binance,
  coinbase,
  coinbaseexchange,
  type Exchange,
  kraken,
  NetworkError,
} from "ccxt";
import { afterAll, describe, expect, test } from "vitest";
import { startSimulator } from "../src/index.ts";
import { HOUR_MS, MINUTE_MS } from "./ask.ts";

// ccxt goes by its own clock, so the simulated one shows the same time.
const simulator = await startSimulator({ speed: 1 });
afterAll(() => simulator.close());

/** An exchange of ccxt as it is published, but for the addresses that it asks. */
function pointed(exchange: Exchange): Exchange {
  const urls = JSON.stringify(exchange.urls["api"]).replaceAll("https://", `${simulator.url}/`);
  exchange.urls["api"] = JSON.parse(urls);
  return exchange;
}

const options = { enableRateLimit: false };
const CASES = [
  { exchange: new binance(options), symbol: "BTC/USDT", id: "BTCUSDT" },
  { exchange: new kraken(options), symbol: "BTC/USD", id: "XXBTZUSD" },
  { exchange: new coinbaseexchange(options), symbol: "BTC/USD", id: "BTC-USD" },
  { exchange: new coinbase(options), symbol: "BTC/USD", id: "BTC-USD" },
];

describe.each(CASES)("ccxt's $exchange.id, unchanged,", ({ exchange, symbol, id }) => {
  pointed(exchange);

  test("loads the markets", async () => {
    const markets = await exchange.loadMarkets();
    expect(markets[symbol]?.id).toBe(id);
    expect(exchange.market(symbol).spot).toBe(true);
    expect(markets["DOGE/USD"] ?? markets["DOGE/USDT"]).toBeDefined();
  });

  test("pages through ten hours of minutes without a hole", async () => {
    const open = Math.floor(simulator.nowMs() / MINUTE_MS) * MINUTE_MS;
    const rows: number[][] = [];
    let since = open - 10 * HOUR_MS;
    while (since < open) {
      const page = await exchange.fetchOHLCV(symbol, "1m", since, 300);
      expect(page.length).toBeGreaterThan(0);
      rows.push(...(page as number[][]));
      since = (page.at(-1)?.[0] ?? 0) + MINUTE_MS;
    }
    const times = rows.map(([time = 0]) => time);
    const closed = times.filter((time) => time < open);
    // The simulator leaves out the minutes of an outage; there is hardly ever one.
    expect(closed.length).toBeGreaterThan(500);
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const [, o = 0, h = 0, l = 0, c = 0, v = 0] of rows) {
      expect(h >= Math.max(o, c) && l <= Math.min(o, c) && v >= 0).toBe(true);
    }
  });

  test("gets the same hours with its own paging", async () => {
    const since = Math.floor(simulator.nowMs() / HOUR_MS) * HOUR_MS - 500 * HOUR_MS;
    const paged =
      exchange.id === "kraken"
        ? await exchange.fetchOHLCV(symbol, "1h", since, 500)
        : await exchange.fetchOHLCV(symbol, "1h", since, 500, {
            paginate: true,
            paginationCalls: 2,
          });
    const single = await exchange.fetchOHLCV(symbol, "1h", since, 100);
    // ccxt's coinbase takes no limit above 300, not even for all pages together.
    expect(paged.length).toBeGreaterThan(exchange.id === "coinbase" ? 290 : 490);
    expect(paged.slice(0, 100)).toEqual(single);
  });

  test("tells an unknown symbol from a failure of the source", async () => {
    await expect(exchange.fetchOHLCV("NOPE/USD", "1m")).rejects.toThrow(BadSymbol);
    simulator.inject({ kind: "status", status: 503, body: "{}" });
    await expect(exchange.fetchOHLCV(symbol, "1m", undefined, 5)).rejects.toThrow(NetworkError);
    simulator.clearFaults();
  });
});

/** Time, open, high, low and close. */
function prices(rows: readonly (readonly unknown[])[]): readonly unknown[] {
  return rows.map((row) => row.slice(0, 5));
}

test("ccxt's kraken, unchanged, reads the trades and makes the candles of them", async () => {
  const exchange = pointed(new kraken(options));
  // Later, so that the limit has refilled.
  simulator.setClock({ nowMs: simulator.nowMs() + MINUTE_MS });
  const since = Math.floor(simulator.nowMs() / MINUTE_MS) * MINUTE_MS - 2 * HOUR_MS;
  const trades = await exchange.fetchTrades("BTC/USDC", since, 1000);
  const ids = trades.map(({ id }) => Number(id));
  expect(ids.length).toBeGreaterThan(20);
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  const candles = await exchange.fetchOHLCV("BTC/USDC", "1m", since, 120);
  const traded = candles.filter(([, , , , , volume]) => Number(volume) > 0);
  expect(prices(exchange.buildOHLCVC(trades, "1m")).slice(0, traded.length)).toEqual(
    prices(traded),
  );
});
