import { InvalidInputError, UnknownSymbolError } from "@candlehouse/shared/core/errors";
import {
  addCandles,
  closeTimeOf,
  newestClosed,
  openTimeOf,
} from "@candlehouse/shared/core/timeframe";
import type { CandleRequest, Source } from "./sources/source.ts";
import type { TriggerRequest } from "./trigger-request.ts";

/** The pages of a trigger, oldest first. */
export interface TriggerPlan {
  /** Open time of the oldest candle that is asked for. */
  readonly start: number;
  readonly pages: readonly CandleRequest[];
}

/** Which pages are asked for at `nowSeconds`. Throws InvalidInputError where none can be. */
export function planTrigger(
  source: Source,
  nativeSymbol: string,
  request: TriggerRequest,
  nowSeconds: number,
): TriggerPlan {
  const { symbol, timeframe, limit, toTs } = request;
  if (!source.timeframes.includes(timeframe)) {
    throw new InvalidInputError(
      "timeframe",
      timeframe,
      `${source.id} serves ${source.timeframes.join(", ")}`,
    );
  }
  if (toTs !== undefined && toTs > nowSeconds) {
    throw new InvalidInputError("toTs", toTs, `not in the future: now is ${nowSeconds}`);
  }
  const newest = newestClosed(nowSeconds, timeframe, source.settleSeconds);
  const last = toTs === undefined ? newest : Math.min(newest, openTimeOf(toTs, timeframe));
  const end = closeTimeOf(last, timeframe);
  const start = addCandles(end, timeframe, -limit);
  const reach = source.newestOnly;
  const reachStart =
    reach === null ? start : addCandles(closeTimeOf(newest, timeframe), timeframe, -reach);
  const pages: CandleRequest[] = [];
  for (let at = Math.max(start, reachStart); at < end;) {
    const pageEnd = Math.min(end, addCandles(at, timeframe, source.candlesPerRequest));
    pages.push({ symbol, nativeSymbol, timeframe, start: at, end: pageEnd });
    at = pageEnd;
  }
  return { start, pages };
}

/** The source's name of `symbol`. Throws UnknownSymbolError where it cannot have it. */
export function nativeSymbolOf(source: Source, symbol: string, known: string | undefined): string {
  const native = known ?? source.nativeSymbol(symbol);
  if (native === undefined) {
    throw new UnknownSymbolError(`${source.id} does not have ${symbol}`);
  }
  return native;
}
