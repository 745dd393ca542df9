import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlePage, CandleQuery } from "@candlehouse/shared/core/query-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { numberToken } from "./candle-json.ts";

/** Lines end as RFC 4180 has it. */
const LINE_END = "\r\n";

const CSV_HEADER = `source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades${LINE_END}`;

/**
 * `candles` of `series` as CSV lines, without the header. Nothing is quoted: a source, a symbol
 * and a timeframe hold no comma, quote or line end, and all else is a number or, for null, empty.
 */
function candlesCsv(series: Series, candles: readonly Candle[]): string {
  const name = `${series.source},${series.symbol},${series.timeframe}`;
  let csv = "";
  for (const candle of candles) {
    const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
    csv += `${name},${timestamp},${numberToken(open)},${numberToken(high)},${numberToken(low)},${numberToken(close)},${volume_from === null ? "" : numberToken(volume_from)},${volume_to === null ? "" : numberToken(volume_to)},${trades ?? ""}${LINE_END}`;
  }
  return csv;
}

/** A page of candles as CSV: all series in one table, in their order. */
export function csvPage({ series }: CandleQuery, pages: readonly CandlePage[]): string {
  const lines = series.map((one, index) => candlesCsv(one, pages[index]?.candles ?? []));
  return CSV_HEADER + lines.join("");
}
