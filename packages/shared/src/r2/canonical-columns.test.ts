import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Candle } from "../core/candle.ts";
import { canonicalLine } from "../core/canonical-candle.ts";
import { writeCanonicalLines } from "./canonical-columns.ts";
import { candlesOf } from "./decode-candles.ts";
import type { CandleColumns } from "./decode-columns.ts";

const decoder = new TextDecoder();

/** Columns of one row that says the same integer everywhere. */
function columnsOf(integer: number, scale: number): CandleColumns {
  const column = { kind: "scaled", scale, integers: Float64Array.of(integer) } as const;
  return {
    rows: 1,
    timestamps: Float64Array.of(1_679_616_000),
    decimals: {
      open: column,
      high: column,
      low: column,
      close: column,
      volume_from: { kind: "values", values: [null] },
      volume_to: { kind: "values", values: ["123456789.123456789123456789"] },
    },
    trades: [null],
  };
}

function linesOf(columns: CandleColumns): string {
  let text = "";
  writeCanonicalLines(columns, (piece) => {
    text += decoder.decode(piece);
  });
  return text;
}

const EDGES = [
  0,
  1,
  9,
  10,
  100,
  99_999_999,
  1e8,
  100_000_001,
  1_200_000_000,
  123_450_000_000,
  1e15,
  1_000_000_010_000_000,
  2 ** 31,
  2 ** 32,
  2 ** 52,
  2 ** 53 - 1,
];

test.each(EDGES)(
  "the canonical line of %d over any power of ten is that of the candle",
  (integer) => {
    for (let scale = 0; scale <= 18; scale += 1) {
      const columns = columnsOf(integer, scale);
      expect(linesOf(columns)).toBe(candlesOf(columns).map(canonicalLine).join(""));
    }
  },
);

test("the canonical lines of any columns are those of the candles", () => {
  const integer = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(1e9),
    fc.tuple(fc.nat(1e6), fc.nat(9)).map(([digits, zeros]) => digits * 10 ** zeros),
  );
  fc.assert(
    fc.property(integer, fc.nat(20), (value, scale) => {
      const columns = columnsOf(value, scale);
      expect(linesOf(columns)).toBe(candlesOf(columns).map(canonicalLine).join(""));
    }),
    { numRuns: 2_000 },
  );
});

test("more lines than one piece holds come in order", () => {
  const rows = 3_000;
  const integers = Float64Array.from({ length: rows }, (_, row) => row * 1_234_567);
  const column = { kind: "scaled", scale: 3, integers } as const;
  const columns: CandleColumns = {
    rows,
    timestamps: integers.map((_, row) => 1_679_616_000 + row * 60),
    decimals: {
      open: column,
      high: column,
      low: column,
      close: column,
      volume_from: column,
      volume_to: column,
    },
    trades: integers,
  };
  const candles: readonly Candle[] = candlesOf(columns);
  expect(linesOf(columns)).toBe(candles.map(canonicalLine).join(""));
});
