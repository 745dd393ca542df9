import { Link } from "wouter-preact";
import { zoneName } from "../shell/settings.ts";
import { Button } from "../ui/button.tsx";
import { formatTime } from "../ui/format.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { backfillOf } from "./backfill-link.ts";
import type { CandleWindow } from "./candle-window.ts";
import type { ChartDriver } from "./chart-driver.ts";
import type { ChartPlace, TimeRange } from "./chart-place.ts";

interface ChartStatesProps {
  readonly window: CandleWindow;
  readonly place: ChartPlace | null;
  readonly driver: ChartDriver | undefined;
}

/** What is said over the chart: that it loads, failed, or has nothing, and what to do. */
export function ChartStates({ window, place, driver }: ChartStatesProps) {
  const { value: content } = window.content;
  const { value: failure } = window.failure;
  const { value: isLoading } = window.isLoading;
  if (failure !== null) {
    return content === null ? (
      <div class="chart-state">
        <Failed what="the candles" error={failure} onRetry={() => window.retry()} />
      </div>
    ) : (
      <div class="chart-note" role="status">
        <span>What lies here could not be loaded.</span>
        <Button onClick={() => window.retry()}>Try again</Button>
      </div>
    );
  }
  if (content === null) {
    return (
      <div class="chart-state">
        <Loading what="the candles" />
      </div>
    );
  }
  if (content.columns.timestamp.length === 0 && place !== null) {
    return <NoCandles place={place} />;
  }
  const missed = driver?.missed.value ?? null;
  if (missed !== null && place !== null) {
    return <NothingThere place={place} range={missed} />;
  }
  return isLoading ? (
    <div class="chart-progress" role="status" aria-label="Loading candles" />
  ) : null;
}

/** Said over the candles next to a range that holds none. */
function NothingThere({
  place: { state },
  range,
}: {
  readonly place: ChartPlace;
  readonly range: TimeRange;
}) {
  const timeZone = zoneName();
  return (
    <div class="chart-note" role="status">
      <span>
        Nothing is stored from {formatTime(range.start, timeZone)} to{" "}
        {formatTime(range.end, timeZone)}: these are the candles next to it.
      </span>
      <Link class="button button-primary" href={backfillOf(state, range)}>
        Backfill it
      </Link>
    </div>
  );
}

function NoCandles({ place: { state, change } }: { readonly place: ChartPlace }) {
  const { range, series } = state;
  const timeZone = zoneName();
  return (
    <div class="chart-state">
      <Empty
        title={
          range === null
            ? `Nothing of ${series} is stored yet`
            : `Nothing of ${series} is stored from ${formatTime(range.start, timeZone)} to ${formatTime(range.end, timeZone)}`
        }
      >
        <p>Have it fetched from its source, or look elsewhere.</p>
        <p class="chart-state-actions">
          <Link
            class="button button-primary"
            href={backfillOf(state, range ?? { start: null, end: null })}
          >
            Backfill it
          </Link>
          {range === null ? null : (
            <Button onClick={() => change({ range: null })}>Go to the newest candle</Button>
          )}
        </p>
      </Empty>
    </div>
  );
}
