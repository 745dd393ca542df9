import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App } from "../app.ts";
import {
  discardAnswerSchema,
  discardOrderSchema,
  replayAnswerSchema,
  replayOrderSchema,
} from "../dead-letter-schemas.ts";
import { forwardOrder, ORDER_REFUSALS } from "../forward-order.ts";

const ORDERS = [
  {
    name: "replay",
    operationId: "replayDeadLetters",
    summary: "Sends messages that could not be stored to their queues again",
    description:
      "The message is sent as it was. One that fails again is open again and counts up; one that is stored by now changes nothing.",
    order: replayOrderSchema,
    done: replayAnswerSchema,
    example: '{"all":true,"reason_code":"retries_exhausted"}',
  },
  {
    name: "discard",
    operationId: "discardDeadLetters",
    summary: "Gives open dead letters up, for a reason that is kept",
    description: "The body stays on R2. A body that comes again is open again.",
    order: discardOrderSchema,
    done: discardAnswerSchema,
    example: '{"ids":["…"],"reason":"a test message"}',
  },
] as const;

/** POST /v1/dead-letters/replay and POST /v1/dead-letters/discard */
export function addDeadLetterOrderRoutes(app: App): void {
  for (const { name, operationId, summary, description, order, done, example } of ORDERS) {
    app.openAPIRegistry.registerPath({
      method: "post",
      path: `/v1/dead-letters/${name}`,
      operationId,
      tags: ["collection"],
      summary,
      description,
      request: { body: { required: true, content: { [JSON_TYPE]: { schema: order } } } },
      responses: {
        200: { description: "What was done.", content: { [JSON_TYPE]: { schema: done } } },
        ...problemsOf(ORDER_REFUSALS),
      },
    });
    app.post(`/v1/dead-letters/${name}`, (c) => forwardOrder(c, c.env.CONSUMER, example));
  }
}
