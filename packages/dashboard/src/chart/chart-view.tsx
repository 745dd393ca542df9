import { useMemo, useRef, useState } from "preact/hooks";
import { now } from "../shell/clock.ts";
import { zoneName } from "../shell/settings.ts";
import { Empty, Failed } from "../ui/states.tsx";
import { Link } from "wouter-preact";
import { ChartFoot } from "./chart-foot.tsx";
import { ChartFrame } from "./chart-frame.tsx";
import type { ChartState } from "./chart-place.ts";
import { ChartToolbar } from "./chart-toolbar.tsx";
import { ChartTools } from "./chart-tools.tsx";
import { chooseFirst, chooseNearest, chooseSeries, marketOf, type Market } from "./market-list.ts";
import { OverlayLists } from "./overlays/overlays.tsx";
import { rescale } from "./rescale.ts";
import { SeenTable } from "./seen-table.tsx";
import { timeframeOf } from "./use-candle-window.ts";
import { useChart } from "./use-chart.ts";
import { useChartAddress } from "./use-chart-address.ts";
import { useLive } from "./use-live.ts";
import { useMarkets } from "./use-markets.ts";
import "./chart.css";

const NO_MARKETS: readonly Market[] = [];

/** Candles of one series, with all that is known of them. */
export function ChartView() {
  const [address, change] = useChartAddress();
  const asked = useMarkets();
  const markets = asked.data ?? NO_MARKETS;
  const chosen = useMemo(
    () => (address.series === null ? chooseFirst(markets) : address),
    [address, markets],
  );
  const series = chosen?.series ?? null;
  const state = useMemo(
    (): ChartState | null =>
      series === null ? null : { ...address, series, interval: chosen?.interval ?? null },
    [address, series, chosen],
  );
  if (state === null) {
    return <NoSeries asked={asked} />;
  }
  const timeZone = zoneName();
  // The time scale of another zone is another chart.
  return <Chart key={timeZone} {...{ state, change, timeZone, markets }} />;
}

interface ChartProps {
  readonly state: ChartState;
  readonly change: (some: Partial<ChartState>) => void;
  readonly timeZone: string;
  readonly markets: readonly Market[];
}

function Chart({ state, change, timeZone, markets }: ChartProps) {
  const elements = {
    frame: useRef<HTMLDivElement>(null),
    canvas: useRef<HTMLDivElement>(null),
  };
  const chart = useChart(elements, state, change, timeZone);
  const [showsTable, setShowsTable] = useState(false);
  const { place, window } = chart;
  const timeframe = timeframeOf(state);
  const name = state.series.slice(0, state.series.lastIndexOf(":"));
  const market = marketOf(markets, state.series);
  const live = useLive(window, {
    series: state.series,
    market: market?.name ?? "",
    timeframe,
    isCollected: market === undefined ? undefined : market.collected.length > 0,
  });
  const show = (one: Market, wanted: typeof timeframe) => {
    const next = chooseSeries(one, wanted);
    if (next !== null) {
      const view = rescale(state, place?.shown.peek() ?? null, timeframe, wanted, now.peek());
      change({ ...view, series: next.series, interval: next.interval });
    }
  };
  return (
    <section class="chart" aria-label="Chart">
      <h1 class="only-read">Chart</h1>
      <div class="chart-main">
        <ChartToolbar
          name={name}
          markets={markets}
          market={market}
          timeframe={timeframe}
          onMarket={(one) => show(one, chooseNearest(one, timeframe))}
          onTimeframe={(wanted) => market !== undefined && show(market, wanted)}
        >
          {place === null ? null : (
            <ChartTools {...{ place, showsTable }} onTable={() => setShowsTable(!showsTable)} />
          )}
        </ChartToolbar>
        <ChartFrame
          chart={chart}
          elements={elements}
          title={`${name} ${timeframe}`}
          timeZone={timeZone}
        />
        <ChartFoot place={place} live={live} timeZone={timeZone} />
      </div>
      {place === null ? null : (
        <>
          {showsTable ? <SeenTable place={place} timeZone={timeZone} /> : null}
          <OverlayLists place={place} />
        </>
      )}
    </section>
  );
}

/** While nobody knows what to show, or where there is nothing. */
function NoSeries({ asked }: { readonly asked: ReturnType<typeof useMarkets> }) {
  if (asked.isError) {
    return (
      <Failed what="the list of series" error={asked.error} onRetry={() => void asked.refetch()} />
    );
  }
  if (asked.data === undefined) {
    return (
      <section class="chart" aria-label="Chart" aria-busy="true">
        <div class="chart-main">
          <div class="chart-toolbar" />
          <div class="chart-frame" />
        </div>
      </section>
    );
  }
  return (
    <Empty title="No series is collected yet">
      <p>
        <Link href="/series">Add a series</Link>, or import candles in{" "}
        <Link href="/jobs">Jobs</Link>.
      </p>
    </Empty>
  );
}
