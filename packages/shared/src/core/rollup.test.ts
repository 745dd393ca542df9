import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binanceCandles, hasRecordings, krakenCandles, skipReason } from "../../test/recordings.ts";
import type { Candle } from "./candle.ts";
import { storedDecimal, type StoredDecimal } from "./decimal.ts";
import { startRollUp, type RollUpColumns } from "./rollup-columns.ts";
import { rollUp, type RolledCandle } from "./rollup.ts";
import { scaleColumn } from "./scaled-column.ts";
import { addCandles, openTimeOf, TIMEFRAMES, type Timeframe } from "./timeframe.ts";

const MARCH = Date.UTC(2023, 2, 1) / 1_000;

function candleAt(timestamp: number, values: Partial<Candle> = {}): Candle {
  return {
    timestamp,
    open: 2,
    high: 3,
    low: 1,
    close: 2.5,
    volume_from: 0.1,
    volume_to: 0.2,
    trades: 4,
    ...values,
  };
}

/** `count` candles of `timeframe` from the first one at or before `start` on. */
function run(timeframe: Timeframe, start: number, count: number): Candle[] {
  const first = openTimeOf(start, timeframe);
  return Array.from({ length: count }, (_, index) =>
    candleAt(addCandles(first, timeframe, index), { trades: index }),
  );
}

/** `candles` by column, as a file gives them: scaled where nothing is null and all are exact so. */
function columnsOf(candles: readonly Candle[]): RollUpColumns {
  const decimalsOf = (name: keyof RollUpColumns["decimals"]) => {
    const values = candles.map((candle): StoredDecimal | null => candle[name]);
    const column = scaleColumn(values);
    const isSmall =
      (column.kind === "int32" || column.kind === "int64") &&
      column.values.every((value) => value !== null && value <= Number.MAX_SAFE_INTEGER);
    return isSmall
      ? ({
          kind: "scaled",
          scale: column.scale,
          integers: Float64Array.from(column.values, Number),
        } as const)
      : ({ kind: "values", values } as const);
  };
  const trades = candles.map((candle) => candle.trades);
  return {
    rows: candles.length,
    timestamps: Float64Array.from(candles, ({ timestamp }) => timestamp),
    decimals: {
      open: decimalsOf("open"),
      high: decimalsOf("high"),
      low: decimalsOf("low"),
      close: decimalsOf("close"),
      volume_from: decimalsOf("volume_from"),
      volume_to: decimalsOf("volume_to"),
    },
    trades: trades.includes(null) ? trades : Float64Array.from(trades, Number),
  };
}

/** What the columns' door gives, for `candles` in parts of `size`. */
function rollUpColumns(
  candles: readonly Candle[],
  from: Timeframe,
  to: Timeframe,
  size = candles.length,
): readonly RolledCandle[] {
  const rolling = startRollUp(from, to);
  for (let start = 0; start < candles.length; start += size) {
    rolling.add(columnsOf(candles.slice(start, start + size)));
  }
  return rolling.candles;
}

