import {
  findOutliers,
  OUTLIER_CONTEXT_CANDLES,
  type Outlier,
} from "@candlehouse/shared/core/outlier";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, CSV_TYPE, JSON_TYPE } from "../answer.ts";
import { CANDLE_PROBLEMS, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { assertKnownSeries } from "../find-series.ts";
import { outlierJson, outlierSchema, outliersCsv } from "../outlier-json.ts";
import { outlierCursorOf, outliersQuery, outlierWindowOf } from "../outlier-query.ts";
import { readWindow, type CandleWindow } from "../outlier-window.ts";
import { readParameters } from "../parameters.ts";
import { PLAIN } from "../serve/serve-query.ts";
import { planOf, timingSince } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

const secondsOrNull = z.union([z.int(), z.null()]);

/** What GET /v1/outliers answers. */
export const outliersSchema = z
  .strictObject({
    outliers: z.array(outlierSchema),
    next_cursor: z.union([z.string(), z.null()]),
    meta: z.strictObject({
      source: z.enum(SOURCES),
      symbol: z.string(),
      timeframe: z.enum(TIMEFRAMES),
      from: z.array(z.enum(TIMEFRAMES)).openapi({
        description:
          "The stored timeframes of the candles that these are made of, the coarsest first.",
      }),
      start: secondsOrNull,
      end: secondsOrNull,
      threshold: z.number(),
      candles: z.int().min(0).openapi({ description: "How many were looked at." }),
    }),
  })
  .openapi("Outliers");

/** GET /v1/outliers */
export function addOutliersRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/outliers",
    operationId: "getOutliers",
    tags: ["candles"],
    summary: "Candles of a series that their neighbours contradict",
    description:
      "A mark made at reading: nothing that is stored changes. It does not depend on where start and end lie, for 27 candles before and after are read too; of the newest 27 it may change as candles arrive. As CSV the cursor of the next page is in the header X-Next-Cursor.",
    request: { query: outliersQuery },
    responses: {
      200: {
        description: "The marked values.",
        content: {
          [JSON_TYPE]: {
            schema: outliersSchema,
            example: {
              outliers: [
                {
                  timestamp: 1_522_785_600,
                  field: "close",
                  value: 5200,
                  expected: 7314.107,
                  score: -22.13,
                },
              ],
              next_cursor: null,
              meta: {
                source: "coinbase",
                symbol: "BTC-USD",
                timeframe: "4h",
                from: ["4h"],
                start: 1_522_540_800,
                end: 1_525_132_800,
                threshold: 15,
                candles: 180,
              },
            },
          },
          "text/csv": { schema: z.string() },
        },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        ...CANDLE_PROBLEMS,
      }),
    },
  });
  app.get("/v1/outliers", (c) => answerOutliers(c));
}

async function answerOutliers(c: AppContext): Promise<Response> {
  const startedMs = performance.now();
  const parameters = readParameters(outliersQuery, c.req.queries());
  const { start = null, end = null, threshold, format } = parameters;
  const query = outlierWindowOf(parameters);
  const window = await readWindow(c.env, query, OUTLIER_CONTEXT_CANDLES, readNowSeconds(c.env));
  if (window.count === 0 && query.position === undefined) {
    await assertKnownSeries(c.env.DB, parameters.series);
  }
  const servedMs = performance.now();
  const found = outliersIn(window, parameters);
  const cursor = outlierCursorOf(parameters, window.next);
  const [served] = window.series;
  const meta = { ...served?.series, from: served?.from, start, end, threshold };
  const body =
    format === "csv"
      ? outliersCsv(found)
      : `{"outliers":[${found.map(outlierJson).join(",")}],"next_cursor":${JSON.stringify(cursor)},"meta":${JSON.stringify({ ...meta, candles: window.count })}}`;
  const plan = planOf(window.series, PLAIN, window.cost);
  return answer(body, {
    contentType: format === "csv" ? CSV_TYPE : JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: {
      "server-timing": timingSince({ startedMs, servedMs }, window.cost, plan),
      ...(cursor === null ? {} : { "x-next-cursor": cursor }),
    },
  });
}

/** The marked values in `window`, in the order that is asked for. */
function outliersIn(
  window: CandleWindow,
  { threshold, order }: z.output<typeof outliersQuery>,
): Outlier[] {
  const found = window.series.flatMap(({ candles }) =>
    findOutliers(candles, threshold).filter(
      ({ timestamp }) => timestamp >= window.from && timestamp < window.to,
    ),
  );
  return order === "oldest" ? found : found.toSorted((a, b) => b.timestamp - a.timestamp);
}
