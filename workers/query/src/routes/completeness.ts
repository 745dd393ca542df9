import {
  addCompleteness,
  byTimeframe,
  type SeriesCompleteness,
} from "@candlehouse/shared/core/completeness";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { formatSeries } from "@candlehouse/shared/core/series";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { completenessSchema } from "../gap-schemas.ts";
import {
  readParameters,
  sourceParameter,
  symbolParameter,
  tierParameter,
  timeframeParameter,
  timeParameter,
} from "../parameters.ts";
import { readNowSeconds } from "../settings.ts";

const completenessQuery = z.strictObject({
  source: sourceParameter.optional(),
  symbol: symbolParameter.optional(),
  timeframe: timeframeParameter.optional(),
  tier: tierParameter.optional(),
  start: timeParameter("From the start of its UTC day on.").optional(),
  end: timeParameter("Exclusive, to the end of its UTC day.").optional(),
});

/** GET /v1/completeness */
export function addCompletenessRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/completeness",
    operationId: "getCompleteness",
    tags: ["history"],
    summary: "How complete the series are, in whole UTC days",
    description:
      "Of the table of series, those that hold a candle. A series begins with its first candle where no start is given.",
    request: { query: completenessQuery },
    responses: {
      200: {
        description: "By series, by timeframe and in all.",
        content: { [JSON_TYPE]: { schema: completenessSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/completeness", (c) => answerCompleteness(c));
}

async function answerCompleteness(c: AppContext): Promise<Response> {
  const { start, end, ...filter } = readParameters(completenessQuery, c.req.queries());
  if (start !== undefined && end !== undefined && start >= end) {
    throw new InvalidInputError("end", end, `it must be after start, which is ${start}`);
  }
  const now = readNowSeconds(c.env);
  const found = await measureCompleteness(c.env.DB, filter, { start, end }, now);
  const body = {
    series: found.list.map(describe),
    intervals: byTimeframe(found.list),
    total: addCompleteness(found.list),
    meta: { durationMs: found.durationMs },
  };
  return answer(JSON.stringify(body), {
    contentType: JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    cost: found,
  });
}

function describe({ series, ...counts }: SeriesCompleteness) {
  return { series: formatSeries(series), ...counts };
}
