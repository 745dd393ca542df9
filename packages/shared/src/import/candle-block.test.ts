import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Candle } from "../core/candle.ts";
import { parseDecimal, storedDecimal } from "../core/decimal.ts";
import { CHAIN_START } from "../core/archive.ts";
import { decodeWholeFile } from "../r2/describe-file.ts";
import { encodeCandleFile } from "../r2/encode-candle-file.ts";
import { encodeColumns } from "../r2/encode-columns.ts";
import { BlockRow } from "./block-row.ts";
import { CandleBlock } from "./candle-block.ts";
import { compareRows, ROW_CONTRADICTS, ROW_DIFFERS, ROW_HELD, rowsIn } from "./compare-rows.ts";
import { distinctRows } from "./distinct-rows.ts";

const SERIES = { source: "kraken", symbol: "BTC-USD", timeframe: "1m" } as const;

function blockOf(candles: readonly Candle[]): CandleBlock {
  const block = new CandleBlock();
  const row = new BlockRow();
  for (const [index, candle] of candles.entries()) {
    row.setCandle(candle);
    block.push(row, index + 1);
  }
  return block;
}

function candlesOf(block: CandleBlock): Candle[] {
  return Array.from({ length: block.rows }, (_, at) => block.candleAt(at));
}

const decimal = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 20n }), fc.nat(8), fc.nat(12))
  .map(([digits, zeros, scale]) => {
    const text = String(digits)
      .slice(0, 20 - zeros)
      .padStart(scale + 1, "0");
    const plain = `${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}0`;
    return storedDecimal(parseDecimal(plain) ?? "1");
  });
const candle = fc.record({
  timestamp: fc.nat(1_000).map((minutes) => 1_679_616_000 + minutes * 60),
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume_from: fc.option(decimal),
  volume_to: fc.option(decimal),
  trades: fc.option(fc.nat()),
});

test("any candles come out of a block, and out of its file, as they went in", () => {
  const ascending = fc.uniqueArray(candle, {
    minLength: 1,
    selector: ({ timestamp }) => timestamp,
  });
  fc.assert(
    fc.property(ascending, (unsorted) => {
      const candles = unsorted.toSorted((a, b) => a.timestamp - b.timestamp);
      const block = blockOf(candles);
      expect(candlesOf(block)).toEqual(candles);
      const { bytes, contentHash } = encodeColumns(SERIES, block.toColumns(), CHAIN_START);
      expect(decodeWholeFile(bytes, "key").candles).toEqual(candles);
      expect(contentHash).toBe(encodeCandleFile(SERIES, candles, CHAIN_START).contentHash);
    }),
    { numRuns: 200 },
  );
});

test("of rows in any order the first of each time is kept, and each row is accounted for", () => {
  fc.assert(
    fc.property(fc.array(candle, { maxLength: 60 }), (candles) => {
      const { block, duplicates, contradictions } = distinctRows(blockOf(candles));
      const first = new Map<number, Candle>();
      for (const one of candles) {
        first.set(one.timestamp, first.get(one.timestamp) ?? one);
      }
      expect(candlesOf(block)).toEqual(
        [...first.values()].toSorted((a, b) => a.timestamp - b.timestamp),
      );
      expect(block.rows + duplicates + contradictions.length).toBe(candles.length);
    }),
  );
});

test("of a row's time that stands twice with other values, the report names both lines", () => {
  const one: Candle = {
    timestamp: 1_679_616_000,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume_from: null,
    volume_to: null,
    trades: null,
  };
  const { duplicates, contradictions } = distinctRows(blockOf([one, one, { ...one, trades: 1 }]));
  expect(duplicates).toBe(1);
  expect(contradictions).toEqual([
    { line: 3, reason: "timestamp 1679616000 stands on line 1 with other values" },
  ]);
});

function candleOf(timestamp: number, trades: number): Candle {
  return {
    timestamp,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume_from: null,
    volume_to: null,
    trades,
  };
}

test("a row is held where one of several candles of its time says the same", () => {
  const block = blockOf([candleOf(60, 1), candleOf(120, 2), candleOf(180, 3), candleOf(240, 4)]);
  const states = new Uint8Array(block.rows);
  compareRows(
    block,
    [candleOf(0, 0), candleOf(120, 9), candleOf(120, 2), candleOf(180, 8), candleOf(300, 1)],
    states,
    ROW_DIFFERS,
  );
  expect(rowsIn(states, ROW_HELD)).toEqual([1]);
  expect(rowsIn(states, ROW_DIFFERS)).toEqual([2]);
});

test("a row that contradicts its own file goes on doing so, whatever else is held of its time", () => {
  const block = blockOf([candleOf(60, 1), candleOf(120, 2)]);
  const states = new Uint8Array(block.rows);
  compareRows(block, [candleOf(60, 7), candleOf(120, 7)], states, ROW_CONTRADICTS);
  compareRows(block, [candleOf(60, 8), candleOf(120, 8), candleOf(120, 2)], states, ROW_DIFFERS);
  expect(rowsIn(states, ROW_CONTRADICTS)).toEqual([0]);
  expect(rowsIn(states, ROW_HELD)).toEqual([1]);
});
