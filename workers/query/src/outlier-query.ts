import { OUTLIER_THRESHOLD_DEFAULT } from "@candlehouse/shared/core/outlier";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { PAGE_CANDLES_DEFAULT, PAGE_CANDLES_MAX } from "@candlehouse/shared/core/query-plan";
import { nests } from "@candlehouse/shared/core/rollup";
import { formatSeries } from "@candlehouse/shared/core/series";
import { decodeCursor, encodeCursor, type Binding } from "@candlehouse/shared/http/cursor";
import { z } from "@hono/zod-openapi";
import type { WindowQuery } from "./outlier-window.ts";
import {
  choiceParameter,
  CSV_CURSOR,
  cursorParameter,
  limitParameter,
  seriesParameter,
  timeframeParameter,
  timeParameter,
} from "./parameters.ts";

const THRESHOLD_MIN = 3;
const THRESHOLD_MAX = 1_000;
const THRESHOLD_ALLOWED = `a number from ${THRESHOLD_MIN} to ${THRESHOLD_MAX}`;

export const thresholdParameter = z
  .string("give it once")
  .regex(/^\d{1,4}(\.\d{1,6})?$/, THRESHOLD_ALLOWED)
  .transform(Number)
  .refine((value) => value >= THRESHOLD_MIN && value <= THRESHOLD_MAX, THRESHOLD_ALLOWED)
  .default(OUTLIER_THRESHOLD_DEFAULT)
  .openapi({
    description:
      "Score from which on a value is marked: how many times the usual scatter it lies away.",
    type: "number",
    minimum: THRESHOLD_MIN,
    maximum: THRESHOLD_MAX,
    default: OUTLIER_THRESHOLD_DEFAULT,
  });

/** The query string of GET /v1/outliers. */
export const outliersQuery = z.strictObject({
  series: seriesParameter
    .refine((list) => list.length === 1, "one series, such as binance:BTC-USDT:1m")
    .openapi({
      description: "The series, source:SYMBOL:timeframe.",
      type: "string",
      example: "binance:BTC-USDT:1m",
    }),
  interval: timeframeParameter.optional().openapi({
    description: "Timeframe of the candles that are looked at, made of those of the series.",
    example: undefined,
  }),
  start: timeParameter(
    "First open time, inclusive. Without it, the newest candles before end are meant.",
  ).optional(),
  end: timeParameter("Last open time, exclusive.").optional(),
  threshold: thresholdParameter,
  order: choiceParameter(
    ["oldest", "newest"],
    "Where a range is longer than limit, which end of it comes first; newest also lists the newest value first.",
  ).default("oldest"),
  limit: limitParameter("Most candles that are looked at.", PAGE_CANDLES_DEFAULT, PAGE_CANDLES_MAX),
  cursor: cursorParameter.optional(),
  format: choiceParameter(["json", "csv"], CSV_CURSOR).default("json"),
});

type OutliersParameters = z.output<typeof outliersQuery>;

/** The window that `parameters` ask for. Throws InvalidInputError where they do not go together. */
export function outlierWindowOf(parameters: OutliersParameters): WindowQuery {
  const [series] = parameters.series;
  const { interval, start, end, limit, order, cursor } = parameters;
  if (series === undefined) {
    throw new InvalidInputError("series", undefined, "one series, such as binance:BTC-USDT:1m");
  }
  const timeframe = interval ?? series.timeframe;
  if (timeframe !== series.timeframe && !nests(series.timeframe, timeframe)) {
    throw new InvalidInputError(
      "interval",
      timeframe,
      `candles of ${series.timeframe} do not make it up`,
    );
  }
  assertRange(start, end);
  const { source, symbol } = series;
  return {
    wanted: [{ source, symbol, timeframe, finest: series.timeframe }],
    start,
    end,
    limit,
    order,
    position: cursor === undefined ? undefined : windowPositionOf(cursor, bindingOf(parameters)),
  };
}

/** Throws InvalidInputError where `start` is not before `end`, by the `names` that a request has. */
export function assertRange(
  start: number | undefined,
  end: number | undefined,
  names: readonly [string, string] = ["start", "end"],
): void {
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError(names[0], start, `it must be before ${names[1]}, which is ${end}`);
  }
}

/** The position of the window that `cursor` leads to. Throws InvalidInputError as `decodeCursor` does. */
export function windowPositionOf(cursor: string, binding: Binding): number {
  return decodeCursor(cursor, binding, z.int().min(0));
}

/** The cursor that leads to the window at `next`; null where there is none. */
export function outlierCursorOf(
  parameters: OutliersParameters,
  next: number | undefined,
): string | null {
  return next === undefined ? null : encodeCursor(bindingOf(parameters), next);
}

/** What the pages have in common: limit and threshold may change from page to page. */
function bindingOf({ series, interval, start, end, order }: OutliersParameters): Binding {
  return {
    outliers: series.map(formatSeries).join(","),
    order,
    interval: interval ?? null,
    start: start ?? null,
    end: end ?? null,
  };
}
