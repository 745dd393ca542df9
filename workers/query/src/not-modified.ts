import type { MiddlewareHandler } from "hono";
import { etag, RETAINED_304_HEADERS } from "hono/etag";

/**
 * Answers 304 by the entity tags that the routes set; a 304 says of paging what the 200 said. An
 * answer without a tag is a stream: to make one would be to hold all of it.
 */
export function answerNotModified(exposedHeaders: readonly string[]): MiddlewareHandler {
  const answer = etag({
    retainedHeaders: [
      ...RETAINED_304_HEADERS,
      ...exposedHeaders.filter((name) => !name.startsWith("Content-")),
      "Access-Control-Allow-Origin",
      "Access-Control-Expose-Headers",
    ],
  });
  return async (c, next) => {
    await next();
    if (c.res.headers.has("etag")) {
      await answer(c, async () => {});
    }
  };
}
