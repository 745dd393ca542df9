import { strFromU8, unzipSync } from "fflate";
import { parseDecimal } from "../decimal.ts";
import type { Candle } from "./candle.ts";

/** A time above this is in microseconds: Binance Vision's spot files from 2025 on. */
const MILLISECONDS_MAX = 1e14;

/** The candles of a Binance Vision file: a CSV, or a zip with one in it. */
export function parseVisionFile(bytes: Uint8Array, zipped: boolean): Candle[] {
  const text = zipped
    ? Object.values(unzipSync(bytes))
        .map((entry) => strFromU8(entry))
        .join("")
    : strFromU8(bytes);
  return linesOf(text).map((line) => binanceCandle(line.split(",")));
}

/** The candles of the body of a Binance klines request. */
export function parseKlinesBody(bytes: Uint8Array): Candle[] {
  const rows: unknown = JSON.parse(strFromU8(bytes));
  if (!Array.isArray(rows)) {
    throw new Error("A recorded klines body is not a list");
  }
  return rows.map((row: unknown) => binanceCandle(Array.isArray(row) ? row.map(String) : []));
}

/** The candles of a Kraken OHLCVT file: time in seconds, o, h, l, c, volume, trades. */
export function parseKrakenFile(bytes: Uint8Array): Candle[] {
  return linesOf(strFromU8(bytes)).map((line) => {
    const fields = line.split(",");
    const [open, high, low, close, volume] = [1, 2, 3, 4, 5].map((at) =>
      parseDecimal(fields[at] ?? ""),
    );
    if (
      open === undefined ||
      high === undefined ||
      low === undefined ||
      close === undefined ||
      volume === undefined
    ) {
      throw new Error(`A recorded Kraken candle has too few fields: ${line}`);
    }
    // The files have no quote volume and no average price; the middle of the four prices stands in.
    const quoteVolume = (volume * ((open + high + low + close) / 4n)) / 10n ** 18n;
    return {
      openMs: Number(fields[0]) * 1000,
      open,
      high,
      low,
      close,
      volume,
      quoteVolume,
      trades: Number(fields[6]),
      takerVolume: volume / 2n,
      takerQuoteVolume: quoteVolume / 2n,
    };
  });
}

function binanceCandle(fields: readonly string[]): Candle {
  const decimal = (at: number): bigint => parseDecimal(fields[at] ?? "");
  return {
    openMs: toMs(Number(fields[0])),
    closeMs: toMs(Number(fields[6])),
    open: decimal(1),
    high: decimal(2),
    low: decimal(3),
    close: decimal(4),
    volume: decimal(5),
    quoteVolume: decimal(7),
    trades: Number(fields[8]),
    takerVolume: decimal(9),
    takerQuoteVolume: decimal(10),
  };
}

function toMs(time: number): number {
  return time > MILLISECONDS_MAX ? Math.floor(time / 1000) : time;
}

/** Lines with data: no empty ones, and no header, which starts with a letter. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => /^\d/.test(line));
}
