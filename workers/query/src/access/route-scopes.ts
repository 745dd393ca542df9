import type { RouteScope } from "@candlehouse/shared/core/access";

/**
 * What each route asks of its caller: a method and a path as they are declared, one line each.
 * docs/access.md has the same table, and a test holds the two together. A route that is not here
 * asks for the widest scope: one that was forgotten is closed.
 */
const SCOPES_OF: Readonly<Record<string, RouteScope>> = {
  // Pages without data, what they need to be shown, and whether the system answers.
  "GET /": "open",
  "GET /coverage": "open",
  "GET /pipeline": "open",
  "GET /jobs": "open",
  "GET /series": "open",
  "GET /docs": "open",
  "GET /openapi.json": "open",
  "GET /health": "open",
  // What has no route below the doors, or none by this method: an error and nothing else.
  "ALL /binance/*": "open",
  "ALL /binance/api/v3/ping": "open",
  "ALL /binance/api/v3/time": "open",
  "ALL /binance/api/v3/exchangeInfo": "open",
  "ALL /binance/api/v3/klines": "open",
  "ALL /binance/:source/api/v3/ping": "open",
  "ALL /binance/:source/api/v3/time": "open",
  "ALL /binance/:source/api/v3/exchangeInfo": "open",
  "ALL /binance/:source/api/v3/klines": "open",
  "ALL /udf/*": "open",

  "GET /v1/candles": "read",
  "GET /v1/revisions": "read",
  "GET /v1/latest": "read",
  "GET /v1/stream": "read",
  "GET /v1/compare": "read",
  "GET /v1/outliers": "read",
  "GET /v1/series": "read",
  "GET /v1/assets": "read",
  "GET /v1/markets": "read",
  "GET /v1/sources": "read",
  "GET /v1/gaps": "read",
  "GET /v1/coverage": "read",
  "GET /v1/completeness": "read",
  "GET /v1/backfills": "read",
  "GET /v1/backfills/:id": "read",
  "GET /v1/imports": "read",
  "GET /v1/imports/:id": "read",
  "GET /v1/archive": "read",
  "GET /v1/archive/changes": "read",
  "GET /v1/archive/*": "read",
  "GET /v1/dead-letters": "read",
  "GET /v1/dead-letters/:id": "read",
  "GET /v1/alerts": "read",
  "GET /v1/costs": "read",
  "GET /stats": "read",
  "GET /metrics": "read",
  "GET /udf/time": "read",
  "GET /udf/config": "read",
  "GET /udf/symbols": "read",
  "GET /udf/search": "read",
  "GET /udf/history": "read",
  "GET /udf/quotes": "read",
  "GET /udf/marks": "read",
  "GET /udf/timescale_marks": "read",
  "GET /binance/api/v3/ping": "read",
  "GET /binance/api/v3/time": "read",
  "GET /binance/api/v3/exchangeInfo": "read",
  "GET /binance/api/v3/klines": "read",
  "GET /binance/:source/api/v3/ping": "read",
  "GET /binance/:source/api/v3/time": "read",
  "GET /binance/:source/api/v3/exchangeInfo": "read",
  "GET /binance/:source/api/v3/klines": "read",
  "GET /grafana": "read",
  "GET /grafana/": "read",
  "GET /grafana/candles": "read",
  "POST /grafana/metrics": "read",
  "POST /grafana/metric-payload-options": "read",
  "POST /grafana/query": "read",
  "POST /grafana/variable": "read",
  "POST /grafana/tag-keys": "read",
  "POST /grafana/tag-values": "read",

  // What fetches, stores or mends candles, and can be repeated without harm.
  "POST /trigger": "write",
  "POST /v1/backfills": "write",
  "DELETE /v1/backfills/:id": "write",
  "POST /v1/backfills/:id/pause": "write",
  "POST /v1/backfills/:id/resume": "write",
  "POST /v1/gaps/scan": "write",
  "POST /v1/gaps/repair": "write",
  "POST /v1/fragments": "write",
  "POST /v1/imports": "write",
  "POST /v1/archive/run": "write",
  "POST /v1/archive/verify": "write",
  // Asks the engine of Workflows: for who began the run.
  "GET /v1/archive/runs/:id": "write",
  "POST /v1/dead-letters/replay": "write",

  // What decides over the collection, gives something up, or lets others in.
  "POST /v1/series": "admin",
  "PATCH /v1/series": "admin",
  "PUT /v1/assets/:ticker": "admin",
  "PUT /v1/markets": "admin",
  "POST /v1/dead-letters/discard": "admin",
  "POST /v1/archive/rebuild": "admin",
  "GET /v1/keys": "admin",
  "POST /v1/keys": "admin",
  "DELETE /v1/keys/:id": "admin",
  "GET /v1/audit": "admin",
};

/** Asked by uptime checks, several of which may share an address: to them a 429 is an outage. */
const UNLIMITED_ROUTES: ReadonlySet<string> = new Set(["GET /health"]);

/** Orders whose body is a file and no JSON. */
const FILE_ORDERS: ReadonlySet<string> = new Set(["POST /v1/fragments", "POST /v1/imports"]);

/** A route as it is declared. */
export interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
}

/** What `route` asks of its caller. */
export function routeScopeOf({ method, path }: DeclaredRoute): RouteScope {
  return SCOPES_OF[`${method} ${path}`] ?? "admin";
}

/** Whether a call of `route` with `scope` changes something, so that it is recorded. */
export function isOrder({ method }: DeclaredRoute, scope: RouteScope): boolean {
  return method !== "GET" && (scope === "write" || scope === "admin");
}

/** Whether calls of the route are counted against a rate. */
export function isLimited({ method, path }: DeclaredRoute): boolean {
  return !UNLIMITED_ROUTES.has(`${method} ${path}`);
}

export function takesFile({ method, path }: DeclaredRoute): boolean {
  return FILE_ORDERS.has(`${method} ${path}`);
}
