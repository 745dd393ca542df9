import { decimalOf, parseDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { strFromU8, unzipSync } from "fflate";
import { existsSync, globSync, readFileSync } from "node:fs";

/** Recorded candles; they are no part of the repository. */
export const RECORDINGS =
  process.env["RECORDINGS"] ?? new URL("../../shared/market-data", import.meta.url).pathname;

export const hasRecordings = existsSync(`${RECORDINGS}/binance-vision/BTCUSDT-1m`);

/** For the name of what is skipped without them. */
export const skipReason = hasRecordings
  ? ""
  : `, skipped: no recordings in ${RECORDINGS}, set RECORDINGS`;

/** A candle as decimals in text: timestamp, prices, volumes, trades. */
export type Line = readonly string[];

export interface CandleRow {
  readonly timestamp: number;
  readonly open: StoredDecimal;
  readonly high: StoredDecimal;
  readonly low: StoredDecimal;
  readonly close: StoredDecimal;
  readonly volume_from: StoredDecimal;
  readonly volume_to: StoredDecimal;
  readonly trades: number;
}

/**
 * The candles that Binance published in daily files of `series`, such as `BTCUSDT-1m`, from `start`
 * (inclusive) to `end` (exclusive), unix seconds of days; in order.
 */
export function recordedLines(series: string, start: number, end: number): Line[] {
  const folder = `${RECORDINGS}/binance-vision/${series}`;
  return globSync("*.zip", { cwd: folder })
    .toSorted()
    .filter((file) => {
      const day = Date.parse(/(\d{4}-\d{2}-\d{2})\.zip$/.exec(file)?.[1] ?? "") / 1_000;
      return day >= start && day < end;
    })
    .flatMap((file) => Object.values(unzipSync(readFileSync(`${folder}/${file}`))))
    .flatMap((bytes) => strFromU8(bytes).trim().split("\n"))
    .map((row) => {
      const [openMs, open, high, low, close, base, , quote, trades] = row.split(",");
      const values = [open, high, low, close, base, quote, trades].map(
        (text) => parseDecimal(text ?? "") ?? "",
      );
      return [String(Number(openMs) / 1_000), ...values];
    });
}

/** `row` as recorded lines are. */
export function lineOf(row: CandleRow): Line {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = row;
  return [timestamp, open, high, low, close, volume_from, volume_to, trades].map(decimalOf);
}
