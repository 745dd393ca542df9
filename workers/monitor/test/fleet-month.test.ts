import {
  checkUnits,
  hourUnits,
  isFullHour,
  watchedOf,
} from "@candlehouse/shared/core/fleet-month-monitor";
import { sumCounts, type LedgerCounts } from "@candlehouse/shared/core/ledger";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { checkAlerts } from "../src/check-alerts.ts";
import { countWork } from "../src/count-work.ts";
import { runHour } from "../src/run-hour.ts";
import { scanPage } from "../src/scan-page.ts";
import {
  clearAll,
  collect,
  DAY,
  MINUTE,
  monitorAt,
  putHot,
  seriesOf,
  timesOf,
} from "./holdings.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

beforeEach(clearAll);

const HOUR = 3_600;
/** 2026-11-24T00:00:00Z, a Tuesday: on Sundays records are cleaned up. */
const TOMORROW = Date.UTC(2026, 10, 24) / 1_000;

const FLEET = [
  { ...seriesOf("BTC-USDT", "binance", "1h"), tier: 1 },
  { ...seriesOf("ETH-USDT", "binance", "1h"), tier: 2 },
  { ...seriesOf("BTC-USD", "kraken", "1d"), tier: 1 },
  { ...seriesOf("BTC-USD", "kraken", "15m"), tier: 1 },
];
const STEPS = { "15m": 15 * MINUTE, "1h": HOUR, "1d": DAY } as const;

/** Each half hour, at which marks are moved, and one after them: the others are as that one. */
const CHECKS = [
  ...Array.from({ length: 48 }, (_, place) => TOMORROW + (place * HOUR) / 2),
  TOMORROW + DAY - 5 * MINUTE,
];

/** What the monitor was billed for a day in which nothing was wrong. */
async function watchADay(): Promise<LedgerCounts> {
  for (const now of CHECKS) {
    await countWork(monitorAt(now), (context) => checkAlerts(context, now));
    if (isFullHour(now)) {
      const scan = countedScan(now);
      await countWork(monitorAt(now), (context) => runHour(context, scan, now));
    }
  }
  return billedIn(TOMORROW, DAY);
}

/** What the ledger has of the hour that begins at `start`, or of more `seconds`. */
async function billedIn(start: number, seconds = HOUR): Promise<LedgerCounts> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM cost_ledger WHERE work = 'monitor' AND hour >= ? AND hour < ?",
  )
    .bind(start, start + seconds)
    .all<LedgerCounts>();
  return sumCounts(results);
}

/** As the Worker's own entry point counts a page. */
function countedScan(now: number): Parameters<typeof runHour>[1] {
  return (order) => countWork(monitorAt(now), (context) => scanPage(context, order), 0);
}

test("a simulated check and hour read what the monitor reads, within 5 %", async () => {
  const fleet = Array.from({ length: 50 }, (_, place) => ({
    ...seriesOf(`T${place}-USDT`, place % 2 === 0 ? "binance" : "kraken", "1h"),
    tier: 1,
  }));
  for (const { tier, ...series } of fleet) {
    await collect(series, tier);
    await putHot(series, timesOf(TOMORROW - 2 * HOUR, TOMORROW + 2 * HOUR, [], HOUR));
  }
  const watched = watchedOf(fleet, { files: 0, ledgerRows: 0 });
  const at = TOMORROW + 5 * MINUTE;
  await countWork(monitorAt(at), (context) => checkAlerts(context, at));
  const ofCheck = await billedIn(TOMORROW);
  await countWork(monitorAt(TOMORROW + HOUR), (context) =>
    runHour(context, countedScan(TOMORROW + HOUR), TOMORROW + HOUR),
  );
  const ofHour = await billedIn(TOMORROW + HOUR);
  const simulated = [checkUnits(watched, at), hourUnits(watched, TOMORROW + HOUR)];
  const ratios = [ofCheck, ofHour].map(
    ({ rows_read: read = 0 }, place) => read / (simulated[place]?.rows_read ?? 0),
  );
  expect(ratios.filter((ratio) => Math.abs(ratio - 1) > 0.05)).toEqual([]);
});

test("a simulated day of the monitor is billed what the monitor is billed where nothing is wrong", async () => {
  for (const { tier, ...series } of FLEET) {
    await collect(series, tier);
    const step = STEPS[series.timeframe as keyof typeof STEPS];
    await putHot(series, timesOf(TOMORROW - 10 * DAY, TOMORROW + 2 * DAY, [], step));
  }
  // What the day before left behind: days that are counted, and the marks of sources.
  await runHour(
    monitorAt(TOMORROW - 20 * HOUR),
    countedScan(TOMORROW - 20 * HOUR),
    TOMORROW - 20 * HOUR,
  );
  await checkAlerts(monitorAt(TOMORROW - HOUR / 2), TOMORROW - HOUR / 2);
  const billed = await watchADay();
  const watched = watchedOf(FLEET, { files: 0, ledgerRows: 0 });
  const simulated = sumCounts(
    CHECKS.flatMap((now) => [
      checkUnits(watched, now),
      ...(isFullHour(now) ? [hourUnits(watched, now)] : []),
    ]),
  );
  expect(billed).toMatchObject({
    runs: simulated.runs,
    requests: simulated.requests,
    // The archiver deletes a row of the coverage for each that was written.
    rows_written: simulated.rows_written - watched.short,
  });
  const { results } = await env.DB.prepare("SELECT id FROM alerts").all();
  expect(results).toEqual([]);
}, 60_000);
