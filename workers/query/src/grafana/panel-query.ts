import { InvalidInputError } from "@candlehouse/shared/core/errors";
import {
  ANSWER_CANDLES_MAX,
  PAGE_CANDLES_MAX,
  pageLimitOf,
  QUERY_SERIES_MAX,
} from "@candlehouse/shared/core/query-plan";
import { formatSeries, parseSeries, type Series } from "@candlehouse/shared/core/series";
import { countCandles, TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";
import { assertRange } from "../outlier-query.ts";
import { optionalLimitParameter, timeParameter } from "../parameters.ts";
import { PLAIN, type SeriesWanted, type ServeQuery } from "../serve/serve-query.ts";
import { chooseInterval, intervalsOf, type ShownRange } from "./choose-interval.ts";

/** Most candles of a series where a panel does not say how many it can show. */
export const MAX_DATA_POINTS_DEFAULT = 2_000;

export const TIME_FORMATS = ["iso", "ms", "s"] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

const SERIES_ALLOWED = `up to ${QUERY_SERIES_MAX} series such as binance:BTC-USDT:1m, each once, with commas between them`;

/** Commas, because Grafana writes a variable with several values so: `${series:csv}`. */
const panelSeriesParameter = z
  .union([z.string(), z.array(z.string())], SERIES_ALLOWED)
  .transform((given, context): Series[] => {
    const names = [given].flat().flatMap((text) => text.split(","));
    const list = names.flatMap((name) => parseSeries(name) ?? []);
    const isEachOnce = new Set(names).size === names.length;
    if (list.length !== names.length || !isEachOnce || list.length > QUERY_SERIES_MAX) {
      context.addIssue(SERIES_ALLOWED);
      return z.NEVER;
    }
    return list;
  })
  .openapi({
    description: `The series: ${SERIES_ALLOWED}, or the parameter several times.`,
    type: "string",
    example: "binance:BTC-USDT:1m",
  });

/** The query string of GET /grafana/candles. */
export const panelQuery = z.strictObject({
  series: panelSeriesParameter,
  from: timeParameter("First open time, inclusive, such as ${__timeFrom}.").optional(),
  to: timeParameter("Last open time, exclusive, such as ${__timeTo}; now.").optional(),
  interval: z
    .enum(["auto", ...TIMEFRAMES], `auto, or one of ${TIMEFRAMES.join(", ")}`)
    .default("auto")
    .openapi({
      description:
        "Timeframe of the candles. auto: that of the series, or the finest coarser one of which maxDataPoints are enough.",
    }),
  maxDataPoints: optionalLimitParameter(
    `Most candles of each series, such as \${__maxDataPoints}. Without it, auto goes for ${MAX_DATA_POINTS_DEFAULT}.`,
    PAGE_CANDLES_MAX,
  ),
  time: z
    .enum(TIME_FORMATS, `one of ${TIME_FORMATS.join(", ")}`)
    .default("iso")
    .openapi({ description: "Times as ISO 8601, unix milliseconds, or unix seconds." }),
  format: z
    .enum(["json", "csv"], "json or csv")
    .optional()
    .openapi({ description: "Wins over the Accept header; JSON where neither says." }),
});

export type PanelParameters = z.output<typeof panelQuery>;

/** What `parameters` ask for, at `nowSeconds`. Throws InvalidInputError. */
export function servedPanelOf(parameters: PanelParameters, nowSeconds: number): ServeQuery {
  const { series, from, to, interval, maxDataPoints } = parameters;
  const limit = maxDataPoints ?? pageLimitOf(series.length);
  assertRange(from, to, ["from", "to"]);
  if (limit > pageLimitOf(series.length)) {
    throw new InvalidInputError(
      "maxDataPoints",
      limit,
      `an answer holds up to ${ANSWER_CANDLES_MAX} candles, so for ${series.length} series up to ${pageLimitOf(series.length)}`,
    );
  }
  // Without a start the newest candles are meant, and any interval is short enough.
  const range = from === undefined ? undefined : { from, to: to ?? nowSeconds };
  const most = maxDataPoints ?? Math.min(MAX_DATA_POINTS_DEFAULT, limit);
  return {
    ...PLAIN,
    wanted: series.map((one) => {
      if (interval === "auto") {
        const { timeframe } = one;
        return wantedOf(
          one,
          range === undefined ? timeframe : chooseInterval(timeframe, range, most),
        );
      }
      assertInterval(one, interval);
      if (range !== undefined) {
        assertShown("interval", interval, range, limit);
      }
      return wantedOf(one, interval);
    }),
    start: from,
    end: to,
    limit,
  };
}

/** Candles of `timeframe`, made of those of `series` or of coarser ones. */
export function wantedOf(series: Series, timeframe: Timeframe): SeriesWanted {
  return { ...series, timeframe, finest: series.timeframe };
}

/** Throws InvalidInputError that names `parameter` where `range` has too many candles to be shown. */
export function assertShown(
  parameter: string,
  interval: Timeframe,
  range: ShownRange,
  candlesMax: number,
): void {
  const count = countCandles(range.from, range.to, interval);
  if (count > candlesMax) {
    throw new InvalidInputError(
      parameter,
      interval,
      `the range has ${count} such candles and up to ${candlesMax} can be shown: give auto, a coarser one, or a shorter range`,
    );
  }
}

/** Throws InvalidInputError where candles of `series` do not make up those of `interval`. */
export function assertInterval(series: Series, interval: Timeframe): void {
  const possible = intervalsOf(series.timeframe);
  if (!possible.includes(interval)) {
    throw new InvalidInputError(
      "interval",
      interval,
      `of ${formatSeries(series)} there can be ${possible.join(", ")}`,
    );
  }
}
