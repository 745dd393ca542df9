import { readBody } from "@candlehouse/shared/http/read-body";
import { z } from "@hono/zod-openapi";
import { BACKFILL_BYTES_MAX } from "../access/body-limits.ts";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import {
  backfillListQuerySchema,
  backfillListSchema,
  backfillOrderSchema,
  backfillSchema,
  backfillStartSchema,
} from "../backfill-schemas.ts";
import { assertJsonObject, forward } from "../forward.ts";

const REFUSALS = {
  401: "The key is missing or wrong.",
  403: "The scope of the key is not enough, or no key is configured.",
  503: "A part of the system does not answer now.",
};

const ORDER_EXAMPLE = '{"source":"binance","symbol":"BTC-USDT","timeframe":"1m","days":30}';

/** What is done with one backfill, or with all that one request started. */
const MOVES = [
  {
    method: "delete",
    path: "/v1/backfills/{id}",
    operationId: "cancelBackfill",
    summary: "Cancels a backfill; what it stored stays",
  },
  {
    method: "post",
    path: "/v1/backfills/{id}/pause",
    operationId: "pauseBackfill",
    summary: "Pauses a backfill",
  },
  {
    method: "post",
    path: "/v1/backfills/{id}/resume",
    operationId: "resumeBackfill",
    summary: "Lets a paused backfill go on",
  },
] as const;

const params = z.object({
  id: z.string().openapi({
    description: "Of a backfill, or of the request that started it.",
    examples: ["0d9a6c1e-5b7f-4c55-9a43-2f6a1c0e8b11"],
  }),
});

/** POST and GET /v1/backfills, GET and DELETE /v1/backfills/{id}, and its pause and resume */
export function addBackfillRoutes(app: App): void {
  addStartRoute(app);
  addListRoute(app);
  addStatusRoute(app);
  for (const { method, path, operationId, summary } of MOVES) {
    app.openAPIRegistry.registerPath({
      method,
      path,
      operationId,
      tags: ["history"],
      summary,
      request: { params },
      responses: {
        200: {
          description: "Its state by now. One that has ended stays as it is.",
          content: { [JSON_TYPE]: { schema: backfillSchema } },
        },
        ...problemsOf({ ...REFUSALS, 404: "There is no such backfill." }),
      },
    });
  }
  app.delete("/v1/backfills/:id", (c) => forwardMove(c));
  app.post("/v1/backfills/:id/pause", (c) => forwardMove(c));
  app.post("/v1/backfills/:id/resume", (c) => forwardMove(c));
}

function addStartRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/v1/backfills",
    operationId: "startBackfills",
    tags: ["history"],
    summary: "Fetches the history of series, one durable job a series",
    description:
      "Asks the source for what is missing alone, and goes on until every candle of the range is held or the source has been asked for it. A series and range that an open backfill covers already gets that one.",
    request: {
      body: { required: true, content: { [JSON_TYPE]: { schema: backfillOrderSchema } } },
    },
    responses: {
      200: {
        description: "Of a dry run: what would be started.",
        content: { [JSON_TYPE]: { schema: backfillStartSchema } },
      },
      202: {
        description: "The jobs are recorded and begin by themselves.",
        content: { [JSON_TYPE]: { schema: backfillStartSchema } },
      },
      ...problemsOf({
        ...REFUSALS,
        400: "The body cannot be meant.",
        404: "The source does not have the market.",
        413: `The body has more than ${BACKFILL_BYTES_MAX} bytes.`,
      }),
    },
  });
  app.post("/v1/backfills", async (c) => {
    const body = await readBody(c.req.raw, BACKFILL_BYTES_MAX);
    assertJsonObject(body, ORDER_EXAMPLE);
    const headers = { "content-type": JSON_TYPE };
    return forward(c.env.PRODUCER, new Request(producerUrl(c), { method: "POST", headers, body }));
  });
}

function addListRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/backfills",
    operationId: "listBackfills",
    tags: ["history"],
    summary: "Backfills, newest first",
    request: { query: backfillListQuerySchema },
    responses: {
      200: {
        description: "A page of them.",
        content: { [JSON_TYPE]: { schema: backfillListSchema } },
      },
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "A part of the system does not answer now.",
      }),
    },
  });
  app.get("/v1/backfills", (c) => forward(c.env.PRODUCER, new Request(producerUrl(c))));
}

function addStatusRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/v1/backfills/{id}",
    operationId: "getBackfill",
    tags: ["history"],
    summary: "How a backfill goes, or all that one request started",
    request: { params },
    responses: {
      200: {
        description: "Its state, how far it is, and what is missing and why.",
        content: { [JSON_TYPE]: { schema: backfillSchema } },
      },
      ...problemsOf({
        404: "There is no such backfill.",
        503: "A part of the system does not answer now.",
      }),
    },
  });
  app.get("/v1/backfills/:id", (c) => forward(c.env.PRODUCER, new Request(producerUrl(c))));
}

/** The producer checks what is asked and does it; who may ask for it was decided before. */
async function forwardMove(c: AppContext): Promise<Response> {
  return forward(c.env.PRODUCER, new Request(producerUrl(c), { method: c.req.method }));
}

/** The same path and query string there as here. */
function producerUrl(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url);
  return `https://producer${pathname}${search}`;
}
