import { InvalidInputError } from "@candlehouse/shared/core/errors";
import {
  PAGE_CANDLES_DEFAULT,
  PAGE_CANDLES_MAX,
  pageLimitOf,
  type CandleQuery,
} from "@candlehouse/shared/core/query-plan";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import {
  cursorParameter,
  optionalLimitParameter,
  seriesParameter,
  sourceParameter,
  symbolParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

export const FORMATS = ["json", "csv", "ndjson"] as const;

export type Format = (typeof FORMATS)[number];

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
  limit: optionalLimitParameter(
    `Most candles of each series in one page: ${PAGE_CANDLES_DEFAULT} where it is not given. CSV and NDJSON with start and without limit are the whole range, as a stream.`,
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
  const { start, end, limit = PAGE_CANDLES_DEFAULT, cursor } = parameters;
  const query = { series: seriesOf(parameters), start, end, limit };
  if (cursor === undefined) {
    return { ...query, positions: undefined };
  }
  const positions = z.array(z.int().min(0)).length(query.series.length);
  return { ...query, positions: decodeCursor(cursor, bindingOf(query), positions) };
}

/** A whole range that is to be answered in one piece, however long it is. */
export interface RangeQuery extends CandleQuery {
  readonly start: number;
  readonly positions: undefined;
}

/**
 * The whole range that `parameters` ask for, where they name its start and, in a format that can be
 * streamed, neither a limit nor a cursor; else undefined. Its limit is that of the longest page.
 */
export function rangeQueryOf(
  parameters: CandlesParameters,
  format: Format,
): RangeQuery | undefined {
  const { start, end, limit, cursor } = parameters;
  if (format === "json" || start === undefined || limit !== undefined || cursor !== undefined) {
    return undefined;
  }
  const series = seriesOf(parameters);
  return { series, start, end, limit: pageLimitOf(series.length), positions: undefined };
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
