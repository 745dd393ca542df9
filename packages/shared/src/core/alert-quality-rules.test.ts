import { describe, expect, test } from "vitest";
import { noticeAlerts } from "./alert-notice-rules.ts";
import {
  completenessAlerts,
  sourceErrorAlerts,
  verificationAlerts,
  type FailureMarks,
  type TierCompleteness,
} from "./alert-quality-rules.ts";
import { newChannel } from "./notice-plan.ts";

const NOW = Date.UTC(2026, 10, 23, 8) / 1_000;

/** The alerts where of `count` series of minutes `failed` fetches failed in half an hour. */
function errorsOf(count: number, failed: number, stuck = 0) {
  const marks: FailureMarks = {
    source: "kraken",
    failures: 100 + failed,
    failuresSince: 100,
    since: NOW - 1_800,
    series: Array.from({ length: count }, (_, place) => ({
      timeframe: "1m",
      failureCount: place < stuck ? 3 : 0,
    })),
  };
  return sourceErrorAlerts([marks], NOW);
}

describe("fetches that fail", () => {
  test("are told of from a tenth of what comes due on, and not where they are a few", () => {
    expect(errorsOf(10, 29)).toEqual([]);
    expect(errorsOf(10, 30)).toEqual([
      {
        kind: "source_errors",
        severity: "warning",
        subject: "kraken",
        message:
          "30 fetches from kraken failed since 2026-11-23 07:30 UTC, where 300 candles came due; 0 of its 10 series failed 3 times or more in a row",
      },
    ]);
    expect([errorsOf(1, 4), errorsOf(1, 5)].map((list) => list.length)).toEqual([0, 1]);
  });

  test("of the same series again and again are told of, though they wait longer each time", () => {
    expect([errorsOf(20, 4, 1), errorsOf(20, 4, 2)].map((list) => list.length)).toEqual([0, 1]);
    expect(errorsOf(21, 4, 2)).toEqual([]);
  });

  test("are not told of where series were deleted, and their failures with them", () => {
    expect(errorsOf(10, -50)).toEqual([]);
  });
});

function tierOf(tier: number, timeframe: string, held: number, explained = 0): TierCompleteness {
  const expected = 10_080;
  const missing = expected - held;
  return {
    tier,
    timeframe,
    days: 7,
    series: 1,
    expected,
    held,
    explained,
    missing,
    measuredAt: NOW,
  };
}

describe("completeness", () => {
  test("is told of tier by tier where it is low, with what is missing", () => {
    expect(completenessAlerts([tierOf(1, "1m", 10_070), tierOf(3, "1m", 9_900)])).toEqual([]);
    const low = [tierOf(1, "1m", 10_069), tierOf(1, "1h", 10_080), tierOf(3, "1d", 9_870, 0)];
    expect(completenessAlerts(low)).toEqual([
      {
        kind: "completeness_low",
        severity: "warning",
        subject: "tier 1",
        message:
          "of the 7 days before 2026-11-23 tier 1 holds less than 99.9 %: 1m 99.89 %, 11 candles missing without a reason",
      },
      expect.objectContaining({ subject: "tier 3" }),
    ]);
  });

  test("counts what is missing for a known reason as not to be had", () => {
    expect(completenessAlerts([tierOf(1, "1m", 9_000, 1_080)])).toEqual([]);
    expect(completenessAlerts([tierOf(1, "1m", 0, 10_080)])).toEqual([]);
  });
});

test("files that were not read back for sixty days are one alert", () => {
  expect(verificationAlerts(0, null)).toEqual([]);
  expect(verificationAlerts(2, NOW - 61 * 86_400)).toEqual([
    {
      kind: "verification_late",
      severity: "warning",
      subject: null,
      message:
        "2 files of the archive were not read back for 60 days, the oldest since 2026-09-23 08:00 UTC",
    },
  ]);
});

function failing(seconds: number, givenUp = 0) {
  const since = { attempts: 3, failingSince: NOW - seconds, lastError: "no route" };
  return { ...newChannel("e-mail", 0), ...since, givenUp };
}

describe("notices that do not arrive", () => {
  test("are told of after a quarter of an hour, and are critical once some are given up", () => {
    const alerts = [failing(899), failing(900), failing(90_000, 1)].map(
      (state) => noticeAlerts([state], null, NOW)[0]?.severity,
    );
    expect(alerts).toEqual([undefined, "warning", "critical"]);
  });

  test("since a setting is wrong are told of at once", () => {
    expect(noticeAlerts([], "ALERT_WEBHOOKS is not JSON", NOW)).toMatchObject([
      { subject: "settings", severity: "critical" },
    ]);
  });
});
