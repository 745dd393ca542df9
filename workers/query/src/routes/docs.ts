import { describeSecurity } from "../access/describe-security.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App } from "../app.ts";

/** The page loads its own two files and reads the document; nothing else, from nobody else. */
const CSP_OF_DOCS =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The files come from the static assets, where scripts/build-assets.ts puts them. */
const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Candlehouse API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <main id="docs"></main>
    <noscript>This page needs JavaScript. The same is in <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/show-docs.js"></script>
  </body>
</html>
`;

/** GET /openapi.json and GET /docs */
export function addDocsRoutes(app: App): void {
  // Made when it is first asked for, and then kept: the routes do not change while we run.
  let document: string | undefined;
  app.get("/openapi.json", () => {
    document ??= JSON.stringify(documentOf(app));
    return answer(document, { contentType: JSON_TYPE, cacheControl: CACHE_BRIEFLY });
  });
  app.get("/docs", () =>
    answer(DOCS_PAGE, {
      contentType: "text/html; charset=utf-8",
      cacheControl: CACHE_BRIEFLY,
      headers: { "content-security-policy": CSP_OF_DOCS },
    }),
  );
}

/** The OpenAPI document, with the scope that each route asks for. */
function documentOf(app: App): object {
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "A key of this system, or a token of the operator's identity provider.",
  });
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Candlehouse",
      version: "1",
      description:
        "Candles (OHLCV) of many markets. Every time is unix seconds, UTC; ranges are from start (inclusive) to end (exclusive). Errors are problem documents (RFC 9457). Who asks too often is answered 429, by any route but /health.",
    },
  });
  describeSecurity(document.paths ?? {});
  return document;
}
