import { expect, test } from "vitest";
import { planMonitor } from "./monitor-plan.ts";

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
    .with(4, ["freshness", "coverage", "scan"])
    .with(8, ["freshness", "completeness"]);
  expect(plans[1]).toEqual(monday);
  expect(plans[0]).toEqual(monday.with(4, ["freshness", "coverage", "scan", "clean_up"]));
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
