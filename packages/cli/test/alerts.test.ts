import { describe, expect, test } from "vitest";
import { runAgainst, type Routes } from "./run-cli.ts";

const KRAKEN = {
  id: "source_failing:kraken",
  kind: "source_failing",
  severity: "critical",
  subject: "kraken",
  message: "kraken fails since 2026-11-23 04:00 UTC",
  runbook: "docs/alerts.md#source_failing",
  state: "firing",
  raised_at: 1_795_406_700,
  seen_at: 1_795_406_700,
  resolved_at: null,
  raised_count: 2,
};

function answering(...alerts: readonly object[]): Routes {
  return { "GET /v1/alerts": [[200, { alerts, meta: { count: alerts.length } }]] };
}

describe("alerts", () => {
  test("lists what fires, why and where it is told what to do, and ends with 3", async () => {
    const { code, out, asked } = await runAgainst(answering(KRAKEN), ["alerts"]);
    expect(code).toBe(3);
    expect(asked[0]?.query).toEqual({ state: "firing", limit: "100" });
    expect(out).toContain("source_failing");
    expect(out).toContain("docs/alerts.md#source_failing");
    expect(out).toContain("kraken fails since 2026-11-23 04:00 UTC");
    expect(out).toMatch(/\n1 firing alert\n$/);
  });

  test("ends with 0 where nothing fires", async () => {
    const over = { ...KRAKEN, state: "resolved", resolved_at: 1_795_407_000 };
    const { code, out, asked } = await runAgainst(answering(over), [
      "alerts",
      "--state",
      "any",
      "--limit",
      "5000",
    ]);
    expect(code).toBe(0);
    expect(asked[0]?.query).toEqual({ limit: "1000" });
    expect(out).toMatch(/\n1 alert\n$/);
    expect((await runAgainst(answering(), ["alerts"])).out).toBe("no firing alert\n");
  });

  test("answers with one JSON document", async () => {
    const { out } = await runAgainst(answering(KRAKEN), ["alerts", "--json"]);
    expect(JSON.parse(out)).toEqual({ alerts: [KRAKEN] });
  });
});
