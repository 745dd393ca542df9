import { array, assert, constantFrom, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { formatFixed, fromUnits, parseDecimal, type Decimal } from "../src/decimal.ts";
import {
  everyMs,
  EVERY_DAY,
  EVERY_MINUTE,
  EVERY_MONDAY,
  shiftOpenTime,
  type Grid,
} from "../src/interval.ts";
import { joinCandles, openedAt, type Candle } from "../src/market/candle.ts";
import { createCatalogue, type Market } from "../src/market/catalogue.ts";
import { createMarketData, type MarketData } from "../src/market/market-data.ts";
import { partOf } from "../src/market/open-candle.ts";
import { createRandomPath } from "../src/market/random-path.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS } from "./ask.ts";

const catalogue = createCatalogue();
const data = marketData(1);
const DAY = Date.parse("2024-03-20T00:00:00Z");

function marketData(seed: number): MarketData {
  return createMarketData(seed, createRandomPath(seed), undefined);
}

function marketOf(source: Market["source"], symbol: string): Market {
  const market = catalogue.find(source, symbol);
  if (market === undefined) {
    throw new Error(`No market ${symbol} at ${source}`);
  }
  return market;
}

const MARKETS = [
  marketOf("binance", "BTCUSDT"),
  marketOf("binance", "T0042USDT"),
  marketOf("kraken", "XBTUSDC"),
  marketOf("coinbase", "ATOM-USD"),
  marketOf("cryptocompare", "DOGE-USD"),
];

describe("the random market", () => {
  test("is the same for the same seed, in whatever order it is asked", () => {
    const fresh = marketData(1);
    for (const market of MARKETS.toReversed()) {
      const range = { market, grid: EVERY_MINUTE, fromMs: DAY, toMs: DAY + HOUR_MS, nowMs: NOW_MS };
      expect(fresh.candles(range)).toEqual(data.candles(range));
    }
  });

  test("is another one for another seed", () => {
    const range = {
      market: MARKETS[0] as Market,
      grid: EVERY_DAY,
      fromMs: DAY - DAY_MS,
      toMs: DAY,
      nowMs: NOW_MS,
    };
    expect(marketData(2).candles(range)).not.toEqual(data.candles(range));
  });

  test("has candles that hold together: low and high around open and close, each opening at the last close", () => {
    for (const market of MARKETS) {
      const candles = data.candles({
        market,
        grid: EVERY_MINUTE,
        fromMs: DAY - DAY_MS,
        toMs: DAY + DAY_MS / 4,
        nowMs: NOW_MS,
      });
      let previous: Candle | undefined;
      for (const candle of candles) {
        expect(candle.low <= candle.open && candle.low <= candle.close && candle.low > 0n).toBe(
          true,
        );
        expect(candle.high >= candle.open && candle.high >= candle.close).toBe(true);
        expect(candle.volume > 0n).toBe(candle.trades > 0);
        expect(candle.takerVolume <= candle.volume).toBe(true);
        expect(candle.quoteVolume >= mul(candle.low, candle.volume)).toBe(true);
        expect(candle.quoteVolume <= mul(candle.high, candle.volume)).toBe(true);
        expect(previous === undefined || previous.close === candle.open).toBe(true);
        previous = candle;
      }
    }
  });

  test("is at nearly one price at all sources", () => {
    const closes = [
      ["binance", "ETHUSDT"],
      ["kraken", "XETHZUSD"],
      ["coinbase", "ETH-USD"],
      ["coingecko", "ethereum"],
    ].map(([source, symbol]) => {
      const market = marketOf(source as Market["source"], symbol ?? "");
      const [candle] = data.candles({
        market,
        grid: everyMs(HOUR_MS),
        fromMs: DAY,
        toMs: DAY + 1,
        nowMs: NOW_MS,
      });
      return Number(formatFixed(candle?.close ?? 0n, 8));
    });
    expect(Math.max(...closes) / Math.min(...closes) - 1).toBeLessThan(0.002);
    expect(new Set(closes).size).toBeGreaterThan(1);
  });

  test("rolls up exactly: a coarse candle is the sum of its minutes", () => {
    const grids: Grid[] = [
      everyMs(5 * MINUTE_MS),
      everyMs(HOUR_MS),
      everyMs(4 * HOUR_MS),
      EVERY_DAY,
      EVERY_MONDAY,
    ];
    assert(
      property(
        constantFrom(...MARKETS),
        constantFrom(...grids),
        integer({ min: Date.parse("2021-01-01"), max: NOW_MS - 8 * DAY_MS }),
        (market, grid, aboutMs) => {
          const [coarse] = data.candles({
            market,
            grid,
            fromMs: aboutMs,
            toMs: aboutMs + 7 * DAY_MS,
            nowMs: NOW_MS,
          });
          if (coarse === undefined) {
            return;
          }
          const toMs = shiftOpenTime(grid, coarse.openMs, 1);
          const minutes = data.candles({
            market,
            grid: EVERY_MINUTE,
            fromMs: coarse.openMs,
            toMs,
            nowMs: NOW_MS,
          });
          expect(openedAt(minutes.reduce(joinCandles), coarse.openMs)).toEqual(coarse);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("answers 1,000 daily candles within a second, and 1,000 minutes within 200 ms", () => {
    const fresh = marketData(3);
    const market = MARKETS[0] as Market;
    const timeOf = (grid: Grid, fromMs: number): number => {
      // Time of this process: what else the machine does is not counted.
      const startedAt = process.cpuUsage();
      expect(
        fresh.candles({ market, grid, fromMs, toMs: NOW_MS, nowMs: NOW_MS }).length,
      ).toBeGreaterThan(900);
      const used = process.cpuUsage(startedAt);
      return (used.user + used.system) / 1000;
    };
    expect(timeOf(EVERY_MINUTE, NOW_MS - 1000 * MINUTE_MS)).toBeLessThan(200);
    expect(timeOf(EVERY_DAY, NOW_MS - 1000 * DAY_MS)).toBeLessThan(1000);
  });
});

describe("the open candle", () => {
  const closed = candleOf(["100.00", "107.50", "98.25", "101.00", "12.345", "1250.5"], 321);

  test("grows to the closed one: high, low, volumes and trades only move outwards", () => {
    assert(
      property(array(double({ min: 0, max: 1, noNaN: true }), { minLength: 2 }), (shares) => {
        let previous = partOf(closed, 0, 2);
        for (const share of [...shares.toSorted((a, b) => a - b), 1]) {
          const seen = partOf(closed, share, 2);
          expect(seen.open).toBe(closed.open);
          expect(seen.high >= seen.close && seen.low <= seen.close).toBe(true);
          expect(seen.high >= previous.high && seen.low <= previous.low).toBe(true);
          expect(seen.volume >= previous.volume && seen.trades >= previous.trades).toBe(true);
          expect(seen.quoteVolume >= previous.quoteVolume).toBe(true);
          previous = seen;
        }
        expect(previous).toEqual(closed);
      }),
    );
  });

  test("of a coarse interval is its closed minutes and the part of the running one", () => {
    const market = MARKETS[0] as Market;
    const at = (nowMs: number): Candle | undefined =>
      data.candles({ market, grid: everyMs(HOUR_MS), fromMs: DAY, toMs: DAY + 1, nowMs })[0];
    const whole = at(DAY + HOUR_MS);
    expect(at(DAY + 2 * HOUR_MS)).toEqual(whole);
    let before = at(DAY + 1000);
    for (let nowMs = DAY + 20_000; nowMs < DAY + HOUR_MS; nowMs += 97_000) {
      const now = at(nowMs);
      expect((now?.high ?? 0n) >= (before?.high ?? 0n)).toBe(true);
      expect((now?.volume ?? 0n) >= (before?.volume ?? 0n)).toBe(true);
      before = now;
    }
    expect((before?.volume ?? 0n) <= (whole?.volume ?? 0n)).toBe(true);
  });
});

describe("decimals", () => {
  test("keep every digit, exponents too", () => {
    expect(formatFixed(parseDecimal("85079.7933085512"), 8)).toBe("85079.7933085512");
    expect(formatFixed(parseDecimal("4E+2"), 0)).toBe("400");
    expect(formatFixed(parseDecimal("1e-7"), 8)).toBe("0.00000010");
    expect(formatFixed(fromUnits(10_000, 2), 0)).toBe("100");
    expect(() => parseDecimal("1.0e-19")).toThrow("more than 18 decimals");
    expect(() => parseDecimal("NaN")).toThrow('"NaN" is not a decimal number');
  });
});

function candleOf(values: readonly string[], trades: number): Candle {
  const [open = 0n, high = 0n, low = 0n, close = 0n, volume = 0n, quoteVolume = 0n] =
    values.map(parseDecimal);
  return {
    openMs: DAY,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume,
    trades,
    takerVolume: volume / 2n,
    takerQuoteVolume: quoteVolume / 2n,
  };
}

function mul(left: Decimal, right: Decimal): Decimal {
  return (left * right) / 10n ** 18n;
}
