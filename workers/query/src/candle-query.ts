import { InvalidInputError } from "@candlehouse/shared/core/errors";
import {
  PAGE_CANDLES_DEFAULT,
  PAGE_CANDLES_MAX,
  type CandleQuery,
} from "@candlehouse/shared/core/query-plan";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import {
  cursorParameter,
  limitParameter,
  seriesParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

export const FORMATS = ["json", "csv"] as const;

/** The query string of GET /v1/candles. */
export const candlesQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  series: seriesParameter.optional(),
  start: timeParameter(
    "First open time, inclusive. Without it, the newest candles before end are meant.",
  ).optional(),
  end: timeParameter("Last open time, exclusive.").optional(),
  limit: limitParameter(
    "Most candles of each series in one page.",
    PAGE_CANDLES_DEFAULT,
    PAGE_CANDLES_MAX,
  ),
  cursor: cursorParameter.optional(),
  format: z
    .enum(FORMATS, `one of ${FORMATS.join(", ")}`)
    .optional()
    .openapi({ description: "Wins over the Accept header." }),
});

export type CandlesParameters = z.output<typeof candlesQuery>;

/** Throws InvalidInputError where the parameters do not go together. */
export function candleQueryOf(parameters: CandlesParameters): CandleQuery {
  const { start, end, limit, cursor } = parameters;
  const query = { series: seriesOf(parameters), start, end, limit };
  if (cursor === undefined) {
    return { ...query, positions: undefined };
  }
  const positions = z.array(z.int().min(0)).length(query.series.length);
  return { ...query, positions: decodeCursor(cursor, bindingOf(query), positions) };
}

/** The cursor with which `query` goes on at `positions`. */
export function cursorOf(query: CandleQuery, positions: readonly number[]): string {
  return encodeCursor(bindingOf(query), [...positions]);
}

function seriesOf({ source, symbol, timeframe, series }: CandlesParameters): readonly Series[] {
  if (series === undefined) {
    return [
      {
        source: required("source", source),
        symbol: required("symbol", symbol),
        timeframe: required("timeframe", timeframe),
      },
    ];
  }
  for (const [name, value] of Object.entries({ source, symbol, timeframe })) {
    if (value !== undefined) {
      throw new InvalidInputError(name, value, "leave it out where series is given");
    }
  }
  return series;
}

function required<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) {
    throw new InvalidInputError(
      name,
      value,
      "name a series by source, symbol and timeframe, or by series=binance:BTC-USDT:1m",
    );
  }
  return value;
}

/** What every page of a query has in common. The limit may change from page to page. */
function bindingOf({ series, start, end }: Pick<CandleQuery, "series" | "start" | "end">): Binding {
  return {
    series: series.map(formatSeries).join(","),
    start: start ?? null,
    end: end ?? null,
  };
}
