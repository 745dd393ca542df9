import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { parquetMetadata } from "hyparquet";
import { describe, expect, test } from "vitest";
import { collectParquet } from "./collect-parquet.ts";
import type { ServedPart, ServedRange } from "./serve/serve-query.ts";

const SERIES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
const SERVED = { series: SERIES, from: ["1m"] } as const;
const EXTRA = { rolled: false, filled: false, indicators: [] };

function candleAt(timestamp: number): ServedCandle {
  return {
    timestamp,
    open: 1.5,
    high: 2,
    low: 1,
    close: 1.25,
    volume_from: 3,
    volume_to: null,
    trades: 4,
  };
}

/** A range of `parts` pieces of ten candles, and how many of them were asked for. */
function rangeOf(parts: number): { range: ServedRange; asked: () => number } {
  let asked = 0;
  async function* pieces() {
    for (let part = 0; part < parts; part += 1) {
      asked += 1;
      const candles = Array.from({ length: 10 }, (_, row) => candleAt((part * 10 + row) * 60));
      yield { ...SERVED, candles };
    }
  }
  const served = [SERVED];
  return { range: { served, columns: [], parts: pieces() }, asked: () => asked };
}

describe("collectParquet", () => {
  test("has all candles of a range that holds no more than a file may", async () => {
    const { range } = rangeOf(5);
    const bytes = await collectParquet(range, EXTRA, 400);
    expect(parquetMetadata(new Uint8Array(bytes).buffer).num_rows).toBe(50n);
  });

  test("ends at the first candle too many, and says what to ask for", async () => {
    const { range, asked } = rangeOf(100);
    await expect(collectParquet(range, EXTRA, 400)).rejects.toThrow(
      /more than the 400 values.*50 candles of 8 values.*shorter range.*format=arrow, csv or ndjson.*\/v1\/archive/,
    );
    expect(asked()).toBe(6);
  });

  test("counts the columns of indicators, and text for more than a number", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `sma_${index + 1}`);
    const wide = { ...EXTRA, indicators: names };
    await expect(collectParquet(rangeOf(5).range, wide, 400)).rejects.toThrow(
      "25 candles of 16 values",
    );
    expect((await collectParquet(rangeOf(2).range, wide, 400)).length).toBeGreaterThan(0);
    const long = { ...rangeOf(1).range, parts: partsOf({ ...candleAt(0), open: LONG_DECIMAL }) };
    await expect(collectParquet(long, EXTRA, 12)).rejects.toThrow("12 values");
    const again = { ...long, parts: partsOf({ ...candleAt(0), open: LONG_DECIMAL }) };
    expect((await collectParquet(again, EXTRA, 13)).length).toBeGreaterThan(0);
  });
});

const LONG_DECIMAL = "0.1234567890123456789";

async function* partsOf(candle: ServedCandle): AsyncGenerator<ServedPart, void> {
  yield { series: SERIES, from: [SERIES.timeframe], candles: [candle] };
}
