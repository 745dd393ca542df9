import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { isPartition } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import {
  parseSeriesPartition,
  type SeriesPartition,
} from "@candlehouse/shared/core/series-partition";
import { SOURCES } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { SERIES_FORM, seriesMember } from "@candlehouse/shared/http/order-members";
import { membersOf, parseMembers } from "@candlehouse/shared/http/read-members";
import { z } from "zod";
import type { VerifyRequest } from "./verify.ts";

/** Most bytes in the JSON body of an order; a sensible one has a hundred. */
export const ORDER_BYTES_MAX = 64_000;

const POSITION_FORM = "it must be next of an earlier answer, unchanged";

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

const runOrder = z.strictObject({ series: seriesMember(SERIES_FORM).optional() });

const verifyOrder = z.strictObject({
  series: seriesMember(SERIES_FORM).optional(),
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
