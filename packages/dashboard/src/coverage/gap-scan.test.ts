import type { GapScan } from "@candlehouse/client";
import { expect, test } from "vitest";
import { outcomeOf, scan } from "./gap-scan.ts";

const PAGE: GapScan = {
  series: 3,
  candles_missing: 5,
  candles_filled: 0,
  gaps: { open: 1, filled: 0, unfillable: 0, failed: 0 },
  classes: {},
  errors: [],
  message: "",
  next: null,
};

test("a scan goes on page after page, and sums what they found", async () => {
  const asked: unknown[] = [];
  const told: string[] = [];
  const pages: readonly GapScan[] = [{ ...PAGE, next: "binance:BTC-USDT:1m" }, PAGE];
  const text = await scan(
    async (order) => {
      asked.push(order);
      return pages[asked.length - 1] ?? PAGE;
    },
    { tier: 1 },
    (said) => told.push(said),
  );
  expect(asked).toEqual([{ tier: 1 }, { tier: 1, after: "binance:BTC-USDT:1m" }]);
  expect(told).toEqual(["3 series looked at so far.", "6 series looked at so far."]);
  expect(text).toBe("6 series looked at: 10 candles missing.");
});

test("a scan says what came, and what could not be read", async () => {
  const failure = {
    series: "binance:BTC-USDT:1m",
    code: "internal",
    reason: "D1 is away",
  } as const;
  const page = { ...PAGE, candles_missing: 0, candles_filled: 80, errors: [failure] };
  const text = await scan(
    async () => page,
    {},
    () => undefined,
  );
  expect(text).toBe(
    "3 series looked at: nothing is missing. 80 candles came since the last scan. 1 series could not be read whole.",
  );
});

const BEGUN = { gaps: 1, candles: 80, backfills: ["a"], dry_run: false, errors: [], message: "" };

test("a repair says what is still missing", () => {
  expect(outcomeOf(BEGUN, { missing: 80, errors: 0 })).toBe(
    "80 candles in 1 gap asked for again. 80 candles still missing.",
  );
  expect(outcomeOf(BEGUN, { missing: 0, errors: 0 })).toContain("Nothing is missing now.");
});

test("a repair says which backfills could not be begun", () => {
  const failure = {
    series: "massive:AAPL-USD:1m",
    code: "internal",
    reason: "it has no key",
  } as const;
  expect(outcomeOf({ ...BEGUN, errors: [failure] }, { missing: 80, errors: 0 })).toContain(
    "1 backfill could not be begun: it has no key.",
  );
});
