import { decimalOf, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { closeTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { unitsASecond, type TimeUnit } from "./door-parameters.ts";

/** `candles` of `timeframe` as Binance writes them, a JSON array of arrays. */
export function klinesJson(
  candles: readonly ServedCandle[],
  timeframe: Timeframe,
  unit: TimeUnit,
): string {
  return `[${candles.map((candle) => klineRow(candle, timeframe, unit)).join(",")}]`;
}

/**
 * Open time, four prices, volume, close time, quote volume, trades, what takers bought in base and
 * in quote currency, and a column that means nothing. No row can say null: a volume or a count that
 * the source does not give is 0, and what takers bought, which is not stored, is 0 always.
 */
function klineRow(candle: ServedCandle, timeframe: Timeframe, unit: TimeUnit): string {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  const units = unitsASecond(unit);
  const closeTime = closeTimeOf(timestamp, timeframe) * units - 1;
  const prices = [open, high, low, close].map((price) => priceText(price, timestamp)).join(",");
  return `[${timestamp * units},${prices},${volumeText(volume_from)},${closeTime},${volumeText(volume_to)},${trades ?? 0},"0","0","0"]`;
}

/** Throws TypeError where there is no price: nothing was to be filled. */
function priceText(price: StoredDecimal | null, timestamp: number): string {
  if (price === null) {
    throw new TypeError(`the candle at ${timestamp} has no price`);
  }
  return `"${decimalOf(price)}"`;
}

function volumeText(volume: StoredDecimal | null): string {
  return volume === null ? '"0"' : `"${decimalOf(volume)}"`;
}
