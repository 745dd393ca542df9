import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAssets } from "../scripts/build-assets.ts";
import { foreignOf, openBrowser, openPage, type WatchedPage } from "./browser.ts";
import { startSystem, type System } from "./system.ts";

/** Twenty seconds into a minute: the minute before has settled. */
const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe("the docs page", () => {
  let system: System;
  let browser: Browser;
  let watched: WatchedPage;
  let origin: string;

  beforeAll(async () => {
    await buildAssets();
    system = await startSystem({ startMs: START_MS, speed: 0 });
    await system.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
    await system.tick();
    const { url } = await system.harness.listen();
    ({ origin } = new URL(url));
    browser = await openBrowser();
    watched = await openPage(browser);
    await watched.page.goto(`${origin}/docs`);
  });

  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  test("shows every operation of the OpenAPI document", async () => {
    const document = (await (await system.get("/openapi.json")).json()) as OpenApi;
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations).toContain("GET /v1/candles");
    const { page } = watched;
    await page.locator(".opblock").first().waitFor();
    const shown = await page
      .locator(".opblock-summary")
      .evaluateAll((summaries) =>
        summaries.map((summary) =>
          [".opblock-summary-method", ".opblock-summary-path"]
            .map((part) => summary.querySelector(part)?.textContent.replaceAll("\u200B", ""))
            .join(" "),
        ),
      );
    expect(shown.toSorted()).toEqual(operations.toSorted());
  });

  test("fills its form with a request that has an answer, and shows it", async () => {
    const { page, requests } = watched;
    const operation = page.locator(".opblock", {
      has: page.locator('[data-path="/v1/candles"]'),
    });
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    await operation.getByRole("button", { name: "Execute" }).click();
    const answer = operation.locator(".live-responses-table .response");
    await answer.waitFor();
    expect(await answer.locator(".response-col_status").textContent()).toMatch(/^200/);
    expect(requests.some((url) => url.startsWith(`${origin}/v1/candles?`))).toBe(true);
  });

  test("asks nobody else for anything, and breaks no rule of its own policy", async () => {
    const { page, requests, complaints } = watched;
    await page.waitForLoadState("networkidle");
    expect(foreignOf(requests, origin)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
