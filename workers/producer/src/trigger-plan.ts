import { InvalidInputError, UnknownSymbolError } from "@candlehouse/shared/core/errors";
import {
  addCandles,
  closeTimeOf,
  newestClosed,
  openTimeOf,
} from "@candlehouse/shared/core/timeframe";
import type { SeriesCatchUp } from "@candlehouse/shared/core/collect-plan";
import { catchUpOf } from "@candlehouse/shared/core/collect-window";
import type { KnownSeries } from "@candlehouse/shared/d1/collection-table";
import type { CandleRequest, Source } from "./sources/source.ts";
import type { TriggerRequest } from "./trigger-request.ts";

/** The pages of a trigger, oldest first. */
export interface TriggerPlan {
  /** Open time of the oldest candle that is asked for. */
  readonly start: number;
  readonly pages: readonly CandleRequest[];
  /**
   * What lies between the newest stored candle of a collected series and these pages. They will
   * hide it from the cron, which goes on from the newest stored candle; so it is written down first.
   */
  readonly left: readonly SeriesCatchUp[];
}

/**
 * Which pages are asked for at `nowSeconds`. Throws InvalidInputError or UnknownSymbolError where
 * none can be.
 */
export function planTrigger(
  source: Source,
  known: KnownSeries,
  request: TriggerRequest,
  nowSeconds: number,
): TriggerPlan {
  const { symbol, timeframe, limit, toTs } = request;
  const nativeSymbol = nativeSymbolOf(source, symbol, known.nativeSymbol);
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
  return {
    start,
    pages,
    left: pages.length === 0 ? [] : leftBefore(source, start, known, request, nowSeconds),
  };
}

function leftBefore(
  { id, newestOnly }: Source,
  start: number,
  { collected, watermark }: KnownSeries,
  { symbol, timeframe }: TriggerRequest,
  nowSeconds: number,
): SeriesCatchUp[] {
  // A source that serves its newest candles alone has nothing older to catch up with.
  if (!collected || watermark === null || newestOnly !== null) {
    return [];
  }
  const left = catchUpOf(
    { source: id, timeframe },
    closeTimeOf(watermark, timeframe),
    start,
    nowSeconds,
  );
  return left === null ? [] : [{ source: id, symbol, timeframe, ...left }];
}

/** The source's name of `symbol`. Throws UnknownSymbolError where it cannot have it. */
function nativeSymbolOf(source: Source, symbol: string, known: string | null): string {
  const native = known ?? source.nativeSymbol(symbol);
  if (native === undefined) {
    throw new UnknownSymbolError(`${source.id} does not have ${symbol}`);
  }
  return native;
}
