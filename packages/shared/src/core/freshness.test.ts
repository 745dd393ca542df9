import { expect, test } from "vitest";
import { staleSince } from "./freshness.ts";

const NOW = Date.UTC(2026, 10, 23, 12) / 1_000;
const HOURS = 3_600;

test.each([
  [
    "a minute that closed a day ago is not held",
    "binance",
    "1m",
    NOW - 24 * HOURS - 120,
    null,
    true,
  ],
  [
    "the minute that closed a day ago is the last",
    "binance",
    "1m",
    NOW - 24 * HOURS - 60,
    null,
    false,
  ],
  ["the source had nothing since", "coinbase", "1m", NOW - 72 * HOURS, NOW - HOURS, false],
  ["a day is held that closed twelve hours ago", "binance", "1d", NOW - 36 * HOURS, null, false],
  ["the day before yesterday is missing", "binance", "1d", NOW - 84 * HOURS, null, true],
  ["this week is not over", "binance", "1w", NOW - 12 * HOURS - 7 * 24 * HOURS, null, false],
  ["nothing was ever held", "binance", "1h", null, null, true],
  ["a stock market was closed for a long weekend", "massive", "1h", NOW - 90 * HOURS, null, false],
] as const)("%s", (_, source, timeframe, last, askedUntil, isStale) => {
  expect(staleSince({ source, timeframe, last, askedUntil }, NOW) !== null).toBe(isStale);
});
