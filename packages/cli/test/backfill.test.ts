import { describe, expect, test } from "vitest";
import { groupSeries } from "../src/backfill-orders.ts";
import { runAgainst, type Reply, type Routes } from "./run-cli.ts";

const JOB = {
  id: "job-1",
  batch: "batch-1",
  series: "kraken:BTC-USD:1h",
  state: "complete",
  start: 1_767_225_600,
  end: 1_767_312_000,
  windows_done: 1,
  windows_due: 1,
  candles_due: 24,
  candles_found: 20,
  candles_stored: 20,
  candles_absent: 4,
  requests: 2,
  reached: 1_767_308_400,
  rate: 10,
  eta_seconds: 0,
  errors: [],
  gaps: [{ class: "no_trades", candles: 4 }],
  message: "Stored 20 candles; of 4 the source has none.",
  created_at: 1,
  started_at: 2,
  finished_at: 3,
};

const TOTALS = {
  windows_done: 1,
  windows_due: 1,
  candles_due: 24,
  candles_found: 20,
  candles_stored: 20,
  candles_absent: 4,
  requests: 2,
  rate: 10,
  eta_seconds: 0,
};

function backfillOf(...jobs: readonly object[]) {
  return { id: "batch-1", state: "running", jobs, totals: TOTALS, message: "As it is." };
}

const PLANNED = {
  id: "job-1",
  series: JOB.series,
  start: JOB.start,
  end: JOB.end,
  candles_due: 24,
  missing: 24,
  requests_estimated: 1,
  usd_estimated: 0.004,
};

function plan(isDryRun: boolean, ...jobs: readonly object[]): Reply {
  const answer = { id: "batch-1", jobs, message: "Started.", dry_run: isDryRun };
  return [isDryRun ? 200 : 202, answer];
}

function seriesList(...names: readonly string[]): Reply {
  const series = names.map((id) => {
    const [source, symbol, timeframe] = id.split(":");
    return {
      id,
      source,
      symbol,
      timeframe,
      native_symbol: "X",
      tier: 1,
      enabled: true,
      first_timestamp: null,
      last_timestamp: null,
      late_seconds: null,
      catch_up: null,
      failure_count: 0,
      last_error: null,
      retry_at: null,
    };
  });
  return [200, { series, next_cursor: null }];
}

const ROUTES: Routes = {
  "POST /v1/backfills": (asked) =>
    plan(JSON.stringify(asked.body).includes('"dry_run":true'), PLANNED),
  "GET /v1/backfills/batch-1": [
    [200, backfillOf({ ...JOB, state: "running", windows_done: 0 })],
    [200, backfillOf(JOB)],
  ],
};

