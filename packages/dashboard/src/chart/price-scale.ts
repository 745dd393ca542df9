import type { ChartState } from "./chart-place.ts";
import { haveOneScale } from "./overlays/compare-market.ts";

/** What is equally high: equal differences of prices, equal ratios, or parts of the first price seen. */
export type PriceScale = "plain" | "log" | "percent";

/** Prices of markets that cost different sums are compared by how they changed, log scale or not. */
export function scaleOf({
  series,
  compare,
  isLog,
}: Pick<ChartState, "series" | "compare" | "isLog">): PriceScale {
  if (compare !== null && !haveOneScale(series, compare)) {
    return "percent";
  }
  return isLog ? "log" : "plain";
}
