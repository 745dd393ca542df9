import { AxeBuilder } from "@axe-core/playwright";
import type { SeriesList } from "@candlehouse/client";
import { parseSeries } from "@candlehouse/shared/core/series";
import { mkdirSync, readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foreignOf, openBrowser, openPage, type WatchedPage } from "./browser.ts";
import { startPrepared, type PreparedSystem } from "./dashboard/prepared-system.ts";
import { SHOWN_HISTORY } from "./dashboard/shown-history.ts";
import { HOURS, showView, SIZES, VIEWS } from "./dashboard/views.ts";

const DAY = 86_400;
const LAPTOP = { width: 1_440, height: 900 };

/** What a reader whom it concerns would stumble over; and what axe deems good manners. */
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const PICTURES = new URL("../artifacts/screenshots/", import.meta.url).pathname;

/** Each size in one of the themes; `npm run screenshots` has all of them in both. */
const LOOKS = SIZES.map((size) => ({
  size,
  theme: size.name === "laptop" ? ("dark" as const) : ("light" as const),
}));

describe("the dashboard", () => {
  let system: PreparedSystem;
  let browser: Browser;
  const opened: WatchedPage[] = [];

  beforeAll(async () => {
    [system, browser] = await Promise.all([
      startPrepared({ backfills: SHOWN_HISTORY }),
      openBrowser(),
    ]);
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  async function open(path: string, viewport: { width: number; height: number } = LAPTOP) {
    const watched = await openPage(browser, { viewport });
    opened.push(watched);
    await showView(watched.page, system.url, path);
    return watched;
  }

  describe.each(LOOKS)("at the size of a $size.name, $theme", ({ size, theme }) => {
    let watched: WatchedPage;

    beforeAll(async () => {
      const { width, height } = size;
      watched = await openPage(browser, { viewport: { width, height }, colorScheme: theme });
      opened.push(watched);
      mkdirSync(PICTURES, { recursive: true });
    });

    afterAll(() => watched.page.context().close());

    test.each(VIEWS)("shows $name in its width, and axe has nothing to say", async (view) => {
      const { page } = watched;
      // Hundreds of rows are looked at once: what is wrong with one is wrong with all.
      const few = view.name === "series" && size.name !== "laptop" ? "?words=btc" : "";
      await showView(page, system.url, view.path + few);
      const file = `${PICTURES}${view.name}-${size.name}-${theme}.png`;
      await page.screenshot({ path: file });
      expect(readFileSync(file).length).toBeGreaterThan(10_000);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      expect(await violationsOf(page)).toEqual([]);
    });
  });

  test("goes a year back by dragging, and asks for what it shows as it comes to it", async () => {
    const { page, requests } = await open(`/?${HOURS}`);
    const asked = () =>
      requests.filter((url) => /\/v1\/candles\?.*shape=columns/.test(url)).map(spanOf);
    const now = await timeOf(system);
    const first = asked();
    expect(first.length).toBeGreaterThan(0);
    expect(Math.min(...first.map(({ start }) => start))).toBeGreaterThan(now - 200 * DAY);
    const chart = page.getByRole("application");
    const box = await chart.boundingBox();
    if (box === null) {
      throw new Error("the chart has no box");
    }
    await chart.focus();
    for (let times = 0; times < 30; times += 1) {
      await page.keyboard.press("-");
    }
    const y = box.y + box.height / 2;
    for (let drags = 0; drags < 80 && startIn(page, now) > now - 365 * DAY; drags += 1) {
      await page.mouse.move(box.x + 100, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width - 150, y, { steps: 5 });
      await page.mouse.up();
      await page.waitForTimeout(400);
    }
    expect(startIn(page, now)).toBeLessThan(now - 365 * DAY);
    expect(Math.min(...asked().map(({ start }) => start))).toBeLessThan(now - 365 * DAY);
    // The address restores what is seen.
    const address = page.url().slice(system.url.length);
    const again = await open(address);
    await again.page.getByRole("application").focus();
    await again.page.keyboard.press("Home");
    const year = new Date((now - 365 * DAY) * 1_000).getUTCFullYear();
    await expect
      .poll(() => again.page.locator(".chart-legend-time").first().textContent())
      .toContain(String(year));
  });

  test("switches the timeframe and the source, and says which it shows", async () => {
    const { page } = await open(`/?${HOURS}`);
    await page.getByRole("radio", { name: "4h", exact: false }).first().check({ force: true });
    await page.getByRole("application", { name: "binance:BTC-USDT 4h" }).waitFor();
    expect(page.url()).toContain("interval=4h");
    await page.getByRole("combobox", { name: "Source" }).selectOption({ label: "kraken USD" });
    await page.getByRole("application", { name: /kraken:BTC-USD/ }).waitFor();
    await expect.poll(() => page.locator("main").textContent()).toContain("kraken:BTC-USD");
    await page.goBack();
    await page.getByRole("application", { name: "binance:BTC-USDT 4h" }).waitFor();
  });

  test("starts a backfill, shows how it goes and that it is complete", async () => {
    const { page } = await open("/jobs?start=backfill&series=binance:SOL-USDT:1h");
    await page.getByRole("button", { name: "Count what is missing" }).click();
    const form = page.getByRole("region", { name: "Start a backfill" });
    await expect.poll(() => form.getByRole("status").textContent()).toMatch(/missing/);
    await form.getByRole("button", { name: /^Start/ }).click();
    const job = page
      .getByRole("region", { name: "Backfills" })
      .getByRole("listitem")
      .filter({ hasText: "binance:SOL-USDT:1h" })
      .first();
    await job.waitFor();
    await expect.poll(() => job.textContent(), { timeout: 90_000 }).toContain("Complete");
    const { candles } = await system.client.candles({ series: "binance:SOL-USDT:1h", limit: 5 });
    expect(candles).toHaveLength(5);
  });

  test("replays a dead letter, whose candles are stored then", async () => {
    const { page } = await open("/pipeline");
    const letters = page.getByRole("region", { name: "Dead letters" });
    await letters.getByText("retries_exhausted").first().waitFor();
    await letters
      .getByRole("button", { name: /^Replay/ })
      .last()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /Replay/ }).click();
    const { deadLetter: id, client } = system;
    await expect
      .poll(async () => {
        const { data } = await client.api.GET("/v1/dead-letters/{id}", {
          params: { path: { id } },
          cache: "no-store",
        });
        return data?.state;
      })
      .toBe("replayed");
    await expect
      .poll(
        async () => {
          const { candles } = await client.candles({
            series: "binance:BTC-USDT:1m",
            start: "2020-01-01",
            end: "2020-01-02",
          });
          return candles.length;
        },
        { timeout: 30_000 },
      )
      .toBe(10);
  });

  test("adds a series, and disables it again", async () => {
    const { page } = await open("/series");
    await page.getByRole("button", { name: "Add series" }).click();
    const form = page.getByRole("region", { name: "Add series" });
    await form.getByRole("textbox", { name: "Symbols" }).fill("BTC-USDT");
    await form.getByRole("checkbox", { name: "1m", exact: true }).uncheck();
    await form.getByRole("checkbox", { name: "4h", exact: true }).check();
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await expect.poll(() => collected(system, "binance:BTC-USDT:4h")).toBe(true);
    await page.getByRole("searchbox").fill("btc binance 4h");
    const row = page.getByRole("row").filter({ hasText: "4h" });
    await row.getByRole("switch").click();
    await expect.poll(() => collected(system, "binance:BTC-USDT:4h")).toBe(false);
  });

  test("is used by the keyboard alone: from the skip link to a candle, a view, a day", async () => {
    const { page } = await open(`/?${HOURS}`);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the view");
    await page.keyboard.press("Enter");
    await tabTo(page, /Chart of binance:BTC-USDT 1h/);
    const told = page.locator('[aria-live="polite"]').filter({ hasText: /Close|close/ });
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => told.first().textContent()).toMatch(/\d/);
    const before = await told.first().textContent();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => told.first().textContent()).not.toBe(before);
    await page.goto(`${system.url}/coverage?${HOURS}`);
    await page.getByRole("grid").waitFor();
    await tabTo(page, /candles/);
    await page.keyboard.press("ArrowUp");
    const day = await focused(page);
    await page.keyboard.press("Enter");
    expect(day).toMatch(/candles/);
    await expect.poll(() => new URL(page.url()).searchParams.get("day")).not.toBeNull();
  });

  test("keeps rows in sight where a search leaves fewer than the pages before", async () => {
    const { page } = await open("/series");
    const next = page.getByRole("button", { name: "Next page" });
    for (let presses = 0; presses < 3; presses += 1) {
      await next.click();
    }
    await page.getByRole("searchbox").fill("btc kraken");
    const rows = page.getByRole("table", { name: /series/i }).locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(5);
    await expect.poll(() => rows.allTextContents()).toContainEqual(expect.stringMatching(/kraken/));
  });

  test("gives the focus back to the button that opened a dialog", async () => {
    const { page } = await open("/pipeline");
    const letters = page.getByRole("region", { name: "Dead letters" });
    await letters.getByRole("radio", { name: "All", exact: true }).check({ force: true });
    await letters
      .getByRole("button", { name: /^Inspect/ })
      .first()
      .focus();
    const name = await focused(page);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    expect(await focused(page)).toBe(name);
  });

  test("saves what is seen as CSV, candle by candle what the system answers", async () => {
    const { page } = await open(`/?${HOURS}`);
    await page.getByRole("button", { name: "Save" }).click();
    const [download, request] = await Promise.all([
      page.waitForEvent("download"),
      page.waitForRequest(/format=csv/),
      page.getByRole("button", { name: /CSV/ }).click(),
    ]);
    const text = readFileSync(await download.path(), "utf8");
    expect(text).toBe(await (await fetch(request.url())).text());
    expect(text.trim().split("\n").length).toBeGreaterThan(50);
  });

  test("asks nobody else for anything, and complains of nothing", () => {
    expect(opened.flatMap(({ requests }) => foreignOf(requests, system.url))).toEqual([]);
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});

