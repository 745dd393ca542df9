import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { isPartition } from "@candlehouse/shared/core/partition";
import { parseSeries, type Series } from "@candlehouse/shared/core/series";
import {
  parseSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import { SOURCES } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "zod";
import type { VerifyRequest } from "./verify.ts";

/** Most bytes in the JSON body of an order; a sensible one has a hundred. */
export const ORDER_BYTES_MAX = 64_000;

const SERIES_FORM = "a series such as binance:BTC-USDT:1m";
const POSITION_FORM = "it must be next of an earlier answer, unchanged";

const seriesSchema = z.string(SERIES_FORM).transform((text, context): Series => {
  const series = parseSeries(text);
  if (series === undefined) {
    context.addIssue(SERIES_FORM);
    return z.NEVER;
  }
  return series;
});

const positionSchema = z
  .string(POSITION_FORM)
  .nullish()
  .transform((text, context): SeriesPartition | undefined => {
    const position = text === null || text === undefined ? undefined : parseSeriesPartition(text);
    if (typeof text === "string" && position === undefined) {
      context.addIssue(POSITION_FORM);
    }
    return position;
  });

const runOrder = z.strictObject({ series: seriesSchema.optional() });

const verifyOrder = z.strictObject({
  series: seriesSchema.optional(),
  partition: z.string("a month such as 2026-10 or a year such as 2026").optional(),
  after: positionSchema,
});

const rebuildOrder = z.strictObject({ after: positionSchema });

const seriesQuery = z.strictObject({
  source: z.enum(SOURCES, `one of ${SOURCES.join(", ")}`),
  symbol: z.string("a symbol such as BTC-USDT").refine(isSymbol, "a symbol such as BTC-USDT"),
  timeframe: z.enum(TIMEFRAMES, `one of ${TIMEFRAMES.join(", ")}`),
});

/** The order `{ series? }` in a body of `POST /v1/archive/run`. Throws InvalidInputError. */
export function parseRunOrder(body: string): { readonly series?: Series | undefined } {
  return parseMembers(runOrder, membersOf(body));
}

/** The order `{ series?, partition?, after? }` of `POST /v1/archive/verify`. */
export function parseVerifyOrder(body: string): VerifyRequest {
  const { series, partition, after } = parseMembers(verifyOrder, membersOf(body));
  if (partition !== undefined && series === undefined) {
    throw new InvalidInputError("partition", partition, "it needs series beside it");
  }
  if (partition !== undefined && series && !isPartition(partition, series.timeframe)) {
    throw new InvalidInputError(
      "partition",
      partition,
      "a month such as 2026-10 for timeframes below 15m, a year such as 2026 for the others",
    );
  }
  return { series, partition, after };
}

/** The order `{ after? }` of `POST /v1/archive/rebuild`. */
export function parseRebuildOrder(body: string): SeriesPartition | undefined {
  return parseMembers(rebuildOrder, membersOf(body)).after;
}

/** The series that source, symbol and timeframe name; undefined where none of them is given. */
export function seriesOfQuery(query: URLSearchParams): Series | undefined {
  return query.size === 0 ? undefined : parseMembers(seriesQuery, Object.fromEntries(query));
}

/** The members of a JSON object; an empty body is an empty one. */
function membersOf(body: string): Record<string, unknown> {
  const order: unknown = body.trim() === "" ? {} : parseJson(body);
  if (typeof order !== "object" || order === null || Array.isArray(order)) {
    throw new InvalidInputError("body", order, "it must be a JSON object");
  }
  return Object.fromEntries(Object.entries(order));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidInputError("body", body, "it must be JSON");
  }
}

/** `members` by `schema`. Throws InvalidInputError with the first one that cannot be meant. */
export function parseMembers<Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  members: Record<string, unknown>,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const result = schema.safeParse(members);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const [name = ""] = issue.keys;
    const known = Object.keys(schema.shape).join(", ");
    throw new InvalidInputError(name, members[name], `there are ${known}`);
  }
  const name = String(issue?.path[0] ?? "body");
  throw new InvalidInputError(name, members[name], issue?.message ?? "unreadable");
}
