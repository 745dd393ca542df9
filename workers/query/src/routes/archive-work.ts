import { readBody, readBytes } from "@candlehouse/shared/http/read-body";
import { FRAGMENT_BYTES_MAX } from "@candlehouse/shared/r2/decode-foreign-file";
import { z } from "@hono/zod-openapi";
import { WORK_BYTES_MAX } from "../access/body-limits.ts";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { PARQUET_TYPE } from "../archive-file.ts";
import {
  fragmentsAnswerSchema,
  rebuildAnswerSchema,
  rebuildOrderSchema,
  runOrderSchema,
  runStartSchema,
  runStatusSchema,
  verifyAnswerSchema,
  verifyOrderSchema,
} from "../archive-schemas.ts";
import { assertJsonObject, forward } from "../forward.ts";
import { sourceParameter, symbolParameter, timeframeParameter } from "../parameters.ts";

const REFUSALS = {
  400: "The body or a parameter cannot be meant.",
  401: "The key is missing or wrong.",
  403: "The scope of the key is not enough, or no key is configured.",
};

/** What is asked of the archiver by a JSON body that may be left out. */
const WORK = [
  {
    name: "run",
    operationId: "runArchive",
    summary: "Archives all that has left the hot window, of every series or of one",
    order: runOrderSchema,
    answer: runStartSchema,
  },
  {
    name: "verify",
    operationId: "verifyArchive",
    summary: "Reads files of the archive whole and says which are damaged",
    order: verifyOrderSchema,
    answer: verifyAnswerSchema,
  },
  {
    name: "rebuild",
    operationId: "rebuildCatalogue",
    summary: "Rebuilds the manifest from the files alone",
    order: rebuildOrderSchema,
    answer: rebuildAnswerSchema,
  },
] as const;

/** POST /v1/archive/{run,verify,rebuild}, GET /v1/archive/runs/{id} and POST /v1/fragments */
export function addArchiveWorkRoutes(app: App): void {
  for (const { name, operationId, summary, order, answer } of WORK) {
    app.openAPIRegistry.registerPath({
      method: "post",
      path: `/v1/archive/${name}`,
      operationId,
      tags: ["archive"],
      summary,
      request: {
        body: { required: false, content: { [JSON_TYPE]: { schema: order } } },
      },
      responses: {
        200: {
          description: "What was done or begun.",
          content: { [JSON_TYPE]: { schema: answer } },
        },
        ...problemsOf({
          ...REFUSALS,
          404: "Such a series is not known.",
          413: `The body has more than ${WORK_BYTES_MAX} bytes.`,
          503: "A part of the system does not answer now.",
        }),
      },
    });
    app.post(`/v1/archive/${name}`, (c) => forwardWork(c));
  }
  addRunRoute(app);
  addFragmentsRoute(app);
}

function addRunRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/archive/runs/{id}",
    operationId: "getArchiveRun",
    tags: ["archive"],
    summary: "How a run of the archiver goes",
    request: {
      params: z.object({
        id: z.string().openapi({
          description: "Of the run, as the answer that started it has it.",
          examples: ["compact-binance-BTC-USDT-1m"],
        }),
      }),
    },
    responses: {
      200: {
        description: "Its state and what it did.",
        content: { [JSON_TYPE]: { schema: runStatusSchema } },
      },
      ...problemsOf({
        ...REFUSALS,
        404: "There is no such run.",
        503: "A part of the system does not answer now.",
      }),
    },
  });
  app.get("/v1/archive/runs/:id", async (c) => {
    return forward(c.env.ARCHIVER, new Request(archiverUrl(c)));
  });
}

function addFragmentsRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/v1/fragments",
    operationId: "postFragment",
    tags: ["archive"],
    summary: "Takes a Parquet file with candles of one series, to be merged into the archive",
    description:
      "Columns by name: timestamp (or time, open_time; a TIMESTAMP, or unix seconds, milliseconds, microseconds or nanoseconds), open, high, low, close, and where they are there volume_from (or volume), volume_to (or quote_volume) and trades. Values are DECIMAL, DOUBLE, whole numbers or text, and keep every digit. A file of the archive names its series itself; of any other the three parameters do.",
    request: {
      query: z.object({
        source: sourceParameter.optional(),
        symbol: symbolParameter.optional(),
        timeframe: timeframeParameter.optional(),
      }),
      body: {
        required: true,
        content: { [PARQUET_TYPE]: { schema: { type: "string", format: "binary" } } },
      },
    },
    responses: {
      200: {
        description: "The file is kept and waits to be merged.",
        content: { [JSON_TYPE]: { schema: fragmentsAnswerSchema } },
      },
      ...problemsOf({
        ...REFUSALS,
        413: `The file has more than ${FRAGMENT_BYTES_MAX} bytes.`,
        422: "The file does not hold candles as it should.",
        503: "A part of the system does not answer now.",
      }),
    },
  });
  app.post("/v1/fragments", async (c) => {
    return forwardBody(c, await readBytes(c.req.raw, FRAGMENT_BYTES_MAX));
  });
}

/** The archiver checks the fields and does the work; who may ask for it was decided before. */
async function forwardWork(c: AppContext): Promise<Response> {
  const body = await readBody(c.req.raw, WORK_BYTES_MAX);
  if (body !== "") {
    assertJsonObject(body, '{"series":"binance:BTC-USDT:1m"}');
  }
  return forwardBody(c, body);
}

function forwardBody(c: AppContext, body: string | ArrayBuffer): Promise<Response> {
  const contentType = typeof body === "string" ? JSON_TYPE : c.req.header("content-type");
  return forward(
    c.env.ARCHIVER,
    new Request(archiverUrl(c), {
      method: "POST",
      headers: contentType === undefined ? {} : { "content-type": contentType },
      body,
    }),
  );
}

/** The same path and query string there as here. */
function archiverUrl(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url);
  return `https://archiver${pathname}${search}`;
}
