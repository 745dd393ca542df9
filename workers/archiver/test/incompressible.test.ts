import { CHAIN_START } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { storedDecimal } from "@candlehouse/shared/core/decimal";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { describe, expect, test } from "vitest";

const SERIES = { source: "kraken", symbol: "BTC-USD", timeframe: "1m" } as const;
const MARCH = Date.UTC(2023, 2, 1) / 1_000;
/** A row group and a half. */
const ROWS = 15_120;

/** Digits that nothing compresses, the same ones each time. */
function randomDigits(seed: number): () => bigint {
  let state = BigInt(seed);
  return () => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n);
    return state >> 1n;
  };
}

function candlesOf(
  value: () => Candle["open"],
  trades: (row: number) => number | null = () => null,
): Candle[] {
  return Array.from({ length: ROWS }, (_, minute) => ({
    timestamp: MARCH + minute * 60,
    open: value(),
    high: value(),
    low: value(),
    close: value(),
    volume_from: value(),
    volume_to: null,
    trades: trades(minute),
  }));
}

/** The Workers runtime compresses up to some 40 kB at once: each kind of page must stay below. */
describe("a file whose values do not compress", () => {
  const random = randomDigits(7);

  test.each([
    ["nine digits", () => Number(random() % 1_000_000_000n) / 100],
    ["eighteen digits", () => storedDecimal(String(random() % 1_000_000_000_000_000_000n))],
    ["38 digits", () => storedDecimal(String(random() * random()))],
    ["doubles of every size", () => Number(random()) * 10 ** Number(random() % 200n)],
    [
      "text",
      () =>
        storedDecimal(
          `${"1".padEnd(Number(random() % 30n) + 20, "0")}${random()}.${random() | 1n}`,
        ),
    ],
  ])("is written and read in this runtime: %s", (_, value) => {
    const candles = candlesOf(value);
    const { bytes } = encodeCandleFile(SERIES, candles, CHAIN_START);
    expect(decodeWholeFile(bytes, "any").candles).toEqual(candles);
  });

  test.each([
    ["in each row", () => Number(random() % 2n ** 31n)],
    [
      "in all rows but a few",
      (row: number) => (row % 997 === 5 ? null : Number(random() % 2n ** 31n)),
    ],
    ["up and down", (row: number) => (row % 2 === 0 ? 0 : 2 ** 31 - 1 - (row % 7))],
  ])("is written and read in this runtime: counts of 31 bits %s", (_, trades) => {
    const candles = candlesOf(() => 1, trades);
    const { bytes } = encodeCandleFile(SERIES, candles, CHAIN_START);
    expect(decodeWholeFile(bytes, "any").candles).toEqual(candles);
  });
});
