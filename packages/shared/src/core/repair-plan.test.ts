import { expect, test } from "vitest";
import type { Gap } from "./gap.ts";
import { planRepair } from "./repair-plan.ts";

function gap(symbol: string, from: number, to: number, changes: Partial<Gap> = {}): Gap {
  return {
    series: { source: "binance", symbol, timeframe: "1m" },
    start: from * 60,
    end: to * 60,
    missing: to - from,
    attempts: 0,
    updatedAt: 0,
    ...changes,
  } as Gap;
}

function linesOf(gaps: readonly Gap[]): unknown[] {
  return planRepair(gaps).map((repair) => [
    repair.series.symbol,
    repair.start / 60,
    repair.end / 60,
    repair.gaps.map(({ start }) => start / 60),
  ]);
}

test("gaps a page apart are asked for together, series by series", () => {
  expect(
    linesOf([
      gap("BTC-USDT", 0, 5),
      gap("ETH-USDT", 10, 11),
      gap("BTC-USDT", 1_005, 1_006),
      gap("BTC-USDT", 2_007, 2_008),
    ]),
  ).toEqual([
    ["BTC-USDT", 0, 1_006, [0, 1_005]],
    ["BTC-USDT", 2_007, 2_008, [2_007]],
    ["ETH-USDT", 10, 11, [10]],
  ]);
});

test("what was tried least comes first, and of that what waits longest", () => {
  expect(
    linesOf([
      gap("BTC-USDT", 0, 5, { attempts: 1 }),
      gap("ETH-USDT", 10, 11, { updatedAt: 9 }),
      gap("BTC-USDT", 3_000, 3_001, { updatedAt: 8 }),
      gap("ADA-USDT", 10, 11, { attempts: 1, updatedAt: 1 }),
    ]).map((line) => (line as unknown[]).slice(0, 2)),
  ).toEqual([
    ["BTC-USDT", 3_000],
    ["ETH-USDT", 10],
    ["BTC-USDT", 0],
    ["ADA-USDT", 10],
  ]);
});

test("many gaps far apart are one range", () => {
  const gaps = Array.from({ length: 11 }, (_, place) =>
    gap("BTC-USDT", place * 2_000, place * 2_000 + 1),
  );
  expect(planRepair(gaps)).toMatchObject([{ start: 0, end: 20_001 * 60, gaps }]);
});
