import type { Page } from "playwright-core";

/** The sizes at which each view must be something to be proud of. */
export const SIZES = [
  { name: "phone", width: 390, height: 844 },
  { name: "laptop", width: 1_440, height: 900 },
  { name: "4k", width: 3_840, height: 2_160 },
] as const;

export const THEMES = ["light", "dark"] as const;

/** The series that chart and coverage show. */
export const HOURS = "series=binance:BTC-USDT:1h";

/** The views with what they are to show. */
export const VIEWS = [
  { name: "chart", path: `/?${HOURS}` },
  { name: "coverage", path: `/coverage?${HOURS}` },
  { name: "pipeline", path: "/pipeline" },
  { name: "jobs", path: "/jobs" },
  { name: "series", path: "/series" },
] as const;

/** How long a view is given to show what it has, milliseconds. */
const SETTLE_MS_MAX = 30_000;

/** Opens `path` and waits until nothing on it is being loaded. */
export async function showView(page: Page, url: string, path: string): Promise<void> {
  await page.goto(`${url}${path}`);
  await page.locator("main h1, main h2, main canvas").first().waitFor({ timeout: SETTLE_MS_MAX });
  await page.waitForFunction(
    () => document.querySelector(".state-loading, .app-loading") === null,
    undefined,
    { timeout: SETTLE_MS_MAX },
  );
}
