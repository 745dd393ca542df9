import { readBody, TRIGGER_BYTES_MAX } from "@candlehouse/shared/http/read-body";
import { JSON_TYPE } from "../answer.ts";
import { problemsOf, triggerAnswerSchema, triggerRequestSchema } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { assertJsonObject, forward } from "../forward.ts";

/** POST /trigger */
export function addTriggerRoute(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/trigger",
    operationId: "trigger",
    tags: ["collection"],
    summary: "Fetches up to 2,000 candles of a series now and queues them",
    request: {
      body: { required: true, content: { [JSON_TYPE]: { schema: triggerRequestSchema } } },
    },
    responses: {
      200: {
        description: "The candles are queued; next_trigger tells how to go on further back.",
        content: { [JSON_TYPE]: { schema: triggerAnswerSchema } },
      },
      ...problemsOf({
        400: "The body cannot be meant.",
        401: "The key is missing or wrong.",
        403: "The scope of the key is not enough, or no key is configured.",
        404: "The source does not know the market.",
        413: `The body has more than ${TRIGGER_BYTES_MAX} bytes.`,
        429: "The source asks for silence.",
        502: "The source did not answer as it should.",
        503: "The source is off, or the queue does not take messages now.",
      }),
    },
  });
  app.post("/trigger", (c) => answerTrigger(c));
}

/** The producer checks the fields and does the work; who may ask for it was decided before. */
async function answerTrigger(c: AppContext): Promise<Response> {
  const body = await readBody(c.req.raw, TRIGGER_BYTES_MAX);
  assertJsonObject(body, '{"source":"binance","symbol":"BTC-USDT","timeframe":"1m"}');
  return forward(
    c.env.PRODUCER,
    new Request("https://producer/trigger", {
      method: "POST",
      headers: { "content-type": JSON_TYPE },
      body,
    }),
  );
}
