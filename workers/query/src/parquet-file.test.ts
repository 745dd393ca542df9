import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import { DECOMPRESSORS } from "@candlehouse/shared/r2/zstd";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { ParquetFile } from "./parquet-file.ts";

const SERIES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
const EXTRA = { rolled: false, filled: false, indicators: ["sma_2"] };

/** A file whose opens are `pieces`, added piece by piece, with no volumes and trades. */
function fileOf(...pieces: (StoredDecimal | null)[][]): ArrayBuffer {
  const file = new ParquetFile(EXTRA);
  let rows = 0;
  for (const piece of pieces) {
    const nothing = { high: 1, low: 1, close: 1, volume_from: null, volume_to: null, trades: null };
    file.add(
      piece.map((open, row) => ({
        ...nothing,
        open,
        timestamp: (rows + row) * 60,
        indicators: [row === 0 ? null : row / 3],
      })),
    );
    rows += piece.length;
  }
  return new Uint8Array(file.write(SERIES)).buffer;
}

/** The reader multiplies a DECIMAL's integer by a power of ten, which is right to 15 digits. */
function shown(value: unknown): string | null {
  return value === null ? null : Number(value).toPrecision(15);
}

describe("a Parquet file of an answer", () => {
  test.each([
    [
      "numbers",
      [
        [0.1, 0.25],
        [1e14, 7.5],
      ],
      "DECIMAL",
      2,
    ],
    ["pieces of several scales", [[1, 2], [0.12345], [3]], "DECIMAL", 5],
    ["nulls", [[1.5, null], [null], [0.25]], "DECIMAL", 2],
    ["nothing but nulls", [[null], [null, null]], "DECIMAL", 0],
    ["decimals above 2^53", [["9007199254740993"], [0.5, null]], "DECIMAL", 1],
    ["large doubles", [[1e22, 2 ** 53], [5]], "DECIMAL", 0],
    ["scales beyond 18", [[1], ["0.1234567890123456789012345", null]], "DECIMAL", 25],
    ["decimals that no scale holds", [[1, null], [`0.${"0".repeat(40)}1`]], "STRING", undefined],
    ["doubles that no scale holds", [[1e-40, null], [1]], undefined, undefined],
  ])("holds %s", async (_, pieces, type, scale) => {
    const file = fileOf(...pieces);
    const element = parquetMetadata(file).schema.find(({ name }) => name === "open");
    expect([element?.logical_type?.type, element?.scale]).toEqual([type, scale]);
    const rows = await parquetReadObjects({ file, compressors: DECOMPRESSORS });
    expect(rows.map(({ open }) => shown(open))).toEqual(pieces.flat().map(shown));
    expect(rows.map(({ timestamp }) => Number(timestamp))).toEqual(
      pieces.flat().map((_open, row) => row * 60_000),
    );
    expect(rows[0]).toMatchObject({
      volume_from: null,
      volume_to: null,
      trades: null,
      sma_2: null,
    });
  });

  test("of several row groups has every row once", async () => {
    const prices = Array.from({ length: 120_000 }, (_, row) => 27_500 + (row % 997) / 100);
    const file = fileOf(prices.slice(0, 70_001), prices.slice(70_001));
    const { row_groups, num_rows } = parquetMetadata(file);
    expect([row_groups.length > 2, num_rows]).toEqual([true, 120_000n]);
    const rows = await parquetReadObjects({ file, compressors: DECOMPRESSORS, columns: ["open"] });
    expect(rows.map(({ open }) => Math.round(Number(open) * 100) / 100)).toEqual(prices);
  });
});
