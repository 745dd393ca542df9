import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { alertsSchema } from "../src/routes/alerts.ts";
import { get, problemOf, read } from "./answers.ts";

const RAISED = 1_795_406_700;

/** `[id, kind, severity, state, raised_at, resolved_at]` */
const ROWS = [
  ["queue_backlog:candles", "queue_backlog", "warning", "resolved", RAISED, RAISED + 600],
  ["dead_letters_open", "dead_letters_open", "warning", "firing", RAISED + 60, null],
  ["source_failing:kraken", "source_failing", "warning", "firing", RAISED + 120, RAISED + 300],
  ["archive_damaged", "archive_damaged", "critical", "firing", RAISED, null],
  ["gone_with_a_version", "gone_with_a_version", "critical", "resolved", RAISED + 60, RAISED + 90],
] as const;

beforeAll(async () => {
  for (const [id, kind, severity, state, raisedAt, resolvedAt] of ROWS) {
    await env.DB.prepare(
      `INSERT INTO alerts VALUES (?1, ?2, ?3, iif(instr(?1, ':') = 0, NULL, substr(?1, instr(?1, ':') + 1)),
        'what is wrong', ?4, ?5, ?5, ?6, 2)`,
    )
      .bind(id, kind, severity, state, raisedAt, resolvedAt)
      .run();
  }
});

async function idsOf(query: string): Promise<string[]> {
  const { alerts } = await read(`/v1/alerts${query}`, alertsSchema);
  return alerts.map(({ id }) => id);
}

describe("GET /v1/alerts", () => {
  test("answers what fires first, then what is critical, then what is new", async () => {
    expect(await idsOf("")).toEqual([
      "archive_damaged",
      "source_failing:kraken",
      "dead_letters_open",
      "gone_with_a_version",
      "queue_backlog:candles",
    ]);
  });

  test("answers those of one state, and no more than are asked for", async () => {
    expect(await idsOf("?state=resolved")).toEqual([
      "gone_with_a_version",
      "queue_backlog:candles",
    ]);
    expect(await idsOf("?state=firing&limit=1")).toEqual(["archive_damaged"]);
  });

  test("says where it is told what to do, and that what fires is not over", async () => {
    const { alerts, meta } = await read("/v1/alerts", alertsSchema);
    expect(meta).toEqual({ count: 5 });
    expect(alerts[1]).toEqual({
      id: "source_failing:kraken",
      kind: "source_failing",
      severity: "warning",
      subject: "kraken",
      message: "what is wrong",
      runbook: "docs/alerts.md#source_failing",
      state: "firing",
      raised_at: RAISED + 120,
      seen_at: RAISED + 120,
      resolved_at: null,
      raised_count: 2,
    });
    expect(alerts[3]?.runbook).toBeNull();
    expect(alerts[4]?.resolved_at).toBe(RAISED + 600);
  });

  test("has an entity tag, and refuses what cannot be meant", async () => {
    const tag = (await get("/v1/alerts")).headers.get("etag") ?? "";
    expect((await get("/v1/alerts", { "if-none-match": tag })).status).toBe(304);
    expect(await problemOf("/v1/alerts?state=open")).toMatchObject({ parameter: "state" });
    expect(await problemOf("/v1/alerts?cursor=x")).toMatchObject({ parameter: "cursor" });
  });
});
