import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAssets } from "../scripts/build-assets.ts";
import { openBrowser, openPage } from "./browser.ts";
import { startSystem, type System } from "./system.ts";

const KEY = "the-key-of-a-test";
const SERIES = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;

describe("a dashboard of a system that wants a key", () => {
  let system: System;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    await buildAssets();
    system = await startSystem(
      { startMs: Date.UTC(2026, 2, 2, 10, 0, 20), speed: 0 },
      { OPEN_WRITES: "", BOOTSTRAP_KEY_SHA256: createHash("sha256").update(KEY).digest("hex") },
    );
    await system.addSeries(SERIES);
    ({ origin } = new URL((await system.harness.listen()).url));
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  async function enabled(): Promise<number | undefined> {
    const [row] = await system.rows<{ enabled: number }>("SELECT enabled FROM series");
    return row?.enabled;
  }

  test("asks for it once, refuses a wrong one, and forgets it with the tab", async () => {
    const { page } = await openPage(browser);
    await page.goto(`${origin}/series`);
    await page.getByRole("switch").first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Access key").fill("not-the-key");
    await dialog.getByRole("button", { name: "Use this key" }).click();
    // It is asked for again, and says why.
    await expect.poll(() => dialog.getByLabel("Access key").inputValue()).toBe("");
    expect(await dialog.textContent()).toMatch(/key/);
    expect(await enabled()).toBe(1);
    await dialog.getByLabel("Access key").fill(KEY);
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await expect.poll(enabled).toBe(0);
    await page.getByRole("switch").first().click();
    await expect.poll(enabled).toBe(1);
    const kept = await page.evaluate(() => [
      JSON.stringify(sessionStorage),
      JSON.stringify(localStorage),
      document.cookie,
    ]);
    expect(kept.map((text) => text.includes(KEY))).toEqual([true, false, false]);
    const another = await page.context().newPage();
    await another.goto(`${origin}/series`);
    await another.getByRole("switch").first().click();
    await another.getByRole("dialog").getByLabel("Access key").waitFor();
    await another.getByRole("button", { name: "Cancel" }).click();
    expect(await enabled()).toBe(1);
  });
});

/** What is saved as a file by `press`, and its name. */
async function saved(page: Page, press: () => Promise<void>): Promise<[string, Buffer]> {
  const download = page.waitForEvent("download");
  await press();
  const file = await download;
  return [file.suggestedFilename(), readFileSync(await file.path())];
}

describe("a dashboard of a system whose reads need a key", () => {
  test("asks for it once for all that it reads and saves, and shows what there is", async () => {
    await buildAssets();
    const system = await startSystem(
      { startMs: Date.UTC(2026, 2, 2, 10, 0, 20), speed: 0 },
      {
        OPEN_WRITES: "",
        READS: "keyed",
        BOOTSTRAP_KEY_SHA256: createHash("sha256").update(KEY).digest("hex"),
      },
    );
    await system.addSeries(SERIES);
    await system.tick();
    await system.until("candles are stored", async () =>
      (await system.rows("SELECT 1 FROM price_data LIMIT 1")).at(0),
    );
    const { origin } = new URL((await system.harness.listen()).url);
    const browser = await openBrowser();
    const { page, requests } = await openPage(browser, { acceptDownloads: true });
    await page.goto(`${origin}/series`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Access key").fill("not-the-key");
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await expect.poll(() => dialog.getByLabel("Access key").inputValue()).toBe("");
    await dialog.getByLabel("Access key").fill(KEY);
    await dialog.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("switch").first().waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);

    await page.goto(`${origin}/?series=binance:BTC-USDT:1m`);
    const save = async (what: string): Promise<void> => {
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("button", { name: what }).click();
    };
    await page.locator("canvas").first().waitFor();
    const [csvName, csv] = await saved(page, () => save("Candles as CSV"));
    expect(csvName).toMatch(/^binance_BTC-USDT_1m_\d{8}T\d{4}_\d{8}T\d{4}\.csv$/);
    expect(csv.toString()).toContain("\nbinance,BTC-USDT,1m,");
    const [, parquet] = await saved(page, () => save("Candles as Parquet"));
    expect(parquet.subarray(0, 4).toString()).toBe("PAR1");
    await page.getByText(".parquet is saved: ").waitFor();

    await page.route("**/v1/candles?*format=csv*", (route) =>
      route.fulfill({ status: 413, json: { detail: "These are too many candles." } }),
    );
    await save("Candles as CSV");
    await page.getByText(".csv is not saved. These are too many candles.").waitFor();

    await page.goto(`${origin}/coverage?series=binance:BTC-USDT:1m`);
    const [gapsName, gaps] = await saved(page, () =>
      page.getByRole("button", { name: "CSV" }).click(),
    );
    expect([gapsName, gaps.toString()]).toEqual(["gaps.csv", expect.stringContaining("gap_start")]);
    expect(requests.join()).not.toContain(KEY);
    await browser.close();
    await system.close();
  });
});
