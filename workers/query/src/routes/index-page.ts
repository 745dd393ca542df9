import { accepts } from "hono/accepts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";

const LINKS = {
  docs: "/docs",
  openapi: "/openapi.json",
  series: "/v1/series",
  latest: "/v1/latest",
  sources: "/v1/sources",
  health: "/health",
} as const;

const INDEX_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Candlehouse</title>
  </head>
  <body>
    <h1>Candlehouse</h1>
    <ul>
${Object.entries(LINKS)
  .map(([name, path]) => `      <li><a href="${path}">${name}</a></li>`)
  .join("\n")}
    </ul>
  </body>
</html>
`;

/** GET /, where a browser gets a page and everybody else the same as JSON. */
export function addIndexRoute(app: App): void {
  app.get("/", (c) => answerIndex(c));
}

function answerIndex(c: AppContext): Promise<Response> {
  const supports = [JSON_TYPE, "text/html"];
  const html = accepts(c, { header: "Accept", supports, default: JSON_TYPE }) === "text/html";
  return answer(html ? INDEX_PAGE : JSON.stringify({ name: "candlehouse", links: LINKS }), {
    contentType: html ? "text/html; charset=utf-8" : JSON_TYPE,
    cacheControl: CACHE_BRIEFLY,
    headers: { vary: "Accept" },
  });
}
