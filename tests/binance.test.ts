import { BadRequest, BadSymbol, binance } from "ccxt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 4, 10, 0, 20);
/** Open time of the newest closed minute at the start, unix seconds. */
const NEWEST = START_MS / 1_000 - 20 - 60;
const STORED = 3_000;
const PAGED = 2_500;

/** A candle as ccxt has it: open time in milliseconds, open, high, low, close, volume. */
type Row = readonly (number | undefined)[];

interface Candle {
  readonly timestamp: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume_from: number;
}

/** As its users set it up who ask for spot markets alone. */
function newExchange(base: string): binance {
  return new binance({ urls: { api: { public: base } }, options: { fetchMarkets: ["spot"] } });
}

describe("ccxt, with no change but its base address", () => {
  let system: System;
  let url = "";
  let exchange: binance;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 1 });
    url = (await system.harness.listen()).url.origin;
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "binance", symbol: "ETH-USDT", timeframe: "1h" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
    await store("binance", "BTC-USDT", "1m", 2_000, NEWEST);
    await store("binance", "BTC-USDT", "1m", STORED - 2_000, NEWEST - 2_000 * 60);
    await store("binance", "ETH-USDT", "1h", 50, NEWEST);
    await store("kraken", "BTC-USD", "1m", 100, NEWEST);
    await system.until("all candles are stored", async () => {
      const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
      return row?.rows === STORED + 150 || undefined;
    });
    exchange = newExchange(`${url}/binance/api/v3`);
  });

  afterAll(() => system.close());

  async function store(
    source: string,
    symbol: string,
    timeframe: string,
    limit: number,
    toTs: number,
  ): Promise<void> {
    const answer = await system.post("/trigger", { source, symbol, timeframe, limit, toTs });
    expect(await answer.json()).toMatchObject({ inserted: limit });
  }

  /** The candles that /v1/candles has, as ccxt writes them. */
  async function servedRows(query: string): Promise<Row[]> {
    const answer = await system.get(`/v1/candles?${query}`);
    const { candles } = (await answer.json()) as { candles: Candle[] };
    return candles.map(({ timestamp, open, high, low, close, volume_from }) => [
      timestamp * 1_000,
      open,
      high,
      low,
      close,
      volume_from,
    ]);
  }

  test("loads the markets, with the digits of their prices and volumes", async () => {
    const markets = await exchange.loadMarkets();
    expect(Object.keys(markets).toSorted()).toEqual(["BTC/USDT", "ETH/USDT"]);
    const market = exchange.market("BTC/USDT");
    expect(market).toMatchObject({ id: "BTCUSDT", base: "BTC", quote: "USDT", spot: true });
    expect(market.active).toBe(true);
    const closes = (await servedRows("series=binance:BTC-USDT:1m&limit=50")).map((row) =>
      String(row[4]),
    );
    const digits = Math.max(...closes.map((close) => close.split(".")[1]?.length ?? 0));
    expect(market.precision.price).toBe(Number(`1e-${digits}`));
  });

  test("fetches candles from a time on", async () => {
    const since = (NEWEST - 600 * 60) * 1_000;
    const rows = await exchange.fetchOHLCV("BTC/USDT", "1m", since, 5);
    const served = await servedRows(`series=binance:BTC-USDT:1m&start=${since / 1_000}&limit=5`);
    expect(rows).toHaveLength(5);
    expect(rows).toEqual(served);
  });

  test("pages through 2,500 candles without a hole and without one twice", async () => {
    const start = NEWEST - PAGED * 60;
    const rows: Row[] = [];
    for (let since = start * 1_000; rows.length < PAGED;) {
      const page = await exchange.fetchOHLCV("BTC/USDT", "1m", since, 1_000);
      expect(page.length).toBeGreaterThan(0);
      rows.push(...page);
      since = Number(page.at(-1)?.[0]) + 60_000;
    }
    const served = await servedRows(`series=binance:BTC-USDT:1m&start=${start}&limit=${PAGED}`);
    expect(rows.slice(0, PAGED)).toEqual(served);
  });

  test("pages by itself", async () => {
    const since = (NEWEST - PAGED * 60) * 1_000;
    const range = { paginate: true, until: NEWEST * 1_000 - 1 };
    const rows = await exchange.fetchOHLCV("BTC/USDT", "1m", since, PAGED, range);
    const served = await servedRows(
      `series=binance:BTC-USDT:1m&start=${since / 1_000}&limit=${PAGED}`,
    );
    expect(rows).toEqual(served);
  });

  test("fetches the newest candles, the open one last", async () => {
    const rows = await exchange.fetchOHLCV("BTC/USDT", "1m", undefined, 10);
    const now = Math.floor(system.simulator.nowMs() / 1_000);
    expect(rows).toHaveLength(10);
    const times = rows.map(([openTime]) => Number(openTime) / 1_000);
    expect(now - (times.at(-1) ?? 0)).toBeLessThan(62);
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 60));
  });

  test("fetches candles of a timeframe that is not stored, made of those that are", async () => {
    const since = Math.ceil((NEWEST - 1_000 * 60) / 900) * 900;
    const rows = await exchange.fetchOHLCV("BTC/USDT", "15m", since * 1_000, 20);
    const query = "source=binance&symbol=BTC-USDT&timeframe=1m&interval=15m";
    expect(rows).toHaveLength(20);
    expect(rows).toEqual(await servedRows(`${query}&start=${since}&limit=20`));
  });

  test("reads another source by its path", async () => {
    const kraken = newExchange(`${url}/binance/kraken/api/v3`);
    const markets = await kraken.loadMarkets();
    expect(Object.keys(markets)).toEqual(["BTC/USD"]);
    const since = (NEWEST - 50 * 60) * 1_000;
    const rows = await kraken.fetchOHLCV("BTC/USD", "1m", since, 20);
    expect(rows).toEqual(
      await servedRows(`series=kraken:BTC-USD:1m&start=${since / 1_000}&limit=20`),
    );
  });

  test("understands the errors", async () => {
    await expect(exchange["publicGetKlines"]({ symbol: "NOSUCH", interval: "1m" })).rejects.toThrow(
      BadSymbol,
    );
    await expect(
      exchange["publicGetKlines"]({ symbol: "BTCUSDT", interval: "1s" }),
    ).rejects.toThrow(BadRequest);
  });

  test("gives the digits of /v1/candles, character by character", async () => {
    const [start, end] = [NEWEST - 700 * 60, NEWEST];
    const times = `startTime=${start}000&endTime=${end - 60}000&limit=1000`;
    const answer = await system.get(`/binance/api/v3/klines?symbol=BTCUSDT&interval=1m&${times}`);
    const rows = (await answer.json()) as (string | number)[][];
    const csv = await system.get(
      `/v1/candles?series=binance:BTC-USDT:1m&start=${start}&end=${end}&format=csv`,
    );
    const lines = (await csv.text()).trim().split(/\r?\n/).slice(1);
    expect(rows).toHaveLength(700);
    const klines = rows.map(([openTime, open, high, low, close, volume, , quote, trades]) =>
      [Number(openTime) / 1_000, open, high, low, close, volume, quote, trades].join(),
    );
    expect(klines).toEqual(lines.map((line) => line.split(",").slice(3).join()));
  });
});
