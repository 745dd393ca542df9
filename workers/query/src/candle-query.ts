import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { parseIndicators } from "@candlehouse/shared/core/indicator";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import { answerColumns, extraColumnsOf } from "./answer-columns.ts";
import { checkLimit, pageCandlesMost } from "./candle-limits.ts";
import { intervalsOf } from "./find-wanted.ts";
import type { CandlesParameters, Format, Shape } from "./candle-parameters.ts";
import type { NamedMarket } from "./parameters.ts";
import type { SeriesWanted, ServeQuery } from "./serve/serve-query.ts";

/** What a caller asks of GET /v1/candles, beside the format. */
export interface CandlesRequest {
  readonly query: ServeQuery;
  /** Undefined where stored candles are asked for as they are. */
  readonly interval: Timeframe | undefined;
  readonly shape: Shape;
  /** Where a whole range is meant in one answer, however long. */
  readonly whole: WholeRange | undefined;
}

/** A range without pages, which JSON has not. */
export interface WholeRange {
  /** Inclusive, unix seconds. */
  readonly from: number;
  readonly format: Exclude<Format, "json">;
}

/**
 * What `parameters` ask for. Throws InvalidInputError where they do not go together,
 * PayloadTooLargeError where they ask for more than a page may hold.
 */
export function candlesRequestOf(parameters: CandlesParameters, format: Format): CandlesRequest {
  const { start, end, limit, cursor, interval, fill = "none" } = parameters;
  const { as_of: asOf, incomplete = "mark", shape = "rows" } = parameters;
  const wanted = wantedOf(parameters);
  checkTogether(parameters, format);
  const isPage = limit !== undefined || cursor !== undefined || start === undefined;
  const whole = isPage || format === "json" ? undefined : { from: start, format };
  const indicators =
    parameters.indicators === undefined ? [] : parseIndicators(parameters.indicators);
  const names = indicators.flatMap((one) => one.columns);
  const columns = answerColumns(extraColumnsOf({ wanted, fill }, names)).length;
  const query: ServeQuery = {
    wanted,
    start,
    end,
    limit:
      whole === undefined
        ? checkLimit(limit, wanted.length, columns)
        : pageCandlesMost(wanted.length, columns),
    positions: undefined,
    fill,
    indicators,
    revisions: asOf === undefined ? (parameters.revisions ?? "first") : "latest",
    asOf,
    incomplete,
  };
  const request = { query, interval, shape, whole };
  if (cursor === undefined) {
    return request;
  }
  const schema = z.array(z.int().min(0)).length(wanted.length);
  return {
    ...request,
    query: { ...query, positions: decodeCursor(cursor, bindingOf(request), schema) },
  };
}

/** The cursor with which `request` goes on at `positions`. */
export function cursorOf(request: CandlesRequest, positions: readonly number[]): string {
  return encodeCursor(bindingOf(request), [...positions]);
}

/**
 * What every page of a query has in common: all that changes which candles there are or what they
 * say. The limit, the shape and the format may change from page to page.
 */
export function bindingOf({ query, interval }: CandlesRequest): Binding {
  const { wanted, start, end, fill, indicators, revisions, asOf, incomplete } = query;
  return {
    series: wanted.map(nameOf).join(","),
    start: start ?? null,
    end: end ?? null,
    interval: interval ?? null,
    fill: fill === "none" ? null : fill,
    indicators: indicators.length === 0 ? null : indicatorNames(query).join(","),
    revisions: revisions === "first" ? null : revisions,
    as_of: asOf ?? null,
    incomplete: incomplete === "mark" ? null : incomplete,
  };
}

/** What JSON says of `request` beside its series: what every page says, and what else was asked. */
export function describeRequest({ query, interval }: CandlesRequest) {
  const { start, end, limit, fill, indicators, revisions, asOf, incomplete } = query;
  return {
    ...(interval === undefined ? {} : { interval }),
    start: start ?? null,
    end: end ?? null,
    limit,
    ...(fill === "none" ? {} : { fill }),
    ...(indicators.length === 0 ? {} : { indicators: indicatorNames(query) }),
    ...(revisions === "first" ? {} : { revisions }),
    ...(asOf === undefined ? {} : { as_of: asOf }),
    ...(incomplete === "mark" ? {} : { incomplete }),
  };
}

/** The indicators of `query` with all of their parameters, such as `macd:12:26:9`. */
function indicatorNames({ indicators }: ServeQuery): string[] {
  return indicators.map(({ kind, parameters }) => [kind, ...parameters].join(":"));
}

/** `binance:BTC-USDT:1m`, or `binance:BTC-USDT` where any timeframe will do. */
export function nameOf({ source, symbol, finest }: SeriesWanted): string {
  return [source, symbol, ...(finest === undefined ? [] : [finest])].join(":");
}

const NAME_A_SERIES =
  "name a series by source, symbol and timeframe, or by series=binance:BTC-USDT:1m; with interval the timeframe may be left out";

function wantedOf(parameters: CandlesParameters): SeriesWanted[] {
  const { interval } = parameters;
  return namedOf(parameters).map(({ source, symbol, timeframe: finest }) => {
    const timeframe = interval ?? finest;
    if (timeframe === undefined) {
      const parameter = parameters.series === undefined ? "timeframe" : "series";
      const value = parameters.series === undefined ? undefined : `${source}:${symbol}`;
      throw new InvalidInputError(parameter, value, NAME_A_SERIES);
    }
    if (finest !== undefined && !intervalsOf(finest).includes(timeframe)) {
      throw new InvalidInputError(
        "interval",
        timeframe,
        `of ${finest} candles, intervals are made of ${intervalsOf(finest).join(", ")}`,
      );
    }
    return { source, symbol, timeframe, finest };
  });
}

function namedOf(parameters: CandlesParameters): readonly NamedMarket[] {
  const { source, symbol, timeframe, series } = parameters;
  if (series === undefined) {
    return [{ source: required("source", source), symbol: required("symbol", symbol), timeframe }];
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
    throw new InvalidInputError(name, value, NAME_A_SERIES);
  }
  return value;
}

/** Throws InvalidInputError where one parameter says what another one denies. */
function checkTogether(parameters: CandlesParameters, format: Format): void {
  const { start, end, interval, revisions, as_of, incomplete, shape, series } = parameters;
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("start", start, `it must be before end, which is ${end}`);
  }
  if (as_of !== undefined && revisions === "first") {
    throw new InvalidInputError(
      "revisions",
      revisions,
      "as_of means the newest revisions that were seen by then: leave revisions out, or say latest",
    );
  }
  if (incomplete === "drop" && interval === undefined) {
    throw new InvalidInputError(
      "incomplete",
      incomplete,
      "stored candles are closed ones; it belongs to interval, which is not given",
    );
  }
  if (shape === "columns" && format !== "json") {
    throw new InvalidInputError(
      "shape",
      shape,
      `it belongs to format=json, while this is ${format}`,
    );
  }
  if (format === "parquet" && series !== undefined && series.length > 1) {
    throw new InvalidInputError(
      "format",
      format,
      `a Parquet file holds one series, while ${series.length} are asked for: ask for one at a time, or for format=arrow`,
    );
  }
}
