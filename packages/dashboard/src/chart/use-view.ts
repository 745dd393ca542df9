import { effect } from "@preact/signals";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { useEffect, useRef } from "preact/hooks";
import type { CandleWindow } from "./candle-window.ts";
import type { ChartDriver } from "./chart-driver.ts";
import type { ChartState } from "./chart-place.ts";
import type { View } from "./view-goal.ts";

/**
 * Has the chart show what the address says, and the address say what the chart shows once it was
 * moved and rests.
 */
export function useView(
  driver: ChartDriver | undefined,
  window: CandleWindow,
  { whose, timeframe }: { readonly whose: string; readonly timeframe: Timeframe },
  { state, change }: { state: ChartState; change: (some: Partial<ChartState>) => void },
): void {
  const view: View = { range: state.range, count: state.count };
  const text = JSON.stringify(view);
  /** What the chart shows already, as the address says it. */
  const shown = useRef<string | null>(null);
  useEffect(() => {
    shown.current = text;
    driver?.open(window, whose, timeframe, view);
    // Where the view alone is another one, the effect below moves there.
  }, [driver, window, whose, timeframe]);
  useEffect(() => {
    if (shown.current !== text) {
      shown.current = text;
      driver?.go(view);
    }
  }, [driver, text]);
  useEffect(() => {
    if (driver === undefined) {
      return undefined;
    }
    return effect(() => {
      const { value: seen } = driver.seen;
      if (seen === null || !driver.wasMoved) {
        return;
      }
      const { start, end, isAtNewest, count } = seen;
      const reached: View = isAtNewest
        ? { range: null, count }
        : { range: { start, end }, count: null };
      if (JSON.stringify(reached) !== shown.current) {
        shown.current = JSON.stringify(reached);
        change(reached);
      }
    });
  }, [driver, change]);
}
