/**
 * Merges a month of minutes with as many hot candles and writes, reads and describes the file, as a
 * run of the archiver does: to be run with little memory. Prints what memory beside the heap it took.
 */
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import { decodeWholeFile, describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";

const SERIES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
const MINUTES = 31 * 1_440;
const MARCH = Date.UTC(2023, 2, 1) / 1_000;

let state = 1;

/** Digits that do not compress, the same ones in each run. */
function random(below: number): number {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state % below;
}

function minute(index: number): Candle {
  const low = 16_000 + random(100_000) / 100;
  return {
    timestamp: MARCH + index * 60,
    open: low,
    high: low + random(1_000),
    low,
    close: low,
    volume_from: random(100_000_000) / 100_000,
    volume_to: random(2_147_483_647) / 128,
    trades: random(100_000),
  };
}

const kept = Array.from({ length: MINUTES }, (_, index) => minute(index));
const { bytes: current } = encodeCandleFile(SERIES, kept, CHAIN_START);
const hot = kept.map((candle) => ({ ...candle }));
const { candles, same } = mergeCandles(decodeWholeFile(current, "current").candles, hot);
const { bytes } = encodeCandleFile(SERIES, candles, CHAIN_START);
const { rows } = describeFile(bytes, "new", "2023-03");
const { arrayBuffers } = process.memoryUsage();
process.stdout.write(JSON.stringify({ rows, same, arrayBuffers }));
