import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { listMarkets } from "@candlehouse/shared/d1/list-markets";
import { intervalsOf } from "./choose-interval.ts";
import { PANEL_FIELDS, PANEL_KEYS, type PanelFilter, type PanelKey } from "./bodies.ts";

/** Most series in one list: about 1 MB. */
const PANEL_SERIES_MAX = 5_000;

/** Every series that is collected or archived, by source, symbol and timeframe. */
export async function listPanelSeries(db: D1Database): Promise<Series[]> {
  const { rows } = await listMarkets(db);
  return rows
    .flatMap(({ source, symbol, timeframes }) =>
      TIMEFRAMES.filter((one) => timeframes.includes(one)).map((timeframe) => ({
        source,
        symbol,
        timeframe,
      })),
    )
    .slice(0, PANEL_SERIES_MAX);
}

/** What the query editor offers: each series with two settings, whose options it asks for apart. */
export function metricsOf(list: readonly Series[]) {
  return list.map((series) => {
    const name = formatSeries(series);
    return {
      label: name,
      value: name,
      payloads: [
        { name: "field", label: "Field", type: "select", placeholder: "close" },
        { name: "interval", label: "Interval", type: "select", placeholder: "auto" },
      ],
    };
  });
}

/** The options of a setting of `series`; of all series where none is meant. */
export function payloadOptionsOf(setting: "field" | "interval", series: Series | undefined) {
  const intervals = series === undefined ? TIMEFRAMES : intervalsOf(series.timeframe);
  const values = setting === "field" ? PANEL_FIELDS : ["auto", ...intervals];
  return values.map((value) => ({ label: value, value }));
}

/** Whether `series` passes all of `filters`. */
export function passesFilters(series: Series, filters: readonly PanelFilter[] = []): boolean {
  return filters.every(
    ({ key, operator, value }) => (series[key] === value) === (operator === "="),
  );
}

/** Which values of `key`, or which whole names, the series in `list` have that match `like`. */
export function valuesOf(
  list: readonly Series[],
  key: PanelKey | "series",
  like: Partial<Record<PanelKey, string | undefined>> = {},
): string[] {
  const matching = list.filter((series) =>
    PANEL_KEYS.every((one) => like[one] === undefined || like[one] === series[one]),
  );
  return [
    ...new Set(matching.map((series) => (key === "series" ? formatSeries(series) : series[key]))),
  ];
}
