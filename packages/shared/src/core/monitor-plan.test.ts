import { describe, expect, test } from "vitest";
import { ALERT_KINDS } from "./alert.ts";
import { KINDS_OF_LOOK, planLooks, planMonitor, type Look } from "./monitor-plan.ts";

/** 2026-11-22 was a Sunday. */
function kindsAt(iso: string): unknown[] {
  return planMonitor(Date.parse(iso) / 1_000).map((task) => task.kind);
}

test("each hour looks at lateness, and each task comes at its own", () => {
  const days = ["2026-11-22", "2026-11-23"];
  const plans = days.map((day) =>
    Array.from({ length: 24 }, (_, hour) =>
      kindsAt(`${day}T${String(hour).padStart(2, "0")}:00:00Z`),
    ),
  );
  const usual = Array.from({ length: 24 }, (): string[] => ["freshness"]);
  const weekday = usual.with(2, ["freshness", "repair"]).with(3, ["freshness", "repair"]);
  const monday = weekday
    .with(4, ["freshness", "coverage", "scan", "forget_notices"])
    .with(8, ["freshness", "completeness"]);
  expect(plans[1]).toEqual(monday);
  expect(plans[0]).toEqual(
    monday.with(4, ["freshness", "coverage", "scan", "forget_notices", "clean_up"]),
  );
});

test("tier 1 is repaired in hours and days, tier 2 in days, some seconds late too", () => {
  const repairs = ["2026-11-23T02:00:07Z", "2026-11-23T03:00:59Z"].flatMap((iso) =>
    planMonitor(Date.parse(iso) / 1_000).filter(({ kind }) => kind === "repair"),
  );
  expect(repairs).toEqual([
    { kind: "repair", tier: 1, timeframes: ["1h", "1d"] },
    { kind: "repair", tier: 2, timeframes: ["1d"] },
  ]);
});

function looksAt(time: string, isLateFiring = false): readonly Look[] {
  return planLooks(Date.parse(`2026-11-23T${time}:00Z`) / 1_000, isLateFiring);
}

describe("a check", () => {
  test("looks at what loses candles soonest each time, and at whole tables each hour", () => {
    expect(looksAt("04:05")).toEqual([
      "collection",
      "source_errors",
      "dead_letters",
      "queues",
      "notices",
    ]);
    expect(looksAt("04:00")).toEqual([
      ...looksAt("04:05"),
      "files",
      "verification",
      "completeness",
      "jobs",
      "costs",
    ]);
  });

  test("looks at what stays in D1 once a day, and each hour while that is wrong", () => {
    expect(looksAt("05:00")).toEqual([...looksAt("04:00"), "hot"]);
    expect(looksAt("09:00", true)).toEqual(looksAt("05:00"));
    expect(looksAt("09:05", true)).toEqual(looksAt("04:05"));
  });

  test("looks in the course of a day for all that can be wrong", () => {
    const kinds = looksAt("05:00").flatMap((look) => KINDS_OF_LOOK[look]);
    expect(kinds.toSorted()).toEqual(ALERT_KINDS.toSorted());
  });
});
