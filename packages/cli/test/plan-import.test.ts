import { describe, expect, test } from "vitest";
import { planImport, type ImportWishes } from "../src/import/plan-import.ts";

const TIERS = new Map([
  ["BTC", 1],
  ["UNI", 3],
]);

function plan(name: string, wishes: ImportWishes = {}, bytes = 100, isDone = false) {
  const file = {
    path: `history/${name}`,
    shown: name,
    bytes,
    modifiedMs: 0,
    checksumPath: undefined,
  };
  const [planned] = planImport([file], wishes, TIERS, () => isDone);
  return planned;
}

describe("a file", () => {
  test.each([
    ["XBTUSD_60.csv", "kraken:BTC-USD:1h"],
    ["XDGEUR_1.csv", "kraken:DOGE-EUR:1m"],
    ["BTCUSDT-1m-2023-01-01.zip", "binance:BTC-USDT:1m"],
    ["ETHUSDT-1mo-2023-01.csv", "binance:ETH-USDT:1M"],
  ])("named %s is of %s", (name, series) => {
    expect(plan(name)).toMatchObject({ series, action: "import" });
  });

  test("of another name takes its series from the options", () => {
    expect(
      plan("mine.csv", { source: ["kraken"], symbol: ["BTC-USD"], timeframe: ["1h"] }),
    ).toMatchObject({ series: "kraken:BTC-USD:1h", format: "csv", action: "import" });
  });

  test("of another name is unknown without them", () => {
    expect(plan("mine.csv", { source: ["kraken"] })).toMatchObject({
      action: "unknown",
      reason: "its name says no series: give --source, --symbol and --timeframe",
    });
  });

  test("in Parquet may say itself whose it is", () => {
    expect(plan("any.parquet")).toMatchObject({ format: "parquet", action: "import" });
  });

  test.each([
    [{ tier: 1 }, "import", undefined],
    [{ tier: 3 }, "left out", "BTC is of tier 1"],
    [{ timeframe: ["1m", "1h"] }, "import", undefined],
    [{ timeframe: ["1m"] }, "left out", "of 1h candles"],
    [{ asset: ["ETH"] }, "left out", "of BTC-USD"],
    [{ source: ["binance"] }, "left out", "of kraken"],
  ] as const)("with the wishes %j is %s", (wishes, action, reason) => {
    expect(plan("XBTUSD_60.csv", wishes)).toMatchObject({ action, reason });
  });

  test("of an asset without a tier is of none", () => {
    expect(plan("ABCUSD_60.csv", { tier: 1 })).toMatchObject({ reason: "ABC has no tier" });
  });

  test("without bytes is empty", () => {
    expect(plan("XBTUSD_60.csv", {}, 0)).toMatchObject({ action: "empty" });
  });

  test("that was imported before is done", () => {
    expect(plan("XBTUSD_60.csv", {}, 100, true)).toMatchObject({ action: "done" });
  });
});
