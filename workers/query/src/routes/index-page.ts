import { StorageUnavailableError } from "@candlehouse/shared/core/errors";
import { acceptedType } from "../accepted-type.ts";
import { answer, CACHE_BRIEFLY, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";

/** Where to go from here: name and path. */
const LINKS = {
  docs: "/docs",
  openapi: "/openapi.json",
  series: "/v1/series",
  latest: "/v1/latest",
  archive: "/v1/archive",
  tradingview: "/udf/config",
  binance: "/binance/api/v3/exchangeInfo",
  grafana: "/grafana",
  gaps: "/v1/gaps",
  sources: "/v1/sources",
  dead_letters: "/v1/dead-letters",
  alerts: "/v1/alerts",
  stats: "/stats",
  costs: "/v1/costs",
  health: "/health",
} as const;

/** Views of the dashboard that have an address of their own; `/` shows the chart. */
const VIEWS = ["/coverage", "/pipeline", "/jobs", "/series"] as const;

/**
 * The page's own files and nothing of anybody else. Images are drawn on the page, as the one of the
 * chart that is saved is.
 */
const CSP_OF_DASHBOARD =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where scripts/build-assets.ts puts the page. */
const PAGE_URL = "https://assets/dashboard/";

/** GET /, where a browser gets the dashboard and everybody else some links; and its views. */
export function addIndexRoute(app: App): void {
  app.get("/", (c) => {
    const type = acceptedType(c.req.header("accept"), [JSON_TYPE, "text/html"]);
    return type === "text/html"
      ? answerPage(c)
      : answer(JSON.stringify({ name: "candlehouse", links: LINKS }), {
          contentType: JSON_TYPE,
          cacheControl: CACHE_BRIEFLY,
          headers: { vary: "Accept" },
        });
  });
  for (const path of VIEWS) {
    app.get(path, (c) => answerPage(c));
  }
}

async function answerPage(c: AppContext): Promise<Response> {
  const page = await c.env.ASSETS.fetch(PAGE_URL);
  if (!page.ok) {
    throw new StorageUnavailableError(
      `the dashboard is not among the static files (HTTP ${page.status}): build them before they are deployed`,
    );
  }
  return answer(await page.text(), {
    contentType: "text/html; charset=utf-8",
    cacheControl: CACHE_BRIEFLY,
    headers: { vary: "Accept", "content-security-policy": CSP_OF_DASHBOARD },
  });
}
