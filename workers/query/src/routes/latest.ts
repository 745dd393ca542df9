import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import {
  readNewestCandles,
  readNewestCandlesOf,
  type Found,
  type NewestCandle,
} from "@candlehouse/shared/d1/read-series";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { latestSchema, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { candleJson } from "../candle-json.ts";
import { assertKnownSeries } from "../find-series.ts";
import { inventoryCursorOf, inventoryPageOf, inventoryParameters } from "../inventory-query.ts";
import { readParameters, seriesParameter } from "../parameters.ts";

const latestQuery = z.strictObject({
  series: seriesParameter.optional(),
  ...inventoryParameters,
});

type LatestParameters = z.output<typeof latestQuery>;

/** GET /v1/latest */
export function addLatestRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/latest",
    operationId: "getLatest",
    tags: ["candles"],
    summary: "The newest candle of each series",
    description:
      "Of the series that are named by series=, or else of every enabled series that source, symbol and timeframe let through.",
    request: { query: latestQuery },
    responses: {
      200: {
        description: "In the order asked for, or by source, symbol and timeframe.",
        content: { [JSON_TYPE]: { schema: latestSchema } },
      },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        503: "The database does not answer now.",
      }),
    },
  });
  app.get("/v1/latest", (c) => answerLatest(c));
}

async function answerLatest(c: AppContext): Promise<Response> {
  const parameters = readParameters(latestQuery, c.req.queries());
  const { series } = parameters;
  const { found, cursor } =
    series === undefined
      ? await readFiltered(c, parameters)
      : { found: await readNamed(c, series, parameters), cursor: null };
  const latest = found.rows.map(
    ({ series: name, candle }) =>
      `${JSON.stringify(name).slice(0, -1)},"candle":${candle === null ? "null" : candleJson(candle)}}`,
  );
  return answer(
    `{"latest":[${latest.join(",")}],"next_cursor":${JSON.stringify(cursor)},"meta":{"count":${latest.length}}}`,
    { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY, cost: found },
  );
}

async function readNamed(
  c: AppContext,
  series: readonly Series[],
  parameters: LatestParameters,
): Promise<Found<NewestCandle>> {
  for (const name of ["source", "symbol", "timeframe", "cursor"] as const) {
    if (parameters[name] !== undefined) {
      throw new InvalidInputError(name, parameters[name], "leave it out where series is given");
    }
  }
  const found = await readNewestCandlesOf(c.env.DB, series);
  const empty = found.rows.filter(({ candle }) => candle === null);
  await assertKnownSeries(
    c.env.DB,
    empty.map((row) => row.series),
  );
  return found;
}

async function readFiltered(
  c: AppContext,
  { series: _series, ...parameters }: LatestParameters,
): Promise<{ found: Found<NewestCandle>; cursor: string | null }> {
  const page = inventoryPageOf(parameters);
  const found = await readNewestCandles(c.env.DB, { ...parameters, enabled: true }, page);
  const last = found.rows.at(-1)?.series;
  return { found, cursor: inventoryCursorOf(parameters, found.rows.length, last) };
}
