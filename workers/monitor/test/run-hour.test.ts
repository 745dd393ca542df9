import { readAlerts } from "@candlehouse/shared/d1/alerts";
import { readCompleteness } from "@candlehouse/shared/d1/monitor-figures";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkAlerts } from "../src/check-alerts.ts";
import { runHour, type Scan } from "../src/run-hour.ts";
import { NOTHING_SCANNED, scanPage } from "../src/scan-page.ts";
import {
  answered,
  clearAll,
  collect,
  DAY,
  gapRows,
  MINUTE,
  monitorAt,
  NOW,
  putHot,
  seriesOf,
  timesOf,
  TODAY,
} from "./holdings.ts";
import { loggedEvents } from "./logged-events.ts";

const logged = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(clearAll);
afterEach(() => vi.clearAllMocks());

const HOUR = 3_600;
const HOURS = seriesOf("BTC-USDT", "binance", "1h");

function run(seconds: number, scan: Scan = (order) => scanPage(monitorAt(seconds), order)) {
  return runHour(monitorAt(seconds), scan, seconds);
}

const failToScan: Scan = () => Promise.reject(new Error("no scan today"));

async function collectHours(holes: readonly (readonly [number, number])[] = []): Promise<void> {
  await collect(HOURS);
  await putHot(HOURS, timesOf(TODAY - 10 * DAY, NOW - HOUR, holes, HOUR));
}

