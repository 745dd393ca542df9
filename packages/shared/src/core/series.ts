import { isSourceId, type SourceId } from "./source.ts";
import { isSymbol } from "./symbol.ts";
import { isTimeframe, type Timeframe } from "./timeframe.ts";

/** What a stream of candles is: who published it, of which market, in which timeframe. */
export interface Series {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** `binance:BTC-USDT:1m` */
export function formatSeries(series: Readonly<Record<keyof Series, string>>): string {
  return `${series.source}:${series.symbol}:${series.timeframe}`;
}

/** The series that `text` names, or undefined where it names none. Inverse of `formatSeries`. */
export function parseSeries(text: string): Series | undefined {
  const [source, symbol, timeframe, ...rest] = text.split(":");
  if (source === undefined || symbol === undefined || timeframe === undefined || rest.length > 0) {
    return undefined;
  }
  if (!isSourceId(source) || !isSymbol(symbol) || !isTimeframe(timeframe)) {
    return undefined;
  }
  return { source, symbol, timeframe };
}
