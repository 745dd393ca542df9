import { parseSeries } from "@candlehouse/shared/core/series";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { useEffect, useMemo } from "preact/hooks";
import { now } from "../shell/clock.ts";
import { CandleWindow } from "./candle-window.ts";
import { loadFrom, type CandlesWanted } from "./load-candles.ts";

/** Timeframe of the candles that are asked for. */
export function timeframeOf({ series, interval }: Omit<CandlesWanted, "indicators">): Timeframe {
  return interval ?? parseSeries(series)?.timeframe ?? "1m";
}

/** A window of what is wanted, another one where that changes. */
export function useCandleWindow({ series, interval, indicators }: CandlesWanted): CandleWindow {
  const names = indicators.join(",");
  const window = useMemo(
    () =>
      new CandleWindow(
        timeframeOf({ series, interval }),
        loadFrom({ series, interval, indicators: names.split(",").filter(Boolean) }),
        () => now.peek(),
      ),
    [series, interval, names],
  );
  useEffect(() => () => window.close(), [window]);
  return window;
}
