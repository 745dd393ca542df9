import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { addCandles } from "@candlehouse/shared/core/timeframe";
import type { BackfillOrder } from "./backfill-request.ts";

/** An open backfill that ends by less than a day, or so many candles, earlier ends now as well. */
const NEAR_END_CANDLES = 3;
const DAY_SECONDS = 86_400;

/**
 * A backfill that has not ended and does all that `job` would; undefined where there is none. Where
 * the order named no end, it may be somewhat short of now: the same order a little later is the same
 * backfill, and no second one. It does three quarters of what is asked, however short that is.
 */
export function findCovering(
  unfinished: readonly BackfillJob[],
  { symbol, timeframe, request }: BackfillJob,
  { isOpenEnded }: Pick<BackfillOrder, "isOpenEnded">,
): BackfillJob | undefined {
  const { start, end } = request;
  const latest = Math.min(end - DAY_SECONDS, addCandles(end, timeframe, -NEAR_END_CANDLES));
  const nearEnd = Math.max(latest, end - (end - start) / 4);
  return unfinished.find(
    (other) =>
      other.symbol === symbol &&
      other.timeframe === timeframe &&
      other.request.start <= request.start &&
      (isOpenEnded ? other.request.end > nearEnd : other.request.end >= request.end) &&
      request.markets.every((market) =>
        other.request.markets.some((one) => one.symbol === market.symbol),
      ),
  );
}
