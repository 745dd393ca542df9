import { describe, expect, test } from "vitest";
import {
  deadLetterAlerts,
  queueAlerts,
  sourceAlerts,
  staleAlerts,
  type CollectedSeries,
  type SourceCondition,
} from "./alert-rules.ts";

/** A Monday. */
const NOW = Date.UTC(2026, 10, 23, 10) / 1_000;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

function seriesOf(changes: Partial<CollectedSeries>): CollectedSeries {
  return {
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    tier: 1,
    last: NOW - 2 * MINUTE,
    askedUntil: null,
    failureCount: 0,
    ...changes,
  };
}

/** Whether a series with `changes` is told of. */
function isStale(changes: Partial<CollectedSeries>): boolean {
  return staleAlerts([seriesOf(changes)], NOW).length === 1;
}

describe("series that are late", () => {
  test("of tiers 1 and 2 are told of after an hour and two candles", () => {
    expect(isStale({ last: NOW - HOUR - MINUTE })).toBe(false);
    expect(isStale({ last: NOW - HOUR - 2 * MINUTE })).toBe(true);
    expect(isStale({ tier: 2, last: NOW - HOUR - 2 * MINUTE })).toBe(true);
    expect(isStale({ timeframe: "1h", last: NOW - 3 * HOUR })).toBe(false);
    expect(isStale({ timeframe: "1h", last: NOW - 4 * HOUR })).toBe(true);
    expect(isStale({ timeframe: "1d", last: Date.UTC(2026, 10, 21) / 1_000 })).toBe(false);
    expect(isStale({ timeframe: "1d", last: Date.UTC(2026, 10, 19) / 1_000 })).toBe(true);
  });

  test("of other tiers are told of after a day", () => {
    expect(isStale({ tier: 3, last: NOW - 23 * HOUR })).toBe(false);
    expect(isStale({ tier: 4, last: NOW - DAY - HOUR })).toBe(true);
  });

  test("of markets that close at night are told of after the longest weekend", () => {
    const stock = { source: "massive", symbol: "AAPL-USD" } as const;
    expect(isStale({ ...stock, last: NOW - 3 * DAY })).toBe(false);
    expect(isStale({ ...stock, last: NOW - 5 * DAY })).toBe(true);
  });

  test("are not those whose source was asked and has nothing, nor those that are new", () => {
    expect(isStale({ last: NOW - DAY, askedUntil: NOW - MINUTE })).toBe(false);
    expect(isStale({ last: null })).toBe(false);
    expect(isStale({ last: null, failureCount: 3 })).toBe(true);
  });

  test("are one alert a tier, which counts them and names the first", () => {
    const late = ["ADA", "BTC", "ETH", "SOL", "XRP"].map((base) =>
      seriesOf({ symbol: `${base}-USDT`, last: NOW - DAY }),
    );
    const others = [seriesOf({}), seriesOf({ tier: 4, last: NOW - 9 * DAY })];
    expect(staleAlerts([...late, ...others], NOW)).toEqual([
      {
        kind: "series_stale",
        severity: "critical",
        subject: "tier 1",
        message:
          "5 of 6 series of tier 1 are late by an hour and two candles or more: binance:ADA-USDT:1m, binance:BTC-USDT:1m, binance:ETH-USDT:1m and 2 more",
      },
      {
        kind: "series_stale",
        severity: "warning",
        subject: "tier 4",
        message: "1 of 1 series of tier 4 is late by a day or more: binance:BTC-USDT:1m",
      },
    ]);
  });
});

describe("sources", () => {
  const KRAKEN: SourceCondition = {
    source: "kraken",
    state: "failing",
    since: NOW - 5 * MINUTE,
    code: "source_unavailable",
    reason: "kraken answered HTTP 520",
    series: 36,
  };

  test("that fail are told of after five minutes, and are critical after an hour", () => {
    expect(sourceAlerts([{ ...KRAKEN, since: NOW - 4 * MINUTE }], NOW)).toEqual([]);
    expect(sourceAlerts([KRAKEN], NOW)).toEqual([
      {
        kind: "source_failing",
        severity: "warning",
        subject: "kraken",
        message:
          "kraken fails since 2026-11-23 09:55 UTC, and 36 series of it with it: source_unavailable: kraken answered HTTP 520",
      },
    ]);
    expect(sourceAlerts([{ ...KRAKEN, since: NOW - HOUR }], NOW)).toMatchObject([
      { severity: "critical" },
    ]);
  });

  test("that are off are told of with what is to be set, and those that are well are not", () => {
    const off = { ...KRAKEN, state: "off", reason: "set MASSIVE_API_KEY", series: 1 } as const;
    expect(sourceAlerts([off, { ...KRAKEN, state: "ok" }], NOW)).toEqual([
      {
        kind: "source_off",
        severity: "warning",
        subject: "kraken",
        message:
          "1 series of kraken cannot be collected since 2026-11-23 09:55 UTC: set MASSIVE_API_KEY",
      },
    ]);
  });
});

describe("dead letters that are open", () => {
  test("are one alert, with their reasons and the age of the oldest", () => {
    expect(deadLetterAlerts([])).toEqual([]);
    const open = [
      { code: "poison_message", letters: 3, oldestAt: NOW - HOUR },
      { code: "retries_exhausted", letters: 1_200, oldestAt: NOW - DAY },
    ];
    expect(deadLetterAlerts(open)).toEqual([
      {
        kind: "dead_letters_open",
        severity: "warning",
        subject: null,
        message:
          "1,203 dead letters open, the oldest since 2026-11-22 10:00 UTC: poison_message 3, retries_exhausted 1,200",
      },
    ]);
  });
});

describe("queues", () => {
  test("are told of by how long their oldest message waits, however many there are", () => {
    const queues = [
      { queue: "candles", messages: 9_000, ageSeconds: 9 * MINUTE },
      { queue: "candles-dlq", messages: 1, ageSeconds: 10 * MINUTE },
      { queue: "compaction", messages: 40, ageSeconds: 2 * HOUR },
      { queue: "compaction-dlq", messages: 0, ageSeconds: null },
    ];
    expect(queueAlerts(queues)).toMatchObject([
      {
        severity: "warning",
        subject: "candles-dlq",
        message: "the queue candles-dlq has 1 message, the oldest for 10 minutes",
      },
      { severity: "critical", subject: "compaction" },
    ]);
  });
});
