import type { MiddlewareHandler } from "hono";

/** Data is nothing to be rendered: a page that shows an answer of ours may load and run nothing. */
const CSP_OF_DATA = "default-src 'none'; frame-ancestors 'none'";

/** Security headers on every answer; a route that renders a page brings its own policy. */
export const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", CSP_OF_DATA);
  }
};