describe("rollUp", () => {
  test("takes the first open, the last close, the bounds, and sums that are exact", () => {
    const minutes = [
      candleAt(MARCH, { open: 2, high: 7, low: 2, close: 3, volume_from: 0.1, trades: 1 }),
      candleAt(MARCH + 60, { open: 3, high: 9, low: 1, close: 4, volume_from: 0.2, trades: 2 }),
      candleAt(MARCH + 120, { open: 4, high: 5, low: 3, close: 5, volume_from: 0.3, trades: 3 }),
    ];
    const [rolled] = rollUp(minutes, "1m", "3m");
    expect(rolled).toEqual({
      timestamp: MARCH,
      open: 2,
      high: 9,
      low: 1,
      close: 5,
      volume_from: 0.6,
      volume_to: 0.6,
      trades: 6,
      missing: 0,
    });
  });

  test("says of each candle how many are missing, and leaves out one that nothing is in", () => {
    const minutes = run("1m", MARCH, 60).filter((_, minute) => minute < 4 || minute > 14);
    expect(
      rollUp(minutes, "1m", "5m").map(({ timestamp, missing }) => [timestamp, missing]),
    ).toEqual(
      [0, 15, 20, 25, 30, 35, 40, 45, 50, 55].map((minute) => [
        MARCH + minute * 60,
        minute === 0 ? 1 : 0,
      ]),
    );
  });

  test("has no volume and no trades where one of its candles has none", () => {
    const hours = run("1h", MARCH, 48).map((hour, index) =>
      index === 5 ? { ...hour, volume_to: null, trades: null } : hour,
    );
    expect(rollUp(hours, "1h", "1d")).toMatchObject([
      { volume_from: 2.4, volume_to: null, trades: null },
      { volume_from: 2.4, volume_to: 4.8, trades: 852 },
    ]);
  });

  test("opens weeks on Monday and months on their first day", () => {
    const days = run("1d", Date.UTC(2024, 1, 1) / 1_000, 61);
    const dates = (to: Timeframe): unknown[] =>
      rollUp(days, "1d", to).map(({ timestamp, missing }) => [
        new Date(timestamp * 1_000).toISOString().slice(0, 10),
        missing,
      ]);
    expect(dates("1w").slice(0, 2)).toEqual([
      ["2024-01-29", 3],
      ["2024-02-05", 0],
    ]);
    expect(dates("1M")).toEqual([
      ["2024-02-01", 0],
      ["2024-03-01", 0],
      ["2024-04-01", 29],
    ]);
  });

  test.each([
    ["3d", "1w"],
    ["1w", "1M"],
    ["3d", "1M"],
    ["8h", "12h"],
    ["1h", "1m"],
    ["1M", "1d"],
  ] as const)("refuses %s to %s: the one does not make up the other", (from, to) => {
    expect(() => rollUp([], from, to)).toThrow(`${from} candles do not make up ${to} candles`);
    expect(() => startRollUp(from, to)).toThrow(RangeError);
  });

  test("is exact where a sum is larger than any double", () => {
    const large = "9007199254740993.12345678";
    const minutes = [0, 60, 120].map((seconds) =>
      candleAt(MARCH + seconds, { volume_from: large, volume_to: "0.12345678901234567" }),
    );
    expect(rollUp(minutes, "1m", "3m")).toMatchObject([
      { volume_from: "27021597764222979.37037034", volume_to: "0.37037036703703701" },
    ]);
  });

  test("throws where there are more trades than can be counted", () => {
    const minutes = [0, 60].map((seconds) =>
      candleAt(MARCH + seconds, { trades: Number.MAX_SAFE_INTEGER }),
    );
    expect(() => rollUp(minutes, "1m", "1h")).toThrow("more than can be counted");
    expect(() => rollUpColumns(minutes, "1m", "1h")).toThrow("more than can be counted");
  });
});

/** Timeframes that make up others. */
const pairs = TIMEFRAMES.flatMap((from) =>
  TIMEFRAMES.map((to) => [from, to] as const).filter(([, to]) => {
    try {
      return rollUp([], from, to).length === 0;
    } catch {
      return false;
    }
  }),
);

const price = fc.integer({ min: 1, max: 10 ** 9 }).map((cents) => cents / 100);
const volume = fc.oneof(
  fc.integer({ min: 0, max: 10 ** 12 }).map((integer) => integer / 10 ** 5),
  // Few of these sum up to more than 2^53.
  fc.integer({ min: 0, max: 2 ** 40 }).map((integer) => integer * 2 ** 10),
  fc.constantFrom<StoredDecimal>("9007199254740993.12345678", "0.12345678901234567"),
);

const candles = fc
  .tuple(
    fc.constantFrom(...pairs),
    fc.array(
      fc.record({
        skip: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 40 })),
        open: price,
        high: price,
        low: price,
        close: price,
        volume_from: fc.option(volume, { freq: 20 }),
        volume_to: volume,
        trades: fc.option(fc.nat(), { freq: 20 }),
      }),
      { minLength: 1, maxLength: 80 },
    ),
  )
  .map(([[from, to], rows]) => {
    let timestamp = openTimeOf(MARCH, from);
    const list = rows.map(({ skip, ...values }): Candle => {
      timestamp = addCandles(timestamp, from, skip);
      return { timestamp, ...values };
    });
    return { from, to, list };
  });

