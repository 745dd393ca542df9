import { readBody } from "@candlehouse/shared/http/read-body";
import { ORDER_BYTES_MAX } from "./access/body-limits.ts";
import { JSON_TYPE } from "./answer.ts";
import type { AppContext } from "./app.ts";
import { assertJsonObject, forward } from "./forward.ts";

/** How an order in a JSON body is refused before it reaches the Worker that would do it. */
export const ORDER_REFUSALS = {
  400: "The body cannot be meant; parameter says which member of it.",
  401: "The key is missing or wrong.",
  403: "The scope of the key is not enough, or no key is configured.",
  413: `The body has more than ${ORDER_BYTES_MAX} bytes.`,
  503: "A part of the system does not answer now.",
};

/**
 * Passes an order on to `worker`, which checks its members and does it; who may ask for it was
 * decided before. `example` is a body that is right.
 */
export async function forwardOrder(
  c: AppContext,
  worker: Fetcher,
  example: string,
): Promise<Response> {
  const body = await readBody(c.req.raw, ORDER_BYTES_MAX);
  assertJsonObject(body, example);
  const { pathname, search } = new URL(c.req.url);
  return forward(
    worker,
    new Request(`https://worker${pathname}${search}`, {
      method: c.req.method,
      headers: { "content-type": JSON_TYPE },
      body,
    }),
  );
}
