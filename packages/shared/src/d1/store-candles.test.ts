import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { StoreCandle } from "../core/store-plan.ts";
import { chunkJson, JSON_BYTES_MAX } from "./store-candles.ts";

function candleOf(index: number): StoreCandle {
  const candle = ["BTC-USDT", "1m", index * 60, 1, 1, 1, 1, null, null, null] as const;
  return { source: "binance", candle, sentAtMs: 7 };
}

test("chunks hold every row once, in order, each below the limit", () => {
  fc.assert(
    fc.property(fc.nat({ max: 300 }), fc.integer({ min: 100, max: 5_000 }), (count, bytesMax) => {
      const rows = Array.from({ length: count }, (_, index) => candleOf(index));
      const chunks = chunkJson(rows, bytesMax);
      expect(chunks.flatMap(({ json }) => JSON.parse(json) as unknown[])).toEqual(
        rows.map(({ source, candle, sentAtMs }) => [source, ...candle, sentAtMs]),
      );
      expect(chunks.every(({ json }) => json.length < bytesMax)).toBe(true);
      expect(chunks.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(count);
    }),
  );
});

test("the thousand candles of a batch are one chunk, however long their decimals are", () => {
  const long = `0.${"1".repeat(62)}`;
  const candle: StoreCandle["candle"] = [
    "A".repeat(32),
    "15m",
    4_102_444_800,
    long,
    long,
    long,
    long,
    long,
    long,
    Number.MAX_SAFE_INTEGER,
  ];
  const row = { source: "cryptocompare", candle, sentAtMs: 4_102_444_800_000 };
  expect(
    chunkJson(
      Array.from({ length: 1_000 }, () => row),
      JSON_BYTES_MAX,
    ),
  ).toHaveLength(1);
});
