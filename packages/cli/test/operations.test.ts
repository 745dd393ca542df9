import { describe, expect, test } from "vitest";
import { runAgainst } from "./run-cli.ts";

const NOON = Date.UTC(2026, 10, 23, 12) / 1_000;

const NOTHING = {
  runs: 0,
  candles: 0,
  inserted: 0,
  ignored: 0,
  revised: 0,
  retried: 0,
  dead: 0,
  duration_ms: 0,
};

const STATS = {
  at: NOON + 900,
  hours: [{ hour: NOON, ...NOTHING, runs: 15, inserted: 1_234, ignored: 5, dead: 1 }],
  totals: {
    hour: { ...NOTHING, inserted: 4_321 },
    day: { ...NOTHING, inserted: 91_234, ignored: 12, revised: 3 },
  },
  candles_per_second: 20_512.4,
  queues: [
    {
      queue: "candles",
      backlog_messages: 12,
      backlog_bytes: 20_480,
      oldest_message_at: NOON + 855,
    },
    { queue: "candles-dlq", backlog_messages: 0, backlog_bytes: 0, oldest_message_at: null },
  ],
  dead_letters: { open: 2, replayed: 0, discarded: 0, oldest_open_at: NOON },
  archive: {
    files: 214,
    fragments: 1,
    candles: 31_104_220,
    bytes: 560_100_000,
    series: 60,
    damaged: 0,
    oldest_verified_at: null,
    newest_verified_at: null,
    last_change_at: NOON - 3_600,
  },
  alerts: { firing: 0, critical: 0 },
  jobs: { open_backfills: 1, open_imports: 0 },
  meta: { durationMs: 1 },
};

describe("stats", () => {
  test("tells what is stored, what waits and what is kept", async () => {
    const ended = await runAgainst({ "GET /stats": [[200, STATS]] }, ["stats"]);
    expect(ended.err).toBe("");
    expect(ended.out.split("\n")).toEqual([
      "hour              stored  known  revised  batches  sent back  dead",
      "2026-11-23 12:00   1,234      5        0       15          0     1",
      "",
      "queue        messages     size  oldest",
      "candles            12  20.5 kB    45 s",
      "candles-dlq         0      0 B       –",
      "",
      "last hour      4,321 candles stored",
      "last day       91,234 candles stored, 12 known, 3 revised, 20,512 a second while it worked",
      "dead letters   2 open, the first since 2026-11-23 12:00",
      "archive        214 files, 31,104,220 candles, 560.1 MB, changed 2026-11-23 11:00; 1 fragment to be merged",
      "jobs           1 backfill and 0 imports open",
      "alerts         none",
      "",
    ]);
    expect(ended.code).toBe(0);
  });

  test("gives everything as JSON", async () => {
    const ended = await runAgainst({ "GET /stats": [[200, STATS]] }, ["stats", "--json"]);
    expect(JSON.parse(ended.out)).toEqual(STATS);
  });

  test("says what failed where the system cannot tell", async () => {
    const problem = {
      type: "about:blank",
      title: "Bad request",
      status: 400,
      detail: "no such thing",
      code: "invalid_input",
    };
    const ended = await runAgainst({ "GET /stats": [[400, problem]] }, ["stats"]);
    expect(ended.code).toBe(1);
    expect(ended.err).toContain("no such thing");
  });
});

const COUNTS = {
  ...NOTHING,
  requests: 0,
  queue_operations: 0,
  rows_read: 0,
  rows_written: 0,
  class_a: 0,
  class_b: 0,
  steps: 0,
  object_requests: 0,
  object_rows_written: 0,
};

const COSTS = {
  month: "2026-11",
  at: NOON,
  elapsed_ratio: 0.75,
  items: [
    {
      item: "rows_written",
      name: "D1 rows written",
      unit: "rows",
      used: 60_000_000,
      included: 50_000_000,
      projected: 80_000_000,
      used_ratio: 1.2,
      projected_ratio: 1.6,
      price: { usd: 1, per: 1_000_000 },
      projected_usd: 30,
    },
    {
      item: "queue_operations",
      name: "Queue operations",
      unit: "operations",
      used: 750,
      included: 1_000_000,
      projected: 1_000,
      used_ratio: 0.00075,
      projected_ratio: 0.001,
      price: { usd: 0.4, per: 1_000_000 },
      projected_usd: 0,
    },
    {
      item: "r2_storage",
      name: "R2 storage",
      unit: "bytes",
      used: 10_100_000_000,
      included: 10_000_000_000,
      projected: 10_100_000_000,
      used_ratio: 1.01,
      projected_ratio: 1.01,
      price: { usd: 0.015, per: 1_000_000_000 },
      projected_usd: 0.0015,
    },
  ],
  works: [
    { work: "store", ...COUNTS, runs: 120, candles: 91_234, rows_written: 91_354, requests: 120 },
  ],
  days: [],
  plan: { name: "Workers Paid", usd_a_month: 5 },
  projected_usd: 35.0015,
  budget: { usd: 10, state: "held", reason: "held by the budget: the month comes to more" },
  not_counted: ["requests of readers over HTTP"],
  meta: { durationMs: 1 },
};

describe("cost", () => {
  test("prints the month so far, what it comes to, and what is in neither", async () => {
    const ended = await runAgainst({ "GET /v1/costs": [[200, COSTS]] }, ["cost"]);
    expect(ended.err).toBe("");
    expect(ended.out.split("\n")).toEqual([
      "billed             so far  by month's end  included  of that     cost",
      "D1 rows written     60.0M           80.0M     50.0M    160 %   $30.00",
      "Queue operations      750           1,000      1.0M    0.1 %    $0.00",
      "R2 storage        10.1 GB         10.1 GB   10.0 GB    101 %  < $0.01",
      "",
      "work   runs  candles  rows written  rows read  queue  requests  R2 writes  R2 reads  steps  limiters",
      "store   120   91,234        91,354          0      0       120          0         0      0         0",
      "",
      "2026-11, of which 75.00 % is over: $35.00 by its end if it goes on so, $5.00 of them for the plan Workers Paid",
      "budget: $10.00 a month; backfills are held by the budget: the month comes to more",
      "not counted:",
      "  requests of readers over HTTP",
      "",
    ]);
    expect(ended.asked.map(({ query }) => query)).toEqual([{}]);
  });

  test("says where nothing slows backfills", async () => {
    for (const [budget, line] of [
      [null, "budget: none is known (BUDGET_USD), so that nothing slows backfills"],
      [
        { usd: 12.5, state: "full", reason: null },
        "budget: $12.50 a month; backfills are at full speed",
      ],
    ] as const) {
      const answer = { ...COSTS, budget };
      const ended = await runAgainst({ "GET /v1/costs": [[200, answer]] }, ["cost"]);
      expect(ended.out).toContain(`${line}\n`);
    }
  });

  test("asks for another month, and says what that one came to", async () => {
    const october = { ...COSTS, month: "2026-10", elapsed_ratio: 1, works: [] };
    const ended = await runAgainst({ "GET /v1/costs": [[200, october]] }, [
      "cost",
      "--month",
      "2026-10",
    ]);
    expect(ended.asked.map(({ query }) => query)).toEqual([{ month: "2026-10" }]);
    expect(ended.out).toContain("2026-10: $35.00, $5.00 of them for the plan Workers Paid\n");
    expect(ended.code).toBe(0);
  });
});
