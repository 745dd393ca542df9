import { JSON_TYPE } from "../answer.ts";
import { problemsOf } from "../answer-schemas.ts";
import type { App } from "../app.ts";
import {
  addedSeriesSchema,
  changedSeriesSchema,
  newSeriesSchema,
  seriesChangeSchema,
} from "../collection-schemas.ts";
import { forwardOrder, ORDER_REFUSALS } from "../forward-order.ts";

/** POST and PATCH /v1/series */
export function addSeriesEditRoutes(app: App): void {
  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/v1/series",
    operationId: "addSeries",
    tags: ["collection"],
    summary: "Adds series to what is collected; those that are there stay as they are",
    request: { body: { required: true, content: { [JSON_TYPE]: { schema: newSeriesSchema } } } },
    responses: {
      200: {
        description: "Which were added and which were there.",
        content: { [JSON_TYPE]: { schema: addedSeriesSchema } },
      },
      ...problemsOf(ORDER_REFUSALS),
    },
  });
  app.openAPIRegistry.registerPath({
    method: "patch",
    path: "/v1/series",
    operationId: "changeSeries",
    tags: ["collection"],
    summary: "Enables or disables series, or gives them a tier",
    request: { body: { required: true, content: { [JSON_TYPE]: { schema: seriesChangeSchema } } } },
    responses: {
      200: {
        description: "How many changed.",
        content: { [JSON_TYPE]: { schema: changedSeriesSchema } },
      },
      ...problemsOf({
        ...ORDER_REFUSALS,
        404: "One of the series is not there; nothing was changed.",
      }),
    },
  });
  app.post("/v1/series", (c) =>
    forwardOrder(c, c.env.PRODUCER, '{"series":["kraken:BTC-USD:1h"]}'),
  );
  app.patch("/v1/series", (c) =>
    forwardOrder(c, c.env.PRODUCER, '{"series":["kraken:BTC-USD:1h"],"set":{"enabled":false}}'),
  );
}
