import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlePage, CandleQuery } from "@candlehouse/shared/core/query-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { candleJson, numberToken } from "./candle-json.ts";

/** A format that has a line a candle, so that it can be written piece by piece. */
export interface LineFormat {
  /** What stands before the first candle. */
  readonly header: string;
  /** `candles` of `series`, each as a line with its end. */
  lines(series: Series, candles: readonly Candle[]): string;
}

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

/**
 * Nothing is quoted: a source, a symbol and a timeframe hold no comma, quote or line end, and all
 * else is a number or, for null, empty.
 */
const CSV: LineFormat = {
  header: `source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades${CSV_LINE_END}`,
  lines(series, candles) {
    const name = `${series.source},${series.symbol},${series.timeframe}`;
    let csv = "";
    for (const candle of candles) {
      const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
      csv += `${name},${timestamp},${numberToken(open)},${numberToken(high)},${numberToken(low)},${numberToken(close)},${volume_from === null ? "" : numberToken(volume_from)},${volume_to === null ? "" : numberToken(volume_to)},${trades ?? ""}${CSV_LINE_END}`;
    }
    return csv;
  },
};

/** A JSON object a line: the series' name and the candle's fields. */
const NDJSON: LineFormat = {
  header: "",
  lines({ source, symbol, timeframe }, candles) {
    const name = JSON.stringify({ source, symbol, timeframe }).slice(0, -1);
    let lines = "";
    for (const candle of candles) {
      lines += `${name},${candleJson(candle).slice(1)}\n`;
    }
    return lines;
  },
};

export const LINE_FORMATS = { csv: CSV, ndjson: NDJSON } as const;

/** A page of candles as lines: one series after the other. */
export function linesPage(
  format: LineFormat,
  { series }: CandleQuery,
  pages: readonly CandlePage[],
): string {
  const lines = series.map((one, index) => format.lines(one, pages[index]?.candles ?? []));
  return format.header + lines.join("");
}
