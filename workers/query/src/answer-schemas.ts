import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { PROBLEM_CODES, PROBLEM_CONTENT_TYPE } from "@candlehouse/shared/http/problem";
import { z } from "@hono/zod-openapi";
import { candleSchema, nextCursor, seconds, seriesName } from "./candle-schemas.ts";

export { oneSeriesSchema, severalSeriesSchema } from "./candle-schemas.ts";

/** What the routes answer: the source of the OpenAPI document, and of the tests that read answers. */

export const listMeta = z.strictObject({ count: z.int() });

export const latestSchema = z
  .strictObject({
    latest: z.array(z.strictObject({ ...seriesName, candle: z.union([candleSchema, z.null()]) })),
    next_cursor: nextCursor,
    meta: listMeta,
  })
  .openapi("Latest");

const lastErrorSchema = z.strictObject({
  code: z.string().nullable(),
  message: z.string().nullable(),
  at: seconds,
});

export const seriesListSchema = z
  .strictObject({
    series: z.array(
      z.strictObject({
        id: z.string(),
        ...seriesName,
        native_symbol: z.string(),
        tier: z.int(),
        enabled: z.boolean(),
        first_timestamp: seconds.nullable(),
        last_timestamp: seconds.nullable(),
        expected_timestamp: seconds.openapi({
          description: "Open time of the newest candle whose interval has ended.",
        }),
        late_seconds: z.int().nullable().openapi({
          description:
            "Seconds of closed candles that are missing at the end and that the source was not asked for. Includes the source's settle delay. Null where the series is not collected, or nothing of it is known yet.",
        }),
        asked_until: seconds.nullable(),
        catch_up: z.union([z.strictObject({ from: seconds, until: seconds }), z.null()]).openapi({
          description:
            "A range before the newest stored candle that a pause left behind and that is still being fetched: from (inclusive) until (exclusive).",
        }),
        failure_count: z.int(),
        last_error: lastErrorSchema.nullable(),
        retry_at: seconds.nullable(),
      }),
    ),
    next_cursor: nextCursor,
    meta: listMeta,
  })
  .openapi("SeriesList");

export const healthSchema = z
  .strictObject({
    status: z.enum(["ok", "degraded"]).openapi({
      description:
        "degraded: what is stored can be read, but a source fails, or the monitor, which would tell what is wrong, has not looked for a quarter of an hour.",
    }),
    time: seconds,
    monitor_checked_at: seconds.nullable().openapi({
      description: "When the monitor looked last for what is wrong; it does each five minutes.",
    }),
    sources: z.record(z.string(), z.enum(["ok", "failing", "off"])),
  })
  .openapi("Health");

export const triggerRequestSchema = z
  .strictObject({
    source: z.enum(SOURCES),
    symbol: z.string().openapi({ example: "BTC-USDT" }),
    timeframe: z.enum(TIMEFRAMES),
    limit: z.int().min(1).max(2_000).optional().openapi({ example: 100 }),
    toTs: z.int().optional().openapi({
      description:
        "Unix seconds: the newest candle wanted is the one that holds it. Without it, the newest closed one.",
    }),
  })
  .openapi("TriggerRequest");

export const triggerAnswerSchema = z
  .looseObject({
    inserted: z.int(),
    message: z.string(),
    next_trigger: z.string().nullable(),
  })
  .openapi("TriggerAnswer");

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum([...ERROR_CODES, ...PROBLEM_CODES]),
    parameter: z.string().optional(),
    retry_after: z.int().optional().openapi({
      description: "Seconds after which the same request may succeed.",
    }),
    key: z.string().optional().openapi({ description: "Of a damaged file of the archive." }),
    series: z
      .string()
      .optional()
      .openapi({ description: "The series whose candles cannot be read." }),
    range: z.strictObject({ start: z.iso.datetime(), end: z.iso.datetime() }).optional().openapi({
      description:
        "The part of the request that cannot be read: start (inclusive) to end (exclusive).",
    }),
  })
  .openapi("Problem", { description: "An error, as RFC 9457 has it." });

/** What a route with entity tags answers to who has it already, for its OpenAPI entry. */
export const NOT_MODIFIED = {
  304: { description: "Not changed since the answer that If-None-Match names." },
} as const;

/** What a route that reads candles answers where it cannot, for `problemsOf`. */
export const CANDLE_PROBLEMS = {
  413: "The candles take more reads than one answer may make: ask for a shorter range.",
  500: "Candles of the range lie in a damaged file of the archive: key, series and range say which.",
  503: "The database or the archive does not answer now.",
} as const;

/** The error answers of a route, for its OpenAPI entry. */
export function problemsOf(statuses: Readonly<Record<number, string>>) {
  return Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [
      status,
      { description, content: { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } } },
    ]),
  );
}
