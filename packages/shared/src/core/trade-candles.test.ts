import { Big } from "big.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalOf, parseDecimal, storedDecimal } from "./decimal.ts";
import { rollUp } from "./rollup.ts";
import { isAligned, openTimeOf, TIMEFRAMES, type Timeframe } from "./timeframe.ts";
import { rollUpTrades, type Trade } from "./trade-candles.ts";

/** 2023-11-14 22:00 UTC. */
const TEN_PM_NS = 1_699_999_200n * 1_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

function trade(id: number, ns: bigint, price: string, volume: string): Trade {
  const [storedPrice = 0, storedVolume = 0] = [price, volume].map((text) =>
    storedDecimal(parseDecimal(text) ?? "0"),
  );
  return { id, timeNs: TEN_PM_NS + ns, price: storedPrice, volume: storedVolume };
}

/** Decimals above zero of up to 25 digits, 12 of them behind the point. */
const decimals = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 25n - 1n }), fc.nat(12))
  .map(([units, scale]) => new Big(units.toString()).times(`1e-${scale}`).toFixed());

/** Trades over some hours; several may share a time, none an id. */
const tradeLists = fc
  .array(
    fc.record({
      ns: fc.bigInt({ min: 0n, max: 300n * MINUTE_NS }),
      price: decimals,
      volume: decimals,
    }),
    {
      maxLength: 40,
    },
  )
  .chain((list) =>
    fc
      .uniqueArray(fc.integer({ min: 1, max: 1_000 }), {
        minLength: list.length,
        maxLength: list.length,
      })
      .map((ids) =>
        list.map(({ ns, price, volume }, index) => trade(ids[index] ?? 1, ns, price, volume)),
      ),
  );

const nesting: fc.Arbitrary<Timeframe> = fc.constantFrom("1m", "5m", "15m", "1h", "4h", "1d");

/** The volume, count and extremes of the trades of the candle at `timestamp`, added up by hand. */
function byHand(trades: readonly Trade[], timeframe: Timeframe, timestamp: number): unknown {
  const own = trades.filter(
    ({ timeNs }) => openTimeOf(Number(timeNs / 1_000_000_000n), timeframe) === timestamp,
  );
  const prices = own.map(({ price }) => new Big(decimalOf(price)));
  const [first = new Big(0)] = prices;
  return {
    trades: own.length,
    volume: own.reduce((sum, { volume }) => sum.plus(decimalOf(volume)), new Big(0)).toFixed(),
    high: prices.reduce((most, price) => (price.gt(most) ? price : most), first).toFixed(),
    low: prices.reduce((least, price) => (price.lt(least) ? price : least), first).toFixed(),
  };
}

describe("rollUpTrades", () => {
  it("takes the first and last price by time, and by id where times are equal", () => {
    const trades = [
      trade(7, 5n, "101", "1"),
      trade(3, 5n, "100", "1"),
      trade(9, MINUTE_NS - 1n, "98", "2"),
      trade(8, MINUTE_NS - 1n, "99", "2"),
      trade(10, MINUTE_NS, "120", "0.5"),
    ];
    expect(rollUpTrades(trades, "1m")).toEqual([
      {
        timestamp: 1_699_999_200,
        open: 100,
        high: 101,
        low: 98,
        close: 98,
        volume_from: 6,
        volume_to: null,
        trades: 4,
      },
      {
        timestamp: 1_699_999_260,
        open: 120,
        high: 120,
        low: 120,
        close: 120,
        volume_from: 0.5,
        volume_to: null,
        trades: 1,
      },
    ]);
  });

  it("adds volumes as decimals, where doubles would round", () => {
    const trades = [trade(1, 0n, "1", "0.1"), trade(2, 1n, "1", "0.2")];
    expect(rollUpTrades(trades, "1m")[0]?.volume_from).toBe(0.3);
    const long = [trade(1, 0n, "1", "12345678901234.12345678"), trade(2, 1n, "1", "0.00000001")];
    expect(rollUpTrades(long, "1m")[0]?.volume_from).toBe("12345678901234.12345679");
  });

  it("has no candle without a trade", () => {
    expect(rollUpTrades([], "1h")).toEqual([]);
    const apart = [trade(1, 0n, "1", "1"), trade(2, 10n * MINUTE_NS, "1", "1")];
    expect(rollUpTrades(apart, "1m").map(({ timestamp }) => timestamp)).toEqual([
      1_699_999_200, 1_699_999_800,
    ]);
  });

  it("equals what adding up by hand gives, each trade in one candle", () => {
    fc.assert(
      fc.property(tradeLists, fc.constantFrom(...TIMEFRAMES), (trades, timeframe) => {
        const candles = rollUpTrades(trades, timeframe);
        for (const candle of candles) {
          expect(isAligned(candle.timestamp, timeframe)).toBe(true);
          expect({
            trades: candle.trades,
            volume: decimalOf(candle.volume_from ?? 0),
            high: decimalOf(candle.high),
            low: decimalOf(candle.low),
          }).toEqual(byHand(trades, timeframe, candle.timestamp));
        }
        const times = candles.map(({ timestamp }) => timestamp);
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
        expect(candles.reduce((sum, candle) => sum + (candle.trades ?? 0), 0)).toBe(trades.length);
      }),
    );
  });

  it("gives the same whatever the order, and however pages overlap", () => {
    fc.assert(
      fc.property(tradeLists, fc.nat(40), fc.nat(40), (trades, from, to) => {
        const overlap = trades.slice(Math.min(from, to), Math.max(from, to));
        const shuffled = [...overlap, ...trades.toReversed()];
        expect(rollUpTrades(shuffled, "5m")).toEqual(rollUpTrades(trades, "5m"));
      }),
    );
  });

  it("gives the coarse candles that its fine ones roll up to", () => {
    fc.assert(
      fc.property(tradeLists, nesting, (trades, timeframe) => {
        const rolled = rollUp(rollUpTrades(trades, "1m"), "1m", timeframe);
        const coarse = rollUpTrades(trades, timeframe);
        expect(rolled.map(({ missing, ...candle }) => [candle, missing >= 0])).toEqual(
          coarse.map((candle) => [candle, true]),
        );
      }),
    );
  });
});
