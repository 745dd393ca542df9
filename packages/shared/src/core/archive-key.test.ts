import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveKey, parseArchiveKey, type ArchiveKey } from "./archive-key.ts";
import { partitionOf } from "./partition.ts";
import { SOURCES } from "./source.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const NAME = "ab".repeat(32);
const MINUTES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;

describe("archiveKey", () => {
  test("is a path of Hive partitions, as DuckDB, Polars and pandas read them", () => {
    expect(
      archiveKey({ folder: "candles", series: MINUTES, partition: "2023-03", name: NAME }),
    ).toBe(
      `candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2023/month=03/${NAME}.parquet`,
    );
    const series = { ...MINUTES, timeframe: "1d" } as const;
    expect(archiveKey({ folder: "fragments", series, partition: "2023", name: "x" })).toBe(
      "fragments/source=binance/symbol=BTC-USDT/timeframe=1d/year=2023/x.parquet",
    );
  });

  test("gives back what it was made of", () => {
    const key = fc
      .record({
        folder: fc.constantFrom("candles" as const, "fragments" as const),
        source: fc.constantFrom(...SOURCES),
        timeframe: fc.constantFrom(...TIMEFRAMES),
        day: fc.integer({ min: 14_245, max: 40_000 }),
        name: fc.stringMatching(/^[\w.-]{1,128}$/),
      })
      .map(({ folder, source, timeframe, day, name }): ArchiveKey => ({
        folder,
        series: { source, symbol: "BTC-USDT", timeframe },
        partition: partitionOf(day * 86_400, timeframe),
        name,
      }));
    fc.assert(
      fc.property(key, (parts) => {
        expect(parseArchiveKey(archiveKey(parts))).toEqual(parts);
      }),
    );
  });
});

describe("parseArchiveKey", () => {
  test.each([
    [
      "another folder",
      "dead-letters/source=binance/symbol=BTC-USDT/timeframe=1d/year=2023/x.parquet",
    ],
    ["an unknown source", "candles/source=mtgox/symbol=BTC-USDT/timeframe=1d/year=2023/x.parquet"],
    [
      "a source's own symbol",
      "candles/source=kraken/symbol=XBT-USD/timeframe=1d/year=2023/x.parquet",
    ],
    [
      "a month of days",
      "candles/source=kraken/symbol=BTC-USD/timeframe=1d/year=2023/month=01/x.parquet",
    ],
    ["a year of minutes", "candles/source=kraken/symbol=BTC-USD/timeframe=1m/year=2023/x.parquet"],
    ["no Parquet", "candles/source=kraken/symbol=BTC-USD/timeframe=1d/year=2023/x.csv"],
    ["a way out", "candles/source=kraken/symbol=BTC-USD/timeframe=1d/year=2023/../x.parquet"],
  ])("knows no key with %s", (_, key) => {
    expect(parseArchiveKey(key)).toBeUndefined();
  });
});
