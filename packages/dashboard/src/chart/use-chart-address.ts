import { useCallback, useMemo, useRef } from "preact/hooks";
import { useSearchParams } from "wouter-preact";
import { readAddress, writeAddress, type ChartAddress } from "./chart-state.ts";

/** Members that make another chart: the browser's Back leads to the one before. */
const STEPS = ["series", "interval", "compare"] as const;

/** What the page's address says of the chart, and how to change some of it. */
export function useChartAddress(): [ChartAddress, (some: Partial<ChartAddress>) => void] {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const address = useMemo(() => readAddress(new URLSearchParams(text)), [text]);
  const set = useRef(setParams);
  set.current = setParams;
  const change = useCallback((some: Partial<ChartAddress>) => {
    // What the page shows may be older than what the address says by now.
    const before = readAddress(new URLSearchParams(location.search));
    const after = { ...before, ...some };
    const isStep = before.series !== null && STEPS.some((name) => before[name] !== after[name]);
    set.current(writeAddress(after), { replace: !isStep });
  }, []);
  return [address, change];
}
