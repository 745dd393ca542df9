import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { shownTheme } from "../shell/settings.ts";
import { ChartDriver } from "./chart-driver.ts";
import { createPlot, setScale, type Plot } from "./create-plot.ts";
import type { PriceScale } from "./price-scale.ts";

/** A chart on the page and who moves it. */
export interface DrivenPlot {
  readonly plot: Plot;
  readonly driver: ChartDriver;
}

/** The chart in `element` while it is on the page; null before. The zone is that of the first call. */
export function useDriver(
  element: RefObject<HTMLElement>,
  timeZone: string,
  scale: PriceScale,
): DrivenPlot | null {
  const [driven, setDriven] = useState<DrivenPlot | null>(null);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) {
      return undefined;
    }
    const plot = createPlot(current, timeZone);
    const driver = new ChartDriver(plot, current);
    setDriven({ plot, driver });
    return () => {
      driver.close();
      // What is drawn onto the chart is taken off it before: its parts go after this one.
      setTimeout(() => plot.chart.remove());
    };
  }, [element, timeZone]);

  const theme = shownTheme.value;
  useEffect(() => driven?.driver.repaint(), [driven, theme]);
  useEffect(() => {
    if (driven !== null) {
      setScale(driven.plot, scale);
    }
  }, [driven, scale]);
  return driven;
}
