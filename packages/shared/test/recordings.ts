/** Candles that exchanges published, for tests and benchmarks; they are no part of the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { strFromU8, unzipSync } from "fflate";
import type { Candle } from "../src/core/candle.ts";
import { parseDecimal, storedDecimal, type StoredDecimal } from "../src/core/decimal.ts";

const RECORDINGS =
  process.env["RECORDINGS"] ?? new URL("../../../../shared/market-data", import.meta.url).pathname;

export const hasRecordings = existsSync(`${RECORDINGS}/binance-vision/BTCUSDT-1m`);

/** What a test's name ends with where it is skipped. */
export const skipReason = hasRecordings
  ? ""
  : `, skipped: no recordings in ${RECORDINGS}, set RECORDINGS`;

/**
 * Binance's own candles of `folder` (such as `BTCUSDT-1m`), ascending: of the days from `first` to
 * `last`, both inclusive and written `2023-03-24`.
 */
export function binanceCandles(folder: string, first = "0", last = "9"): Candle[] {
  const days = readdirSync(`${RECORDINGS}/binance-vision/${folder}`)
    .map((name) => ({ name, date: name.slice(-"2023-03-24.zip".length, -".zip".length) }))
    .filter(({ date }) => date >= first && date <= last)
    .toSorted((a, b) => (a.date < b.date ? -1 : 1));
  return days.flatMap(({ name }) => {
    const zip = unzipSync(readFileSync(`${RECORDINGS}/binance-vision/${folder}/${name}`));
    return Object.values(zip).flatMap((bytes) => linesOf(strFromU8(bytes)).map(binanceCandle));
  });
}

/** Kraken's own candles of `name` (such as `XBTUSD_1440`), ascending; it gives no quote volume. */
export function krakenCandles(name: string): Candle[] {
  return linesOf(readFileSync(`${RECORDINGS}/kraken-ohlcvt/${name}.csv`, "utf8")).map((line) => {
    const [time, open, high, low, close, volume, trades] = line.split(",");
    return candleOf([time, open, high, low, close, volume, undefined, trades]);
  });
}

/** Coinbase's own BTC-USD candles of four hours, ascending; it gives no quote volume, no trades. */
export function coinbaseCandles(): Candle[] {
  const [name = ""] = readdirSync(`${RECORDINGS}/coinbase`);
  const { candles } = JSON.parse(readFileSync(`${RECORDINGS}/coinbase/${name}`, "utf8")) as {
    readonly candles: readonly Record<string, string>[];
  };
  return candles.map(({ start, open, high, low, close, volume }) =>
    candleOf([start, open, high, low, close, volume, undefined, undefined]),
  );
}

function linesOf(csv: string): string[] {
  return csv.trim().split("\n");
}

function binanceCandle(line: string): Candle {
  const [openMs, open, high, low, close, base, , quote, trades] = line.split(",");
  return candleOf([String(Number(openMs) / 1_000), open, high, low, close, base, quote, trades]);
}

function candleOf(cells: readonly (string | undefined)[]): Candle {
  const [time, open, high, low, close, volumeFrom, volumeTo, trades] = cells;
  return {
    timestamp: Number(time),
    open: decimalOf(open),
    high: decimalOf(high),
    low: decimalOf(low),
    close: decimalOf(close),
    volume_from: volumeFrom === undefined ? null : decimalOf(volumeFrom),
    volume_to: volumeTo === undefined ? null : decimalOf(volumeTo),
    trades: trades === undefined ? null : Number(trades),
  };
}

function decimalOf(text = ""): StoredDecimal {
  const decimal = parseDecimal(text);
  if (decimal === undefined) {
    throw new RangeError(`${text} is no decimal`);
  }
  return storedDecimal(decimal);
}
