import type { ReadonlySignal } from "@preact/signals";
import { Link } from "wouter-preact";
import { formatDay } from "../ui/format.ts";
import { backfillOf } from "./backfill-link.ts";
import type { ChartPlace } from "./chart-place.ts";
import type { LiveState } from "./use-live.ts";

interface ChartFootProps {
  readonly place: ChartPlace | null;
  readonly live: ReadonlySignal<LiveState>;
  readonly timeZone: string;
}

const LIVE_TEXT: Readonly<Record<LiveState, string>> = {
  waiting: "Connecting",
  off: "No new candles are collected of this series",
  live: "Live",
  broken: "The connection is lost: it is tried again",
};

/** Whether it is live, where history begins, and whose chart it is. */
export function ChartFoot({ place, live, timeZone }: ChartFootProps) {
  return (
    <footer class="chart-foot">
      <span class={`chart-live is-${live.value}`} role="status">
        {LIVE_TEXT[live.value]}
      </span>
      {place === null ? null : <HistoryBegin place={place} timeZone={timeZone} />}
      <span class="chart-foot-credits">
        <a href="https://www.tradingview.com/">Charts by TradingView Lightweight Charts™</a>
        <a href="/dashboard/licenses.md">Licenses</a>
      </span>
    </footer>
  );
}

/** Told where the first stored candle is seen. */
function HistoryBegin({ place, timeZone }: { place: ChartPlace; timeZone: string }) {
  const { isComplete, timestamp } = place.loaded.value;
  const [first] = timestamp;
  const shown = place.shown.value;
  if (!isComplete || first === undefined || shown === null || shown.start > first) {
    return null;
  }
  return (
    <span>
      The first stored candle is of {formatDay(first, timeZone)}.{" "}
      <Link href={backfillOf(place.state, { start: null, end: first })}>Backfill older ones</Link>
    </span>
  );
}
