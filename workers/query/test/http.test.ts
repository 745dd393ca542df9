import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { get } from "./answers.ts";

const EVERY_GET = [
  "/",
  "/health",
  "/v1/candles?series=binance:BTC-USDT:1m",
  "/v1/latest",
  "/v1/series",
  "/v1/archive",
  "/v1/stream",
  "/binance/api/v3/ping",
  "/binance/api/v3/klines",
  "/udf/config",
  "/udf/time",
  "/udf/history",
  "/v1/archive/candles/nothing.parquet",
  "/v1/sources",
  "/stats",
  "/v1/costs",
  "/v1/archive/changes",
  "/v1/alerts",
  "/v1/dead-letters",
  "/openapi.json",
  "/docs",
  "/nothing",
];

describe("every answer", () => {
  test.each(EVERY_GET)(
    "of %s has security headers and lets pages of other sites read",
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toBe(
        "ETag,Link,X-Next-Cursor,Server-Timing,Accept-Ranges,Content-Length,Content-Range",
      );
    },
  );

  test("to a preflight request allows reading", async () => {
    const response = await exports.default.fetch(
      new Request("https://candlehouse.test/v1/candles", {
        method: "OPTIONS",
        headers: { origin: "https://chart.test", "access-control-request-method": "GET" },
      }),
    );
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toBe("GET,HEAD,OPTIONS");
  });

  test.each(["/v1/dead-letters", "/v1/alerts", "/v1/series", "/v1/gaps", "/stats"])(
    "of %s, which an order may change, is asked for again each time, by its tag",
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get("cache-control")).toBe("public, no-cache");
      expect(headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    },
  );

  test("that asked the database says how long it worked and what is billed", async () => {
    const { headers } = await get("/v1/series");
    expect(headers.get("server-timing")).toMatch(/^d1;dur=[\d.]+;desc="\d+ rows read"$/);
  });
});

describe("GET /", () => {
  test("gives links to everybody who asks for JSON, and each leads somewhere", async () => {
    const json: { links: Record<string, string> } = await (await get("/")).json();
    for (const path of Object.values(json.links)) {
      expect((await get(path)).status).toBe(200);
    }
  });

  test.each(["/", "/coverage", "/pipeline", "/jobs", "/series"])(
    "is the dashboard for a browser, at %s too, and it loads its own files alone",
    async (path) => {
      const page = await get(path, { accept: "text/html,application/xhtml+xml,*/*;q=0.8" });
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const html = await page.text();
      expect(html).not.toMatch(/<script>|<style|style=| on\w+=|https?:\/\//);
      const files = [...html.matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(
        ([, file]) => file,
      );
      expect(files.length).toBeGreaterThan(2);
      for (const file of files) {
        const response = await env.ASSETS.fetch(`https://assets${file}`);
        expect([file, response.status]).toEqual([file, 200]);
        await response.body?.cancel();
      }
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    },
  );
});

describe("GET /docs", () => {
  test("loads nothing from anybody else", async () => {
    const response = await get("/docs");
    const html = await response.text();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(html).not.toMatch(/<script>|<style|style=| on\w+=/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });

  test("finds each file that it loads in the static assets", async () => {
    const html = await (await get("/docs")).text();
    const files = [...html.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => path);
    expect(files).toHaveLength(4);
    for (const path of files) {
      const response = await env.ASSETS.fetch(`https://candlehouse.test${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      await response.body?.cancel();
    }
  });
});

interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
}

describe("GET /openapi.json", () => {
  test("is a valid OpenAPI 3.1 document", async () => {
    const document: OpenApiDocument = await (await get("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    const answer = await env.OPENAPI_VALIDATOR.fetch("https://validator.test", {
      method: "POST",
      body: JSON.stringify(document),
    });
    expect(await answer.json()).toEqual({ valid: true });
  });

  test("describes every route", async () => {
    const { paths }: OpenApiDocument = await (await get("/openapi.json")).json();
    expect(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      ),
    ).toEqual([
      "get /health",
      "get /stats",
      "get /metrics",
      "get /v1/costs",
      "get /v1/candles",
      "get /v1/revisions",
      "get /v1/latest",
      "get /v1/stream",
      "get /binance/api/v3/ping",
      "get /binance/{source}/api/v3/ping",
      "get /binance/api/v3/time",
      "get /binance/{source}/api/v3/time",
      "get /binance/api/v3/exchangeInfo",
      "get /binance/{source}/api/v3/exchangeInfo",
      "get /binance/api/v3/klines",
      "get /binance/{source}/api/v3/klines",
      "get /v1/compare",
      "get /v1/outliers",
      "get /v1/series",
      "post /v1/series",
      "patch /v1/series",
      "get /v1/assets",
      "put /v1/assets/{ticker}",
      "get /v1/markets",
      "put /v1/markets",
      "get /v1/sources",
      "get /v1/alerts",
      "get /v1/dead-letters",
      "get /v1/dead-letters/{id}",
      "post /v1/dead-letters/replay",
      "post /v1/dead-letters/discard",
      "post /trigger",
      "post /v1/backfills",
      "get /v1/backfills",
      "get /v1/backfills/{id}",
      "delete /v1/backfills/{id}",
      "post /v1/backfills/{id}/pause",
      "post /v1/backfills/{id}/resume",
      "get /v1/gaps",
      "post /v1/gaps/scan",
      "post /v1/gaps/repair",
      "get /v1/coverage",
      "get /v1/completeness",
      "post /v1/archive/run",
      "post /v1/archive/verify",
      "post /v1/archive/rebuild",
      "get /v1/archive/runs/{id}",
      "post /v1/fragments",
      "post /v1/imports",
      "get /v1/imports",
      "get /v1/imports/{id}",
      "get /v1/archive/changes",
      "get /v1/archive",
      "get /v1/archive/{key}",
      "get /v1/keys",
      "post /v1/keys",
      "delete /v1/keys/{id}",
      "get /v1/audit",
      "get /udf/config",
      "get /udf/symbols",
      "get /udf/search",
      "get /udf/history",
      "get /udf/marks",
      "get /udf/timescale_marks",
      "get /udf/quotes",
      "get /udf/time",
      "get /grafana/candles",
      "get /grafana",
      "post /grafana/metrics",
      "post /grafana/metric-payload-options",
      "post /grafana/query",
      "post /grafana/variable",
      "post /grafana/tag-keys",
      "post /grafana/tag-values",
    ]);
    expect(paths["/v1/candles"]?.["get"]?.parameters?.map(({ name }) => name)).toEqual([
      "source",
      "symbol",
      "timeframe",
      "series",
      "start",
      "end",
      "limit",
      "cursor",
      "interval",
      "fill",
      "indicators",
      "revisions",
      "as_of",
      "incomplete",
      "shape",
      "format",
    ]);
  });
});
