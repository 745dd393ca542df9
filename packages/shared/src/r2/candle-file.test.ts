import { zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHAIN_START } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import { parseDecimal, storedDecimal, type StoredDecimal } from "../core/decimal.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import type { Series } from "../core/series.ts";
import { contentHashOf } from "./content-hash.ts";
import { decodeWholeFile, describeFile } from "./describe-file.ts";
import { encodeCandleFile } from "./encode-candle-file.ts";
import { DECOMPRESSORS } from "./zstd.ts";

const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const MARCH = Date.UTC(2023, 2, 1) / 1_000;
const KEY = "candles/any.parquet";

function stored(text: string): StoredDecimal {
  return storedDecimal(parseDecimal(text) ?? text);
}

/** Decimals of markets, of 20 and more digits, and any double there is. */
const decimal = fc.oneof(
  fc.integer({ min: 1, max: 10 ** 9 }).map((cents) => cents / 100),
  fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 26n }), fc.integer({ min: 0, max: 18 }))
    .map(([digits, scale]) => {
      const text = String(digits).padStart(scale + 1, "0");
      return stored(`${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}0`);
    }),
  fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
);

const candles = fc
  .uniqueArray(
    fc.record({
      timestamp: fc.integer({ min: 0, max: 44_639 }).map((minute) => MARCH + minute * 60),
      open: decimal,
      high: decimal,
      low: decimal,
      close: decimal,
      volume_from: fc.option(decimal),
      volume_to: fc.option(decimal),
      trades: fc.option(fc.maxSafeNat()),
    }),
    { selector: ({ timestamp }) => timestamp, minLength: 1, maxLength: 60 },
  )
  .map((list): Candle[] => list.toSorted((a, b) => a.timestamp - b.timestamp));

describe("a candle file", () => {
  test("gives any candles back as they were", () => {
    fc.assert(
      fc.property(candles, (list) => {
        const { bytes, contentHash } = encodeCandleFile(SERIES, list, CHAIN_START);
        const { file, candles: back } = decodeWholeFile(bytes, KEY);
        expect(back).toEqual(list);
        expect(file).toMatchObject({ series: SERIES, rows: list.length, contentHash, sequence: 0 });
      }),
    );
  });

  test("gives ordinary columns back, whatever their integers' size", () => {
    const price = fc.integer({ min: 1, max: 2 ** 31 }).map((integer) => integer / 1_000);
    const volume = fc.integer({ min: 0, max: 2 ** 50 }).map((integer) => integer / 1_024);
    const rows = fc.array(fc.tuple(price, volume, fc.nat()), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(rows, (list) => {
        const ordinary = list.map(([open, volume_from, trades], minute) => ({
          timestamp: MARCH + minute * 60,
          open,
          high: open,
          low: open,
          close: open,
          volume_from: Math.round(volume_from),
          volume_to: Math.round(volume_from) * 4,
          trades,
        }));
        const { bytes } = encodeCandleFile(SERIES, ordinary, CHAIN_START);
        expect(decodeWholeFile(bytes, KEY).candles).toEqual(ordinary);
      }),
    );
  });

  test("has row groups of a week of minutes, each with its bounds and its hash", () => {
    const month = Array.from({ length: 44_640 }, (_, minute): Candle => ({
      timestamp: MARCH + minute * 60,
      open: 100 + (minute % 7) / 100,
      high: 101,
      low: 99,
      close: 100,
      volume_from: minute / 8,
      volume_to: null,
      trades: minute,
    }));
    const { bytes } = encodeCandleFile(SERIES, month, { sequence: 3, hash: "ab".repeat(32) });
    const { file } = decodeWholeFile(bytes, KEY);
    expect(file).toMatchObject({ sequence: 3, previous: "ab".repeat(32) });
    expect(file.groups.map(({ rows, firstRow }) => [rows, firstRow])).toEqual([
      [10_080, 0],
      [10_080, 10_080],
      [10_080, 20_160],
      [10_080, 30_240],
      [4_320, 40_320],
    ]);
    expect(file.groups[1]).toMatchObject({
      first: MARCH + 10_080 * 60,
      last: MARCH + 20_159 * 60,
    });
    // The groups and the footer are all that is in it, but for the magic before them.
    expect(file.groups[0]?.start).toBe(4);
    expect(file.groups.at(-1)?.end).toBe(bytes.length - file.footerLength);
    expect(describeFile(bytes, KEY, "2023-03").dayCounts).toEqual(
      Array.from({ length: 31 }, () => 1_440),
    );
  });

  test("is not of a partition that its candles are not all of", () => {
    const { bytes } = encodeCandleFile(SERIES, [candleAt(MARCH)], CHAIN_START);
    expect(() => describeFile(bytes, KEY, "2023-02")).toThrow("its candles are not all of 2023-02");
  });

  test.each([
    ["in a row group", () => 40],
    ["in the footer", (length: number) => length - 30],
    ["in its last byte", (length: number) => length - 1],
  ])("is refused where a byte is another %s", (_, place) => {
    const list = Array.from({ length: 300 }, (__, minute) => candleAt(MARCH + minute * 60));
    const { bytes } = encodeCandleFile(SERIES, list, CHAIN_START);
    const at = place(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(() => decodeWholeFile(bytes, KEY)).toThrow(ArchiveDamagedError);
  });
});

test("a page that grows beyond all that a page of ours can be is refused", () => {
  const page = zstdCompressSync(new Uint8Array(5_000_000));
  expect(page.length).toBeLessThan(1_000);
  expect(() => DECOMPRESSORS.ZSTD(page)).toThrow("larger than 4194304 bytes");
});

describe("contentHashOf", () => {
  test("is of the candles and the series, not of their encoding", () => {
    const list = [candleAt(MARCH)];
    // printf 'binance:BTC-USDT:1m\n1677628800,1.5,2,1,1.25,0.1,,7\n' | sha256sum
    expect(contentHashOf(SERIES, list)).toBe(
      "690f5dd1d51281916904a805546e34cf3fa51a49ea6c76fd994f613c0744fb4e",
    );
  });
});

function candleAt(timestamp: number): Candle {
  return {
    timestamp,
    open: 1.5,
    high: 2,
    low: 1,
    close: 1.25,
    volume_from: 0.1,
    volume_to: null,
    trades: 7,
  };
}
