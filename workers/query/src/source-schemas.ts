import { z } from "@hono/zod-openapi";
import { listMeta } from "./answer-schemas.ts";
import { seconds } from "./candle-schemas.ts";

const sourceHostSchema = z
  .strictObject({
    host: z.string(),
    state: z.enum(["open", "silent", "probing"]).openapi({
      description:
        "silent: nothing is asked. probing: a silence is over, and the next request is a probe, alone. open: it is asked as far as its bucket allows.",
    }),
    silent_until: seconds.nullable(),
    reason: z.enum(["rate_limited", "blocked", "unavailable", "weight"]).nullable().openapi({
      description:
        "Of the silence that is, or that was last and nobody asked since. rate_limited: the host said so. blocked: it refuses the place we ask from. unavailable: it failed several times in a row. weight: its own count of the minute is nearly used up.",
    }),
    strikes: z.int().openapi({
      description: "Refusals and failures since the last good answer.",
    }),
    used_ratio: z.number().min(0).max(1).openapi({
      description: "How much of the bucket is spent now; it fills by per_second.",
    }),
    burst: z.number().openapi({
      description: "Weight that may be spent at once, in the host's own unit.",
    }),
    per_second: z.number().openapi({ description: "Weight that comes back each second." }),
  })
  .openapi("SourceHost");

const sourceSchema = z
  .strictObject({
    source: z.string(),
    state: z.enum(["ok", "failing", "off"]).nullable().openapi({
      description: "Null where it was not asked yet.",
    }),
    since: seconds.nullable(),
    reason_code: z.string().nullable(),
    reason: z.string().nullable(),
    last_success_at: seconds.nullable(),
    last_error_at: seconds.nullable(),
    series: z.int().openapi({ description: "Series of it that are collected." }),
    late: z.int().nullable().openapi({
      description:
        "Of these, the ones that are late by two candles and by ten minutes. Null where more than 1,000 series are collected: /v1/series tells each.",
    }),
    last_error: z
      .union([
        z.strictObject({
          series: z.string(),
          code: z.string().nullable(),
          message: z.string().nullable(),
          at: seconds,
        }),
        z.null(),
      ])
      .openapi({
        description: "The fetch that failed last, of a series that is collected.",
      }),
    hosts: z.union([z.array(sourceHostSchema), z.null()]).openapi({
      description: "In the order in which they are asked. Null where that cannot be told now.",
    }),
  })
  .openapi("Source");

export const sourcesSchema = z
  .strictObject({
    sources: z.array(sourceSchema),
    meta: listMeta,
  })
  .openapi("Sources");
