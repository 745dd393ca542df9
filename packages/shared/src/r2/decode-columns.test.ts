import { describe, expect, test } from "vitest";
import { CHAIN_START } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import { parseCandleFile, footerLengthOf, type CandleFile } from "./candle-file.ts";
import { decodeGroup, decodeNumbers, reuseOutput } from "./decode-columns.ts";
import { encodeCandleFile } from "./encode-candle-file.ts";
import { FILE_COLUMNS, type FileColumn } from "./file-schema.ts";

const MARCH = Date.UTC(2023, 2, 1) / 1_000;
const LONG = "123456789.12345678901234567";

function minutes(values: (minute: number) => Partial<Candle>, count: number): Candle[] {
  return Array.from({ length: count }, (_, minute) => ({
    timestamp: MARCH + minute * 60,
    open: 1.1,
    high: 9.99,
    low: 0.07,
    close: 3.3 + minute,
    volume_from: minute / 1_000,
    // In units of 10^-8 it has more than 50 bits.
    volume_to: 45_130_520.123_456_78 + minute,
    trades: minute,
    ...values(minute),
  }));
}

interface Read {
  readonly file: CandleFile;
  readonly groups: readonly Uint8Array[];
}

function write(candles: readonly Candle[]): Read {
  const series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
  const { bytes } = encodeCandleFile(series, candles, CHAIN_START);
  const file = parseCandleFile(bytes.subarray(bytes.length - (footerLengthOf(bytes) ?? 0)), "any");
  return { file, groups: file.groups.map(({ start, end }) => bytes.slice(start, end)) };
}

function numbersOf({ file, groups }: Read, name: FileColumn): number[] {
  return groups.flatMap((bytes, index) => {
    const output = new Float64Array(file.groups[index]?.rows ?? 0);
    decodeNumbers(file, index, name, bytes, output);
    return [...output];
  });
}

describe("decodeNumbers", () => {
  test.each(FILE_COLUMNS)("gives %s of each row group as numbers", (name) => {
    const candles = minutes(() => ({}), 10_100);
    expect(numbersOf(write(candles), name)).toEqual(candles.map((candle) => candle[name]));
  });

  test.each(FILE_COLUMNS)(
    "gives NaN for null and the nearest double for long decimals: %s",
    (name) => {
      const candles = minutes(
        (minute) => ({
          open: LONG,
          close: minute === 1 ? 5e-324 : 1e300,
          volume_from: minute % 2 === 0 ? null : 0.5,
          volume_to: null,
          trades: minute === 3 ? null : 2 ** 53 - 1 - minute,
        }),
        50,
      );
      expect(numbersOf(write(candles), name)).toEqual(
        candles.map((candle) => (candle[name] === null ? Number.NaN : Number(candle[name]))),
      );
    },
  );
});

describe("decodeGroup", () => {
  test("gives the same into memory that is used again as into new memory", () => {
    const { file, groups } = write(minutes(() => ({}), 10_100));
    const outputOf = reuseOutput();
    const reused = groups.map((bytes, index) => decodeGroup(file, index, bytes, outputOf));
    expect(reused.map(({ rows }) => rows)).toEqual([10_080, 20]);
    expect(reused[1]).toEqual(decodeGroup(file, 1, groups[1] ?? new Uint8Array()));
    expect(reused[1]?.timestamps.buffer).toBe(reused[0]?.timestamps.buffer);
  });

  test("throws where the file has no such row group", () => {
    const { file, groups } = write(minutes(() => ({}), 10));
    expect(() => decodeGroup(file, 1, groups[0] ?? new Uint8Array())).toThrow("no row group 1");
  });
});
