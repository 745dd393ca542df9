import { expect, test } from "vitest";
import type { GapRecord } from "./gap-span.ts";
import { haveCome, mergeGaps } from "./known-gaps.ts";

const EVIDENCE = {
  asked_at: null,
  outcome: null,
  found: null,
  siblings: null,
  first_held: null,
  last_held: null,
  reach_start: null,
  code: null,
  reason: "",
};

function gapAt(start: number, state: GapRecord["state"] = "open"): GapRecord {
  return {
    series: "binance:BTC-USDT:1m",
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    tier: 1,
    start,
    end: start + 60,
    missing: 1,
    runs: 1,
    class: "unknown",
    state,
    fillable: true,
    evidence: EVIDENCE,
    attempts: 0,
    found_at: 0,
    updated_at: 0,
  };
}

test("a gap outside the answered range stays known", () => {
  const known = [gapAt(0), gapAt(600)];
  const merged = mergeGaps(known, {
    rows: [gapAt(1_200)],
    range: { start: 900, end: 1_800 },
    isCut: false,
  });
  expect(merged.map(({ start }) => start)).toEqual([0, 600, 1_200]);
});

test("in its range an answer says all: what it changes is changed, what it leaves out is gone", () => {
  const merged = mergeGaps([gapAt(0), gapAt(600)], {
    rows: [gapAt(600, "filled")],
    range: { start: 0, end: 900 },
    isCut: false,
  });
  expect(merged).toEqual([gapAt(600, "filled")]);
});

test("an answer that is cut says nothing of what it leaves out", () => {
  const merged = mergeGaps([gapAt(0), gapAt(600)], {
    rows: [gapAt(600, "failed")],
    range: { start: 0, end: 900 },
    isCut: true,
  });
  expect(merged).toEqual([gapAt(0), gapAt(600, "failed")]);
});

test("of too many gaps those of earlier answers are forgotten", () => {
  const known = Array.from({ length: 8_000 }, (_, index) => gapAt(index * 120));
  const rows = [gapAt(2_000_000)];
  const range = { start: 2_000_000, end: 2_000_060 };
  expect(mergeGaps(known, { rows, range, isCut: false })).toEqual(rows);
});

test("candles have come where a gap is filled, in part filled, or no longer told of", () => {
  const range = { start: 0, end: 6_000 };
  const known = [gapAt(600)];
  const told = (rows: GapRecord[], isCut = false) => haveCome(known, { rows, range, isCut });
  expect(told([gapAt(600, "filled")])).toBe(true);
  expect(told([])).toBe(true);
  expect(haveCome([{ ...gapAt(600), missing: 3 }], { rows: known, range, isCut: false })).toBe(
    true,
  );
  expect(told([gapAt(600)])).toBe(false);
  expect(told([gapAt(600), gapAt(1_200)])).toBe(false);
});

test("nothing is known of candles where gaps were not all answered, or were filled before", () => {
  const range = { start: 0, end: 6_000 };
  expect(haveCome([gapAt(600)], { rows: [], range, isCut: true })).toBe(false);
  expect(haveCome([gapAt(9_000)], { rows: [], range, isCut: false })).toBe(false);
  expect(haveCome([gapAt(600, "filled")], { rows: [], range, isCut: false })).toBe(false);
});
