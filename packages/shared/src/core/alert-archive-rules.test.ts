import { describe, expect, test } from "vitest";
import { archiveLateAlerts, costAlerts, damageAlerts, jobAlerts } from "./alert-archive-rules.ts";
import { parseMonth, type Month } from "./cost.ts";
import type { Timeframe } from "./timeframe.ts";

const DAY = 86_400;
const TODAY = Date.UTC(2026, 10, 23) / 1_000;
const NOW = TODAY + 5 * 3_600;

describe("files of the archive", () => {
  test("that are damaged are one critical alert, which names the first", () => {
    expect(damageAlerts([])).toEqual([]);
    expect(damageAlerts(["a.parquet", "b.parquet", "c.parquet", "d.parquet"])).toEqual([
      {
        kind: "archive_damaged",
        severity: "critical",
        subject: null,
        message:
          "4 files of the archive cannot be read whole: a.parquet, b.parquet, c.parquet and 1 more",
      },
    ]);
  });
});

/** The alerts where the oldest candle in D1 is so many days old. */
function late(timeframe: Timeframe, days: number) {
  const series = { source: "binance", symbol: "BTC-USDT", timeframe } as const;
  const range = { series, oldest: TODAY - days * DAY, newest: NOW };
  return archiveLateAlerts([range], 20, NOW).length;
}

describe("candles that stay in D1", () => {
  test("are told of when two runs of the archiver left them", () => {
    expect([20, 21, 22, 23].map((days) => late("1m", days))).toEqual([0, 0, 0, 1]);
  });

  test("are not where days of longer candles are archived together", () => {
    expect([late("1h", 28), late("1h", 29)]).toEqual([0, 1]);
    expect([late("1d", 51), late("1d", 52)]).toEqual([0, 1]);
    expect(late("1M", 100)).toBe(0);
  });

  test("are one alert for all series, with the oldest candle", () => {
    const hot = ["BTC-USDT", "ETH-USDT"].map((symbol, place) => ({
      series: { source: "binance", symbol, timeframe: "1m" } as const,
      oldest: TODAY - (40 + place) * DAY,
      newest: NOW,
    }));
    expect(archiveLateAlerts(hot, 20, NOW)).toMatchObject([
      {
        kind: "archive_late",
        severity: "warning",
        message:
          "2 series still have candles in D1 that should have been archived two days ago, the oldest of 2026-10-13 00:00 UTC: binance:BTC-USDT:1m, binance:ETH-USDT:1m",
      },
    ]);
  });
});

describe("backfills that failed", () => {
  test("are one alert, with why the last one did", () => {
    expect(jobAlerts([])).toEqual([]);
    const job = { id: "b-1", series: "binance:BTC-USDT:1m", finishedAt: NOW, message: "no disk" };
    expect(jobAlerts([job, { ...job, id: "b-2" }])).toMatchObject([
      {
        severity: "warning",
        message:
          "2 backfills failed in the last day, that of binance:BTC-USDT:1m (b-1) at 2026-11-23 05:00 UTC: no disk",
      },
    ]);
  });
});

describe("costs", () => {
  const month: Month = parseMonth("2026-11") ?? { start: 0, end: 0 };
  const halfway = (month.start + month.end) / 2;

  test("are told of where the month goes on to more than the plan includes", () => {
    expect(costAlerts({ rows_written: 25_000_000 }, month, halfway)).toEqual([]);
    expect(costAlerts({ rows_written: 30_000_000 }, month, halfway)).toEqual([
      {
        kind: "cost_projected",
        severity: "warning",
        subject: null,
        message:
          "this month is going to cost $15.00: beyond what the plan includes go D1 rows written 60,000,000 of 50,000,000",
      },
    ]);
  });

  test("are not told of where they are cents", () => {
    expect(costAlerts({ queue_operations: 600_000 }, month, halfway)).toEqual([]);
    expect(costAlerts({ queue_operations: 2_000_000 }, month, halfway)).toHaveLength(1);
  });

  test("are not projected from the first days of a month", () => {
    const secondDay = month.start + 2 * DAY;
    expect(costAlerts({ rows_written: 30_000_000 }, month, secondDay)).toEqual([]);
  });
});