describe("the monitor", () => {
  test("repairs tier 1 at two, and counts the attempt", async () => {
    await collectHours([[TODAY - 5 * DAY, TODAY - 5 * DAY + 2 * HOUR]]);
    await run(TODAY + 2 * HOUR);
    expect(loggedEvents(logged, "gaps.repaired")).toMatchObject([
      { tier: 1, series: 1, assets: 1, detected: 1, open: 1, gaps: 1, candles: 2, backfills: 1 },
    ]);
    expect(await gapRows()).toMatchObject([{ attempts: 1, state: "open" }]);
    // The backfill asked, and the source had nothing.
    await answered(HOURS, TODAY - 5 * DAY, TODAY - 5 * DAY + 2 * HOUR);
    await run(TODAY + 4 * HOUR);
    expect(await gapRows()).toMatchObject([{ class: "unknown", state: "failed", attempts: 1 }]);
  });

  test("gives up on a gap by itself after three repairs", async () => {
    await collectHours([[TODAY - 5 * DAY, TODAY - 5 * DAY + 2 * HOUR]]);
    for (let day = 0; day < 5; day += 1) {
      await run(TODAY + 2 * HOUR);
    }
    expect(await gapRows()).toMatchObject([{ attempts: 3 }]);
  });

  test("leaves tier 2 to three o'clock, and its hours to nobody", async () => {
    await collect(HOURS, 2);
    const days = seriesOf("BTC-USDT", "binance", "1d");
    await collect(days, 2);
    await putHot(HOURS, [TODAY - 5 * DAY, TODAY - HOUR]);
    await putHot(days, [TODAY - 9 * DAY, TODAY - 2 * DAY]);
    await run(TODAY + 2 * HOUR);
    expect(loggedEvents(logged, "gaps.repaired")).toMatchObject([{ tier: 1, series: 0 }]);
    await run(TODAY + 3 * HOUR);
    expect((await gapRows()).map(({ series }) => series)).toEqual([days, days]);
  });

  test("counts days and scans at four", async () => {
    const minutes = seriesOf("BTC-USDT");
    await collect(minutes);
    await putHot(minutes, timesOf(TODAY - DAY, NOW - 900, [[TODAY, TODAY + MINUTE]]));
    await run(NOW);
    expect(loggedEvents(logged, "coverage.counted")).toMatchObject([{ days: 1 }]);
    expect(loggedEvents(logged, "gaps.scanned")).toMatchObject([
      { series: 1, detected: 1, open: 1, candlesMissing: 1, errors: 0, code: null, reason: null },
    ]);
    expect(loggedEvents(logged, "gaps.cleaned")).toEqual([]);
  });

  test("forgets filled and failed gaps of ninety days ago on Sundays, unfillable ones never", async () => {
    for (const [place, state] of ["filled", "failed", "unfillable", "open", "filled"].entries()) {
      await env.DB.prepare(
        `INSERT INTO gaps VALUES ('binance', 'BTC-USDT', '1h', ?1, ?1 + 3600, 1, 1, 'unknown', ?2,
          '{}', 0, 0, ?3)`,
      )
        .bind(place * HOUR, state, NOW - (place === 4 ? 88 : 92) * DAY)
        .run();
    }
    await run(NOW - DAY);
    expect((await gapRows()).map(({ state }) => state)).toEqual(["unfillable", "open", "filled"]);
    expect(loggedEvents(logged, "gaps.cleaned")).toMatchObject([{ deleted: 2 }]);
  });

  test("notes at eight how complete each tier is, of series that are older than a week", async () => {
    await collectHours([[TODAY - 5 * DAY, TODAY - 5 * DAY + 2 * HOUR]]);
    const young = seriesOf("NEW-USDT", "binance", "1h");
    await collect(young);
    await putHot(young, timesOf(TODAY - DAY, NOW - HOUR, [], HOUR));
    await run(TODAY + 8 * HOUR);
    const at = TODAY + 8 * HOUR;
    expect(await readCompleteness(env.DB)).toEqual([
      {
        tier: 1,
        timeframe: "1h",
        measuredAt: at,
        days: 7,
        series: 1,
        expected: 168,
        held: 166,
        explained: 0,
        missing: 2,
      },
    ]);
    await checkAlerts(monitorAt(at), at);
    expect((await readAlerts(env.DB, "firing", 10)).map(({ id }) => id)).toContain(
      "completeness_low:tier 1",
    );
    await env.DB.exec("UPDATE series SET enabled = 0");
    await run(at + DAY);
    expect(await readCompleteness(env.DB)).toEqual([]);
  });

  test("reports completeness by timeframe at eight", async () => {
    await collectHours([[TODAY - 5 * DAY, TODAY - 5 * DAY + 3 * HOUR]]);
    await run(TODAY + 8 * HOUR);
    const [report] = loggedEvents(logged, "completeness.reported");
    // Ten days and seven hours, less three hours and those since.
    expect(report).toMatchObject({ series: 1, expected: 247, held: 240, missing: 7 });
    expect(report?.["percent"]).toEqual({ "1h": 97.165 });
  });

  test("names the series of tiers 1 and 2 that are late by a day", async () => {
    await collectHours();
    await collect(seriesOf("OLD-USDT", "binance", "1h"), 2);
    await collect(seriesOf("FAR-USDT", "binance", "1h"), 3);
    await run(NOW + 5 * HOUR);
    expect(loggedEvents(logged, "freshness.checked")).toMatchObject([{ series: 2, stale: 1 }]);
    expect(loggedEvents(errors, "series.stale")).toMatchObject([
      { tiers: "1, 2", stale: 1, names: ["binance:OLD-USDT:1h"] },
    ]);
  });

  test("does its other work where a part of it fails, and then throws", async () => {
    await collectHours();
    await expect(run(NOW, failToScan)).rejects.toThrow("no scan today");
    expect(loggedEvents(logged, "coverage.counted")).toHaveLength(1);
    expect(loggedEvents(logged, "freshness.checked")).toHaveLength(1);
  });

  test("throws where a backfill could not be begun, after all were tried", async () => {
    for (const symbol of ["NO-SUCH", "BTC-USDT"]) {
      const series = seriesOf(symbol, "binance", "1h");
      await collect(series);
      await putHot(series, [TODAY - DAY, TODAY - HOUR]);
    }
    await expect(run(TODAY + 2 * HOUR)).rejects.toThrow("binance:NO-SUCH:1h: no such market");
    expect(loggedEvents(logged, "gaps.repaired")).toMatchObject([
      { errors: 1, code: "source_unknown_symbol" },
    ]);
    expect((await gapRows()).map(({ series, attempts }) => [series.symbol, attempts])).toEqual([
      ["BTC-USDT", 1],
      ["BTC-USDT", 1],
      ["NO-SUCH", 1],
      ["NO-SUCH", 1],
    ]);
  });

  test("stops a scan that takes more calls than one invocation has, and says where", async () => {
    let pages = 0;
    const endless: Scan = () => {
      pages += 1;
      return Promise.resolve({ totals: NOTHING_SCANNED, next: HOURS });
    };
    await expect(run(NOW, endless)).rejects.toThrow("binance:BTC-USDT:1h: the series after it");
    expect(pages).toBe(28);
  });

  test("scans in an invocation of its own where its real cron fires", async () => {
    await collect(HOURS);
    const scheduledTime = new Date((Math.floor(Date.now() / DAY / 1_000) * DAY + 4 * HOUR) * 1_000);
    // The generated type does not know that a cron can be fired so.
    const worker = exports.default as unknown as { scheduled(controller: object): Promise<void> };
    await worker.scheduled({ cron: "0 * * * *", scheduledTime });
    expect(loggedEvents(logged, "gaps.scanned")).toMatchObject([{ series: 1 }]);
  });
});
