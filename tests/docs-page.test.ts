import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAssets } from "../scripts/build-assets.ts";
import { findChromium } from "../scripts/chromium.ts";
import { startSystem, type System } from "./system.ts";

/** They keep the browser from asking its maker for anything. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Twenty seconds into a minute: the minute before has settled. */
const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe("the docs page", () => {
  const profile = mkdtempSync(`${tmpdir()}/candlehouse-browser-`);
  const complaints: string[] = [];
  const requests: string[] = [];
  let system: System;
  let browser: BrowserContext;
  let page: Page;
  let origin: string;

  beforeAll(async () => {
    buildAssets();
    system = await startSystem({ startMs: START_MS, speed: 0 });
    await system.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
    await system.tick();
    const { url } = await system.harness.listen();
    ({ origin } = new URL(url));
    const executablePath = findChromium(process.env);
    if (executablePath === undefined) {
      throw new Error("no Chromium on the PATH: install it or set CHROMIUM_PATH");
    }
    browser = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: true,
      args: FLAGS,
    });
    page = await browser.newPage();
    page.on("request", (request) => requests.push(request.url()));
    page.on("requestfailed", (request) => complaints.push(`${request.url()} failed`));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        complaints.push(message.text());
      }
    });
    await page.goto(`${origin}/docs`);
  });

  afterAll(async () => {
    await browser.close();
    await system.close();
    rmSync(profile, { recursive: true });
  });

  test("shows every operation of the OpenAPI document", async () => {
    const document = (await (await system.get("/openapi.json")).json()) as OpenApi;
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations).toContain("GET /v1/candles");
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
    await page.waitForLoadState("networkidle");
    expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith("data:"))).toEqual(
      [],
    );
    expect(complaints).toEqual([]);
  });
});
