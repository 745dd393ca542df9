import type { Candle } from "@candlehouse/shared/core/candle";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import {
  readNewestCandles,
  readNewestCandlesOf,
  type NewestCandle,
} from "@candlehouse/shared/d1/read-newest";
import type { Found } from "@candlehouse/shared/d1/read-series";
import { z } from "@hono/zod-openapi";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import { latestSchema, NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { candleJson } from "../candle-json.ts";
import { assertKnownSeries } from "../find-series.ts";
import { inventoryCursorOf, inventoryPageOf, inventoryParameters } from "../inventory-query.ts";
import { readParameters, seriesParameter } from "../parameters.ts";
import { readFooterOf, readGroupsOf } from "../read-cold.ts";

/** Series whose newest candle is read from the archive at once. */
// A Worker waits for six answers at a time: https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
const COLD_AT_ONCE = 6;

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
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        404: "Such a series is not known.",
        500: "The newest candle of a series lies in a damaged file of the archive.",
        503: "The database or the archive does not answer now.",
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
  const candles = await readNewest(c.env.BUCKET, found.rows);
  const latest = found.rows.map(({ series: name }, index) => {
    const candle = candles[index] ?? null;
    return `${JSON.stringify(name).slice(0, -1)},"candle":${candle === null ? "null" : candleJson(candle)}}`;
  });
  return answer(
    `{"latest":[${latest.join(",")}],"next_cursor":${JSON.stringify(cursor)},"meta":{"count":${latest.length}}}`,
    { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY, cost: found },
  );
}

/** The newest candle of each of `rows`: of a series that has none in the database, the last cold one. */
async function readNewest(
  bucket: R2Bucket,
  rows: readonly NewestCandle[],
): Promise<(Candle | null)[]> {
  const candles: (Candle | null)[] = [];
  for (let start = 0; start < rows.length;) {
    // Series with a hot candle cost nothing: only those that are cold count.
    let end = start;
    for (let cold = 0; end < rows.length && cold < COLD_AT_ONCE; end += 1) {
      cold += rows[end]?.file === undefined ? 0 : 1;
    }
    const some = rows.slice(start, end).map((row) => readNewestOf(bucket, row));
    candles.push(...(await Promise.all(some)));
    start = end;
  }
  return candles;
}

async function readNewestOf(
  bucket: R2Bucket,
  { series, candle, file }: NewestCandle,
): Promise<Candle | null> {
  if (file === undefined) {
    return candle;
  }
  const range = { from: file.last, to: file.last + 1 };
  const footer = await readFooterOf(bucket, series, file, range);
  const groups = { from: footer.groups.length - 1, to: footer.groups.length };
  const candles = await readGroupsOf(bucket, series, file, footer, groups, range);
  return candles.at(-1) ?? candle;
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
  const empty = found.rows.filter(({ candle, file }) => candle === null && file === undefined);
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
