import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { GAP_CLASSES } from "@candlehouse/shared/core/gap";
import { formatSeries, parseSeries, type Series } from "@candlehouse/shared/core/series";
import { SOURCES } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { parseTime, TIME_FORMS } from "@candlehouse/shared/core/time";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import type { GapFilter } from "@candlehouse/shared/d1/list-gaps";
import { z } from "zod";
import type { ScanOrder } from "./scan-page.ts";

/** Most bytes in the JSON body of an order; a sensible one has a hundred. */
export const ORDER_BYTES_MAX = 64_000;

const SERIES_FORM = "a series such as binance:BTC-USDT:1m";

function seriesText(form: string) {
  return z.string(form).transform((text, context): Series => {
    const series = parseSeries(text);
    if (series === undefined) {
      context.addIssue(form);
      return z.NEVER;
    }
    return series;
  });
}

/** A time as text, or as unix seconds. */
const time = z.union([z.string(), z.number()], TIME_FORMS).transform((given, context): number => {
  const seconds = parseTime(String(given));
  if (seconds === undefined) {
    context.addIssue(TIME_FORMS);
    return z.NEVER;
  }
  return seconds;
});

const which = {
  series: seriesText(SERIES_FORM).optional(),
  source: z.enum(SOURCES, `one of ${SOURCES.join(", ")}`).optional(),
  symbol: z
    .string("a symbol such as BTC-USDT")
    .refine(isSymbol, "a symbol such as BTC-USDT")
    .optional(),
  tier: z.int("1 to 4").min(1, "1 to 4").max(4, "1 to 4").optional(),
  timeframe: z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`).optional(),
  start: time.optional(),
  end: time.optional(),
};

const scanOrder = z.strictObject({
  ...which,
  after: seriesText("it must be next of an earlier answer, unchanged").nullish(),
});

const repairOrder = z.strictObject({
  ...which,
  class: z.enum(GAP_CLASSES, `one of ${GAP_CLASSES.join(", ")}`).optional(),
  dry_run: z.boolean("true or false").optional(),
});

/** The order in a body of `POST /v1/gaps/scan`. Throws InvalidInputError. */
export function parseScanOrder(body: string): ScanOrder {
  const { series, source, symbol, tier, timeframe, start, end, after } = parse(scanOrder, body);
  assertAlone(series, { source, symbol, tier, timeframe });
  assertRange(start, end);
  return {
    series,
    filter: { source, symbol, tier, timeframe, enabled: true },
    scope: { kind: "range", start, end },
    after: after ?? undefined,
  };
}

/** The order in a body of `POST /v1/gaps/repair`. Throws InvalidInputError. */
export function parseRepairOrder(body: string): {
  readonly filter: GapFilter;
  readonly isDry: boolean;
} {
  const { series, source, symbol, tier, timeframe, start, end, ...more } = parse(repairOrder, body);
  assertAlone(series, { source, symbol, tier, timeframe });
  assertRange(start, end);
  return {
    filter: { source, symbol, timeframe, ...series, tier, start, end, class: more.class },
    isDry: more.dry_run ?? false,
  };
}

function assertAlone(series: Series | undefined, others: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(others)) {
    if (series !== undefined && value !== undefined) {
      throw new InvalidInputError(name, value, `${formatSeries(series)} is asked for by its name`);
    }
  }
}

function assertRange(start: number | undefined, end: number | undefined): void {
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("end", end, `it must be after start, which is ${start}`);
  }
}

/** The members of the JSON object in `body` by `schema`; an empty body is an empty object. */
function parse<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  body: string,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const given = body.trim() === "" ? {} : parseJson(body);
  const result = schema.safeParse(given);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const members: Readonly<Record<string, unknown>> = Object(given);
  if (issue?.code === "unrecognized_keys") {
    const [name = ""] = issue.keys;
    const known = Object.keys(schema.shape).join(", ");
    throw new InvalidInputError(name, members[name], `there are ${known}`);
  }
  const name = issue?.path[0];
  throw name === undefined
    ? new InvalidInputError("body", given, "it must be a JSON object")
    : new InvalidInputError(String(name), members[String(name)], issue?.message ?? "unreadable");
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidInputError("body", body, "it must be JSON");
  }
}
