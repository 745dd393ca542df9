import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAssets } from "../scripts/build-assets.ts";
import { openBrowser, openPage } from "./browser.ts";
import { showView } from "./dashboard/views.ts";
import { hasRecordings, RECORDINGS, skipReason } from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

const SERIES = "binance:BTC-USDT:1m";
const SEEN = "start=2023-03-24T11:00:00Z&end=2023-03-24T15:00:00Z";
const VIEWPORT = { width: 1_440, height: 900 };

describe.skipIf(!hasRecordings)(`the recorded outage of 2023-03-24${skipReason}`, () => {
  let system: System;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    await buildAssets();
    [system, browser] = await Promise.all([
      startSystem({ startMs: Date.UTC(2023, 2, 27, 0, 0, 20), recordings: RECORDINGS }),
      openBrowser(),
    ]);
    ({ origin } = new URL((await system.harness.listen()).url));
    await system.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
    const range = { start: "2023-03-22", end: "2023-03-26" };
    const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", ...range };
    const { id } = (await (await system.post("/v1/backfills", order)).json()) as { id: string };
    await system.until("the backfill has ended", async () => {
      const { jobs } = (await (await system.get(`/v1/backfills/${id}`)).json()) as {
        jobs: { finished_at: number | null }[];
      };
      return jobs.every((job) => job.finished_at !== null) || undefined;
    });
    await system.post("/v1/gaps/scan", { series: SERIES, ...range });
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  test("is a span of the chart with its class, its candles and its evidence", async () => {
    const { page } = await openPage(browser, { viewport: VIEWPORT });
    await showView(page, origin, `/?series=${SERIES}&${SEEN}`);
    await page.getByText("Gaps in view").click();
    const row = page.getByRole("row").filter({ hasText: "24 Mar 2023, 12:40" });
    await expect.poll(() => row.textContent()).toMatch(/Unexplained.*1 hr 20 mins.*80/);
    await row.getByRole("button").click();
    const card = page.getByRole("dialog").or(page.locator(".overlay-card")).first();
    await expect.poll(() => card.textContent()).toMatch(/The source was asked and has nothing/);
  });

  test("is a day of the calendar that lacks eighty candles, and says why", async () => {
    const { page } = await openPage(browser, { viewport: VIEWPORT });
    await showView(page, origin, `/coverage?series=${SERIES}&day=2023-03-24`);
    const main = page.locator("main");
    await expect.poll(() => main.textContent()).toContain("The source was asked and has nothing");
    await expect.poll(() => main.textContent()).toMatch(/1,360 of 1,440/);
  });
});