async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
  );
}

/** The range that a request for candles asks for, unix seconds; it may have no begin. */
function spanOf(url: string): { start: number } {
  const start = new URL(url).searchParams.get("start");
  return { start: start === null ? Number.POSITIVE_INFINITY : Number(start) };
}

/** Where the chart's view begins, as its address says; now, where it shows the newest. */
function startIn(page: Page, now: number): number {
  return Number(new URL(page.url()).searchParams.get("start") ?? now);
}

async function timeOf({ client }: PreparedSystem): Promise<number> {
  return (await client.get("/health")).time;
}

/** Whether the series is collected; undefined where nobody knows it. */
async function collected({ url }: PreparedSystem, name: string): Promise<boolean | undefined> {
  const { symbol, timeframe } = parseSeries(name) ?? {};
  const query = `symbol=${symbol}&timeframe=${timeframe}`;
  const response = await fetch(`${url}/v1/series?${query}`, { cache: "no-store" });
  const { series } = (await response.json()) as SeriesList;
  return series.find((one) => one.source === "binance")?.enabled;
}

/** Name or text of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    const described = activeElement?.getAttribute("aria-activedescendant");
    const element = described ? document.getElementById(described) : activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

/** Presses Tab until something with that name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const seen: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const text = await focused(page);
    if (name.test(text)) {
      return;
    }
    seen.push(text.slice(0, 40));
  }
  throw new Error(`Tab does not come to ${name}: ${seen.join(" | ")}`);
}
