import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "./browser.ts";
import { startPrepared, type PreparedSystem } from "./dashboard/prepared-system.ts";
import { showView } from "./dashboard/views.ts";
import { hasRecordings, RECORDINGS, skipReason } from "./recorded-candles.ts";

const SERIES = "binance:BTC-USDT:1m";
const SEEN = "start=2023-03-24T11:00:00Z&end=2023-03-24T15:00:00Z";
const VIEWPORT = { width: 1_440, height: 900 };

describe.skipIf(!hasRecordings)(`the recorded outage of 2023-03-24${skipReason}`, () => {
  let system: PreparedSystem;
  let browser: Browser;

  beforeAll(async () => {
    [system, browser] = await Promise.all([
      startPrepared({
        variables: { RECORDINGS, START: "2023-03-27T00:00:20Z" },
        backfills: [
          {
            source: "binance",
            symbols: ["BTC-USDT"],
            timeframes: ["1m"],
            start: "2023-03-22",
            end: "2023-03-26",
          },
        ],
      }),
      openBrowser(),
    ]);
    await system.client.api.POST("/v1/gaps/scan", {
      body: { series: SERIES, start: "2023-03-22", end: "2023-03-26" },
    });
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  test("is a span of the chart with its class, its candles and its evidence", async () => {
    const { page } = await openPage(browser, { viewport: VIEWPORT });
    await showView(page, system.url, `/?series=${SERIES}&${SEEN}`);
    await page.getByText("Gaps in view").click();
    const row = page.getByRole("row").filter({ hasText: "24 Mar 2023, 12:40" });
    await expect.poll(() => row.textContent()).toMatch(/Unexplained.*1 hr 20 mins.*80/);
    await row.getByRole("button").click();
    const card = page.getByRole("dialog").or(page.locator(".overlay-card")).first();
    await expect.poll(() => card.textContent()).toMatch(/The source was asked and has nothing/);
  });

  test("is a day of the calendar that lacks eighty candles, and says why", async () => {
    const { page } = await openPage(browser, { viewport: VIEWPORT });
    await showView(page, system.url, `/coverage?series=${SERIES}&day=2023-03-24`);
    const main = page.locator("main");
    await expect.poll(() => main.textContent()).toContain("The source was asked and has nothing");
    await expect.poll(() => main.textContent()).toMatch(/1,360 of 1,440/);
  });
});
