import type { MiddlewareHandler } from "hono";

/** Data is nothing to be rendered: a page that shows an answer of ours may load and run nothing. */
const CSP_OF_DATA = "default-src 'none'; frame-ancestors 'none'";

/** A year: whoever came by HTTPS once comes by it from then on. Browsers heed it there alone. */
const TRANSPORT_SECURITY = "max-age=31536000";

/** Security headers on every answer; a route that renders a page brings its own policy. */
export const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("x-frame-options", "DENY");
  headers.set("cross-origin-opener-policy", "same-origin");
  if (c.req.url.startsWith("https:")) {
    headers.set("strict-transport-security", TRANSPORT_SECURITY);
  }
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", CSP_OF_DATA);
  }
};