describe("backfill", () => {
  test("of one series starts without a question, watches, and tells what came of it", async () => {
    const ended = await runAgainst(ROUTES, [
      "backfill",
      "kraken:XBT-USD:1h",
      "--start",
      "2026-01-01",
      "--end",
      "2026-01-02",
    ]);
    expect(ended.asked.map(({ route }) => route)).toEqual([
      "POST /v1/backfills",
      "POST /v1/backfills",
      "GET /v1/backfills/batch-1",
      "GET /v1/backfills/batch-1",
    ]);
    expect(ended.asked[1]?.body).toEqual({
      source: "kraken",
      symbols: ["BTC-USD"],
      timeframes: ["1h"],
      start: 1_767_225_600,
      end: 1_767_312_000,
    });
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.out.split("\n")).toEqual([
      "series             state     from              until             due  stored  absent  requests  gaps         id",
      "kraken:BTC-USD:1h  complete  2026-01-01 00:00  2026-01-02 00:00   24      20       4         2  4 no_trades  job-1",
      "Stored 20 candles; of 4 the source has none.",
      "",
    ]);
  });

  test("that is too large asks, and without a terminal refuses", async () => {
    const large = { ...PLANNED, missing: 100_001 };
    const ended = await runAgainst({ "POST /v1/backfills": [plan(true, large)] }, [
      "backfill",
      "kraken:BTC-USD:1h",
    ]);
    expect(ended).toMatchObject({
      code: 2,
      err: "candlehouse: this would start a backfill of 1 series: 100,001 missing candles, some 1 request and < $0.01 beyond what the plan includes, and there is no terminal to ask at: add --yes to do it, or --dry-run to see more\n",
    });
    expect(ended.asked).toHaveLength(1);
  });

  test("of a tier asks for its series, source by source", async () => {
    const ended = await runAgainst(
      {
        ...ROUTES,
        "GET /v1/series": [
          seriesList("kraken:BTC-USD:1h", "kraken:ETH-USD:1h", "binance:BTC-USDT:1h"),
        ],
      },
      ["backfill", "--tier", "1", "--timeframe", "1h", "--days", "30", "--yes", "--no-wait"],
    );
    expect(ended.asked.map(({ body }) => body)).toEqual([
      undefined,
      { source: "kraken", symbols: ["BTC-USD", "ETH-USD"], timeframes: ["1h"], days: 30 },
      { source: "binance", symbols: ["BTC-USDT"], timeframes: ["1h"], days: 30 },
    ]);
    expect(ended.out).toContain("candlehouse backfill show batch-1 tells how far it is");
  });

  test("shows what it would do, and starts nothing", async () => {
    const ended = await runAgainst(ROUTES, [
      "backfill",
      "kraken:BTC-USD:1h",
      "--days",
      "1",
      "--dry-run",
      "--json",
    ]);
    expect(JSON.parse(ended.out)).toEqual({ dry_run: true, jobs: [PLANNED] });
    expect(ended.asked.map(({ body }) => body)).toEqual([
      { source: "kraken", symbols: ["BTC-USD"], timeframes: ["1h"], days: 1, dry_run: true },
    ]);
  });

  test.each([
    [["incomplete"], 3],
    [["complete", "incomplete"], 3],
    [["complete", "cancelled"], 3],
    [["failed", "complete"], 3],
    [["failed"], 1],
    [["complete", "complete"], 0],
  ])("whose jobs end %j ends with exit code %i", async (states, code) => {
    const jobs = states.map((state, index) => ({ ...JOB, id: `job-${index}`, state }));
    const routes = {
      ...ROUTES,
      "GET /v1/backfills/batch-1": [[200, backfillOf(...jobs)]] as const,
    };
    const ended = await runAgainst(routes, ["backfill", "kraken:BTC-USD:1h", "--yes", "--json"]);
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.out)).toMatchObject({ backfills: [{ jobs }] });
  });

  test.each([
    ["nothing is chosen", [], "name series, or choose them by"],
    ["two ways compete", ["kraken:BTC-USD:1h", "--tier", "1"], "not both"],
    [
      "days and a start compete",
      ["kraken:BTC-USD:1h", "--days", "1", "--start", "2026-01-01"],
      "cannot be used with",
    ],
    [
      "the end is before the start",
      ["kraken:BTC-USD:1h", "--start", "2026-01-02", "--end", "2026-01-01"],
      "--start must be before --end",
    ],
  ])("refuses with exit code 2 where %s", async (_, commandLine, sentence) => {
    const ended = await runAgainst(ROUTES, ["backfill", ...commandLine]);
    expect(ended).toMatchObject({ code: 2, out: "", asked: [] });
    expect(ended.err).toContain(sentence);
  });

  test.each([
    ["pause", "POST /v1/backfills/job-1/pause"],
    ["resume", "POST /v1/backfills/job-1/resume"],
    ["cancel", "DELETE /v1/backfills/job-1"],
  ])("%s asks for just that", async (name, route) => {
    const ended = await runAgainst({ [route]: [[200, backfillOf(JOB)]] }, [
      "backfill",
      name,
      "job-1",
    ]);
    expect(ended).toMatchObject({ code: 0, err: "" });
    expect(ended.asked.map((one) => one.route)).toEqual([route]);
    expect(ended.out).toMatch(/As it is\.\n$/);
  });

  test("goes on without the command that watches it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running = [200, backfillOf({ ...JOB, state: "running" })] as const;
    let looks = 0;
    const ended = await runAgainst(
      {
        ...ROUTES,
        "GET /v1/backfills/batch-1": () => {
          looks += 1;
          if (looks === 2) {
            resolve();
          }
          return running;
        },
      },
      ["backfill", "kraken:BTC-USD:1h", "--yes"],
      { interrupt: promise },
    );
    expect(ended).toMatchObject({
      code: 130,
      out: "",
      err: "candlehouse: the backfill goes on without this command: candlehouse backfill show batch-1 tells how far, backfill cancel ends it\n",
    });
    expect(ended.asked.filter(({ route }) => route.startsWith("DELETE"))).toEqual([]);
  });

  test("list shows jobs up to the limit, page by page", async () => {
    const ended = await runAgainst(
      {
        "GET /v1/backfills": [
          [200, { jobs: [JOB], next_cursor: "more" }],
          [200, { jobs: [JOB], next_cursor: "even more" }],
        ],
      },
      ["backfill", "list", "--limit", "2", "--state", "complete"],
    );
    expect(ended.asked.map(({ query }) => query)).toEqual([
      { state: "complete", limit: "2" },
      { state: "complete", limit: "1", cursor: "more" },
    ]);
    expect(ended.out).toMatch(/2 jobs; there are more: --limit 8\n$/);
  });
});

test("symbols of a source with the same timeframes are one order", () => {
  const series = ["a:X:1m", "a:X:1h", "a:Y:1h", "a:Y:1m", "a:Z:1m", "b:X:1m"].map((name) => {
    const [source = "", symbol = "", timeframe = ""] = name.split(":");
    return { source, symbol, timeframe };
  });
  expect(groupSeries(series)).toEqual([
    { source: "a", symbols: ["X", "Y"], timeframes: ["1m", "1h"] },
    { source: "a", symbols: ["Z"], timeframes: ["1m"] },
    { source: "b", symbols: ["X"], timeframes: ["1m"] },
  ]);
});
