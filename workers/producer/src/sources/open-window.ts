import { TOLD_CANDLES } from "@candlehouse/shared/core/open-candle";
import { findCandleFault } from "@candlehouse/shared/core/candle";
import type { SourceCandle } from "@candlehouse/shared/core/open-candle";
import { addCandles, closeTimeOf, openTimeOf } from "@candlehouse/shared/core/timeframe";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { CandleRequest, HttpAnswer, Source } from "./source.ts";

/**
 * Sources whose newest rows are the candle that is open now. CoinGecko has it under the time of the
 * answer, and Massive and Finnhub show the market late, by minutes that depend on the plan.
 */
const TELLING: ReadonlySet<SourceId> = new Set(["binance", "kraken", "coinbase", "cryptocompare"]);

/** Whether `source` tells the candle that is open. */
export function tellsOpenCandles({ id }: Pick<Source, "id">): boolean {
  return TELLING.has(id);
}

/** The window of a market's newest candles at `nowSeconds`, the one that is open then included. */
export function openWindowOf(
  { symbol, nativeSymbol, timeframe }: Pick<CandleRequest, "symbol" | "nativeSymbol" | "timeframe">,
  nowSeconds: number,
): CandleRequest {
  const open = openTimeOf(nowSeconds, timeframe);
  return {
    symbol,
    nativeSymbol,
    timeframe,
    start: addCandles(open, timeframe, 1 - TOLD_CANDLES),
    end: closeTimeOf(open, timeframe),
  };
}

/**
 * Every candle of the window that `answer` has, closed or not, oldest first; one that could never
 * be stored is left out. Throws SourceAnswerError as `Source.parseCandles` does.
 */
export function parseOpenWindow(
  source: Source,
  request: CandleRequest,
  answer: HttpAnswer,
): SourceCandle[] {
  const { candles, openCandles } = source.parseCandles(request, answer);
  return [
    ...candles.map((candle) => ({ ...candle, closed: true })),
    ...openCandles.map((candle) => ({ ...candle, closed: false })),
  ].filter((candle) => findCandleFault(candle, request.timeframe, request.end) === undefined);
}