describe("startRollUp", () => {
  test("gives what rollUp gives, whatever the parts that the columns come in", () => {
    fc.assert(
      fc.property(candles, fc.integer({ min: 1, max: 90 }), ({ from, to, list }, size) => {
        expect(rollUpColumns(list, from, to, size)).toEqual(rollUp(list, from, to));
      }),
      { numRuns: 300 },
    );
  });

  test("sums integers of any size exactly", () => {
    const integers = fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(integers, fc.integer({ min: 0, max: 18 }), (list, scale) => {
        const rolling = startRollUp("1m", "1h");
        const column = { kind: "scaled", scale, integers: Float64Array.from(list) } as const;
        rolling.add({
          ...columnsOf(list.map((_, minute) => candleAt(MARCH + minute * 60))),
          decimals: {
            open: column,
            high: column,
            low: column,
            close: column,
            volume_from: column,
            volume_to: column,
          },
        });
        const sum = list.reduce((total, integer) => total + BigInt(integer), 0n);
        expect(rolling.candles).toMatchObject([
          {
            volume_from: decimalOfInteger(sum, scale),
            high: decimalOfInteger(BigInt(Math.max(...list)), scale),
            low: decimalOfInteger(BigInt(Math.min(...list)), scale),
          },
        ]);
      }),
    );
  });
});

/** `integer` / 10^scale as it is stored, by text alone. */
function decimalOfInteger(integer: bigint, scale: number): StoredDecimal {
  const digits = String(integer).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, "");
  const text = fraction === "" ? digits.slice(0, point) : `${digits.slice(0, point)}.${fraction}`;
  return storedDecimal(text);
}

/** The complete ones of `rolled`, as an exchange has them. */
function complete(rolled: readonly RolledCandle[]): Candle[] {
  return rolled
    .filter(({ missing }) => missing === 0)
    .map(({ missing: _missing, ...candle }) => candle);
}

describe.skipIf(!hasRecordings)(`recorded candles${skipReason}`, () => {
  test("of Binance's minutes make its own hours, all but the two of its outage", () => {
    const minutes = binanceCandles("BTCUSDT-1m");
    const hours = binanceCandles("BTCUSDT-1h");
    const rolled = rollUpColumns(minutes, "1m", "1h", 10_080);
    expect(rolled).toEqual(rollUp(minutes, "1m", "1h"));
    // The exchange was down from 12:40 on and has no candle of 13:00.
    const outage = Date.UTC(2023, 2, 24, 12) / 1_000;
    expect(rolled.filter(({ missing }) => missing > 0)).toMatchObject([
      { timestamp: outage, missing: 20 },
    ]);
    expect(hours.length).toBe(2_399);
    expect(complete(rolled)).toEqual(hours.filter(({ timestamp }) => timestamp !== outage));
    // What there is of the hour it went down in is its own as well.
    expect(rolled.find(({ timestamp }) => timestamp === outage)).toMatchObject(
      hours.find(({ timestamp }) => timestamp === outage) ?? {},
    );
  });

  test("of Binance's minutes make its own days", () => {
    const rolled = rollUpColumns(binanceCandles("ETHUSDT-1m"), "1m", "1d", 10_080);
    expect(complete(rolled)).toEqual(binanceCandles("ETHUSDT-1d"));
    expect(rolled.length).toBe(10);
  });

  test("make the same hours by way of a quarter of an hour", () => {
    const minutes = binanceCandles("BTCUSDT-1m", "2023-03-20", "2023-03-26");
    const quarters = rollUp(minutes, "1m", "15m");
    expect(complete(rollUp(quarters, "15m", "1h"))).toEqual(complete(rollUp(minutes, "1m", "1h")));
  });

  test("of Kraken's hours, some of which had no trade, make its own days", () => {
    const own = new Map(krakenCandles("XBTUSD_1440").map((day) => [day.timestamp, day]));
    const rolled = rollUp(krakenCandles("XBTUSD_60"), "1h", "1d");
    const common = rolled.filter(({ timestamp }) => own.has(timestamp));
    expect(common.length).toBeGreaterThan(2_000);
    for (const { missing: _missing, volume_from, ...day } of common) {
      const { volume_from: published, ...ownDay } = own.get(day.timestamp) ?? candleAt(0);
      expect(day).toEqual(ownDay);
      // Some of the days' volumes have more digits than the hours that they are of.
      expect(Number(volume_from)).toBeCloseTo(Number(published), 6);
    }
  });
});
