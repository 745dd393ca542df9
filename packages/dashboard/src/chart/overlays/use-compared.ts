import { parseSeries } from "@candlehouse/shared/core/series";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/preact-query";
import { LineSeries, type ISeriesApi } from "lightweight-charts";
import { useEffect, useRef } from "preact/hooks";
import { shownTheme } from "../../shell/settings.ts";
import type { ChartPlace } from "../chart-place.ts";
import { keepView, timestampOf } from "../keep-view.ts";
import { loadFrom } from "../load-candles.ts";
import { anchorOf } from "./anchor.ts";
import { placedCloses, type Closes } from "./compare-market.ts";
import { cssColour, type ColourName } from "./css-colour.ts";
import { useWhenReleased } from "./use-held-pointer.ts";
import { breaksIn, pointsOf } from "./plot-data.ts";
import { candlesIn } from "./shown-range.ts";
import { rangeOf } from "./use-shown.ts";

/** Most candles of the other market: what one request may. */
export const COMPARED_CANDLES_MAX = 10_000;

export const COMPARED_COLOUR: ColourName = "--plot-compared";

const NO_CLOSES: Closes = { timestamp: [], close: [] };

/** How often the newest candles of the other market are asked for. */
const NEWEST_SECONDS = 30;

/** Closes of the other market in the range that is seen, in the chart's timeframe. */
export function useComparedCloses(place: ChartPlace): UseQueryResult<Closes> {
  const { state, timeframe } = place;
  const other = parseSeries(state.compare ?? "");
  const range = rangeOf(place);
  const isWanted =
    other !== undefined && range !== null && candlesIn(range, timeframe) <= COMPARED_CANDLES_MAX;
  const market = `${other?.source}:${other?.symbol}`;
  return useQuery({
    queryKey: ["/v1/candles", "compared", market, timeframe, range],
    queryFn: async ({ signal }): Promise<Closes> => {
      const load = loadFrom({ series: market, interval: timeframe, indicators: [] });
      const { start = 0, end = 0 } = range ?? {};
      const { columns } = await load({ start, end, limit: COMPARED_CANDLES_MAX }, signal);
      return { timestamp: columns.timestamp, close: columns.close };
    },
    enabled: isWanted,
    refetchInterval: state.range === null ? NEWEST_SECONDS * 1_000 : false,
    placeholderData: keepPreviousData,
  });
}

/** Draws `closes` as a line beside the candles. `places` are those of missing candles. */
export function useComparedDrawing(
  place: ChartPlace,
  closes: Closes | undefined,
  places: readonly number[],
): void {
  const { chart, candles, loaded, state, timeframe } = place;
  const whenReleased = useWhenReleased(place.element);
  const line = useRef<ISeriesApi<"Line"> | null>(null);
  const theme = shownTheme.value;
  const { timestamp } = loaded.value;
  const isOn = state.compare !== null;
  useEffect(() => {
    if (!isOn) {
      return undefined;
    }
    const added = chart.addSeries(LineSeries, {
      lineWidth: 2,
      priceLineVisible: false,
      lastValueVisible: true,
    });
    line.current = added;
    return () => {
      line.current = null;
      keepView(chart, anchorOf(place), () => chart.removeSeries(added));
    };
  }, [chart, isOn]);
  useEffect(() => {
    line.current?.applyOptions({
      color: cssColour(COMPARED_COLOUR),
      priceFormat: candles.options().priceFormat,
    });
  }, [theme, isOn, candles, timestamp]);
  useEffect(() => {
    const { timestamp: times, close: values } = placedCloses(
      closes ?? NO_CLOSES,
      timestamp,
      places,
    );
    const column = { timestamp: times.map(timestampOf), values };
    const points = pointsOf(column, breaksIn(times, timeframe));
    whenReleased(() => keepView(chart, anchorOf(place), () => line.current?.setData(points)));
  }, [chart, closes, timestamp, places, timeframe, isOn, whenReleased]);
}
