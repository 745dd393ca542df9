import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLOCK_SKEW_SECONDS_MAX, findCandleFault, TIMESTAMP_MIN, type Candle } from "./candle.ts";
import { openTimeOf, TIMEFRAMES, type Timeframe } from "./timeframe.ts";

const NOW = 1_767_225_600;

const TRUE_CANDLE: Candle = {
  timestamp: 1_700_000_040,
  open: 27_500.1,
  high: 27_510.25,
  low: 27_499.9,
  close: 27_505.01,
  volume_from: 12.5,
  volume_to: "343812.65625000000001",
  trades: 812,
};

describe("findCandleFault", () => {
  test("finds none in a true candle, nor where volumes and trades are not known", () => {
    expect(findCandleFault(TRUE_CANDLE, "1m", NOW)).toBeUndefined();
    const unknown = { ...TRUE_CANDLE, volume_from: null, volume_to: null, trades: null };
    expect(findCandleFault(unknown, "1m", NOW)).toBeUndefined();
    const still = { ...TRUE_CANDLE, open: 1, high: 1, low: 1, close: 1, volume_from: 0, trades: 0 };
    expect(findCandleFault(still, "1m", NOW)).toBeUndefined();
  });

  test.for<[change: Partial<Candle>, fault: string]>([
    [{ timestamp: 1_700_000_041 }, "timestamp 1700000041 is not an open time of 1m candles"],
    [{ timestamp: 1_700_000_040_000 }, "timestamp 1700000040000 is in the future"],
    [{ timestamp: TIMESTAMP_MIN - 60 }, `timestamp ${TIMESTAMP_MIN - 60} is not a whole number`],
    [{ timestamp: 1_700_000_040.5 }, "timestamp 1700000040.5 is not a whole number"],
    [{ timestamp: Number.NaN }, "timestamp NaN is not a whole number"],
    [{ low: 0 }, "low 0 is not above zero"],
    [{ low: -1 }, "low -1 is not above zero"],
    [{ low: Number.NaN }, "low NaN is not above zero"],
    [{ high: 27_000 }, "high 27000 is below low 27499.9"],
    [{ high: "27499.89999999999999999" }, "high 27499.89999999999999999 is below low 27499.9"],
    [{ open: 27_511 }, "open 27511 is outside low 27499.9 and high 27510.25"],
    [{ close: "27510.25000000000000001" }, "close 27510.25000000000000001 is outside"],
    [{ volume_from: -0.5 }, "volume_from -0.5 is negative"],
    [{ volume_to: Number.NaN }, "volume_to NaN is negative"],
    [{ trades: 1.5 }, "trades 1.5 is not a count"],
    [{ trades: -1 }, "trades -1 is not a count"],
  ])("finds what is wrong with %o", ([change, fault]) => {
    expect(findCandleFault({ ...TRUE_CANDLE, ...change }, "1m", NOW)).toContain(fault);
  });

  test.for(["open", "high", "low", "close"] as const)("finds a NaN in %s", (field) => {
    expect(findCandleFault({ ...TRUE_CANDLE, [field]: Number.NaN }, "1m", NOW)).toContain("NaN");
  });

  test("allows a clock to be ahead of ours, but not by more than a minute", () => {
    const closesAhead = { ...TRUE_CANDLE, timestamp: NOW - 60 + CLOCK_SKEW_SECONDS_MAX };
    expect(findCandleFault(closesAhead, "1m", NOW)).toBeUndefined();
    expect(findCandleFault(closesAhead, "1m", NOW - 1)).toContain("in the future");
  });

  test("accepts exactly the aligned times of every timeframe", () => {
    const moment = fc.integer({ min: TIMESTAMP_MIN + 40 * 86_400, max: NOW - 40 * 86_400 });
    fc.assert(
      fc.property(moment, fc.constantFrom<Timeframe>(...TIMEFRAMES), (timestamp, timeframe) => {
        const fault = findCandleFault({ ...TRUE_CANDLE, timestamp }, timeframe, NOW);
        expect(fault === undefined).toBe(openTimeOf(timestamp, timeframe) === timestamp);
      }),
    );
  });
});
