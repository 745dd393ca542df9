/**
 * `npm run bench -- page`: what the dashboard weighs and how it feels, measured in Chromium with a cold
 * cache, a view at a time: sizes, requests, first paint, layout shift, long tasks; and frames while a
 * chart of a hundred thousand candles is dragged. Of a running system where CANDLEHOUSE_URL names one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { buildAssets } from "../../scripts/build-assets.ts";
import { openBrowser, openPage } from "../browser.ts";
import { startPrepared } from "./prepared-system.ts";
import { SHOWN_HISTORY } from "./shown-history.ts";
import { showView, VIEWS } from "./views.ts";

const VIEWPORT = { width: 1_440, height: 900 };
const LOADED_CANDLES = 100_000;
const DRAG_STEPS = 240;
const DRAGS_MAX = 200;
/** More than it takes to see as many candles as there is room for. */
const ZOOM_STEPS = 30;
/** Days of minutes that a hundred thousand candles take, and some more. */
const MINUTE_DAYS = 75;

const assets = new URL("../../workers/query/assets/dashboard/", import.meta.url).pathname;

/** What is read of an answer of candles. */
interface CandleColumns {
  readonly columns: { readonly timestamp: readonly number[] };
}

/** What one view took until it showed what it has. Times are milliseconds since the request. */
interface Figures {
  readonly requests: number;
  readonly kilobytes: number;
  readonly firstPaint: number;
  readonly largestPaint: number;
  readonly layoutShift: number;
  readonly longTasks: number;
  readonly longestTask: number;
}

/** Before the page's own script: what the browser tells only while it is watched. */
function watch(): void {
  const seen = { largest: 0, shift: 0, tasks: [] as number[] };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      seen.largest = entry.startTime;
    }
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      seen.shift += "value" in entry && typeof entry.value === "number" ? entry.value : 0;
    }
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    seen.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask", buffered: true });
}

/** In the page: what was seen. */
function collect(): Figures {
  const { seen } = globalThis as unknown as {
    seen: { largest: number; shift: number; tasks: number[] };
  };
  const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const all = [...(page === undefined ? [] : [page]), ...resources];
  return {
    requests: all.length,
    kilobytes: all.reduce((sum, { transferSize }) => sum + transferSize, 0) / 1_000,
    firstPaint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    largestPaint: seen.largest,
    layoutShift: seen.shift,
    longTasks: seen.tasks.length,
    longestTask: Math.max(0, ...seen.tasks),
  };
}

/** In the page: times of all frames until `stop` is set, milliseconds between them. */
function recordFrames(): void {
  const frames: number[] = [];
  Object.assign(globalThis, { frames });
  let last = performance.now();
  const tick = (now: number): void => {
    frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function printSizes(): void {
  const names = readdirSync(`${assets}assets`).toSorted();
  let [gzip, brotli] = [0, 0];
  console.log("file                                 bytes     gzip   brotli");
  for (const name of ["index.html", ...names.map((one) => `assets/${one}`)]) {
    const bytes = readFileSync(`${assets}${name}`);
    const packed = [
      gzipSync(bytes, { level: 9 }).length,
      brotliCompressSync(bytes).length,
    ] as const;
    gzip += packed[0];
    brotli += packed[1];
    console.log(
      `${name.padEnd(34)} ${[bytes.length, ...packed].map((size) => String(size).padStart(8)).join(" ")}`,
    );
  }
  console.log(`in all: ${gzip} bytes with gzip, ${brotli} with Brotli\n`);
}

async function measureView(browser: Browser, url: string, path: string): Promise<Figures> {
  const { page } = await openPage(browser, { viewport: VIEWPORT });
  try {
    await page.addInitScript(watch);
    await showView(page, url, path);
    await page.waitForTimeout(1_000);
    return await page.evaluate(collect);
  } finally {
    await page.context().close();
  }
}

async function measureFrames(browser: Browser, url: string): Promise<void> {
  const { page } = await openPage(browser, { viewport: VIEWPORT });
  const pages: number[] = [];
  page.on("response", (response) => {
    if (response.url().includes("shape=columns")) {
      void response.json().then(({ columns }: CandleColumns) => {
        pages.push(columns.timestamp.length);
      });
    }
  });
  await showView(page, url, "/?series=binance:BTC-USDT:1m");
  await page.getByRole("application").focus();
  for (let times = 0; times < ZOOM_STEPS; times += 1) {
    await page.keyboard.press("-");
  }
  const loaded = (): number => pages.reduce((sum, count) => sum + count, 0);
  for (let drags = 0; loaded() < LOADED_CANDLES && drags < DRAGS_MAX; drags += 1) {
    await drag(page, 5);
    await page.waitForTimeout(300);
  }
  await page.waitForTimeout(1_000);
  await page.evaluate(recordFrames);
  await drag(page, DRAG_STEPS);
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames);
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(1);
  console.log(
    `\ndragging with ${loaded()} candles loaded: ${frames.length} frames, milliseconds between them: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(1)}`,
  );
  await page.context().close();
}

async function drag(page: Page, steps: number): Promise<void> {
  const box = await page.locator("main canvas").first().boundingBox();
  if (box === null) {
    throw new Error("there is no chart to drag");
  }
  const y = box.y + box.height / 3;
  await page.mouse.move(box.x + box.width * 0.2, y);
  await page.mouse.down();
  for (let step = 0; step < steps; step += 1) {
    await page.mouse.move(box.x + box.width * (0.2 + (0.6 * step) / steps), y);
  }
  await page.mouse.up();
}

const given = process.env["CANDLEHOUSE_URL"];
await buildAssets();
printSizes();
const system =
  given === undefined
    ? await startPrepared({
        backfills: [
          ...SHOWN_HISTORY,
          { source: "binance", symbols: ["BTC-USDT"], timeframes: ["1m"], days: MINUTE_DAYS },
        ],
      })
    : undefined;
const url = given ?? system?.url ?? "";
const browser = await openBrowser();
try {
  console.log("view      requests       kB   first paint   largest   shift   long tasks   longest");
  for (const { name, path } of VIEWS) {
    const figures = await measureView(browser, url, path);
    const numbers = [
      String(figures.requests).padStart(8),
      figures.kilobytes.toFixed(1).padStart(8),
      figures.firstPaint.toFixed(0).padStart(13),
      figures.largestPaint.toFixed(0).padStart(9),
      figures.layoutShift.toFixed(3).padStart(7),
      String(figures.longTasks).padStart(12),
      figures.longestTask.toFixed(0).padStart(9),
    ];
    console.log(`${name.padEnd(9)} ${numbers.join(" ")}`);
  }
  await measureFrames(browser, url);
} finally {
  await browser.close();
  await system?.close();
}
