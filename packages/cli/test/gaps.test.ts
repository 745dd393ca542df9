import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runAgainst } from "./run-cli.ts";

const GAP = {
  series: "binance:BTC-USDT:1m",
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  tier: 1,
  start: 1_679_661_600,
  end: 1_679_666_400,
  missing: 80,
  runs: 1,
  class: "source_outage",
  state: "unfillable",
  fillable: false,
  evidence: { reason: "the source was asked, and 3 of its series were silent too" },
  attempts: 0,
  found_at: 1,
  updated_at: 1,
};

const HEADER = "asset_ticker,tier,interval_minutes,gap_start,gap_end,missing_candles\r\n";

describe("gaps", () => {
  test("lists those that are not settled, with the reason", async () => {
    const ended = await runAgainst(
      {
        "GET /v1/gaps": [
          [200, { gaps: [GAP], next_cursor: null }],
          [200, { gaps: [], next_cursor: null }],
        ],
      },
      ["gaps", "binance:BTC-USDT:1m", "--start", "2023-03-24"],
    );
    expect(ended.asked.map(({ query }) => query)).toEqual(
      ["open", "failed"].map((state, index) => ({
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        start: "1679616000",
        state,
        limit: index === 0 ? "101" : "100",
      })),
    );
    expect(ended.out.split("\n")).toEqual([
      "series               from              until             missing  class          state       tries  why",
      "binance:BTC-USDT:1m  2023-03-24 12:40  2023-03-24 14:00       80  source_outage  unfillable      0  the source was asked, and 3 of its series were silent too",
      "1 gap, 80 missing candles",
      "",
    ]);
  });

  test("stops at the limit, and says so", async () => {
    const ended = await runAgainst(
      { "GET /v1/gaps": [[200, { gaps: [GAP, GAP], next_cursor: "more" }]] },
      ["gaps", "--limit", "1", "--state", "any", "--json"],
    );
    expect(JSON.parse(ended.out)).toEqual({ gaps: [GAP], has_more: true });
  });

  test("of unfillable ones alone asks for no others", async () => {
    const ended = await runAgainst(
      { "GET /v1/gaps": [[200, { gaps: [GAP], next_cursor: null }]] },
      ["gaps", "--show-unfillable-only"],
    );
    expect(ended.asked.map(({ query }) => query)).toEqual([
      { state: "unfillable", fillable: "false", limit: "101" },
    ]);
  });

  test("are written as CSV with one header, however many pages", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "candlehouse-gaps-")), "gaps.csv");
    const ended = await runAgainst(
      {
        "GET /v1/gaps": [
          [200, `${HEADER}BTC,1,1,a,b,80\r\n`, { "x-next-cursor": "more" }],
          [200, `${HEADER}ETH,1,1,c,d,1\r\n`],
        ],
      },
      ["gaps", "--state", "any", "--csv", file],
    );
    expect(ended).toMatchObject({ code: 0, out: `wrote 2 gaps to ${file}\n`, err: "" });
    expect(readFileSync(file, "utf8")).toBe(`${HEADER}BTC,1,1,a,b,80\r\nETH,1,1,c,d,1\r\n`);
    expect(ended.asked[1]?.query).toMatchObject({ format: "csv", cursor: "more" });
  });

  test("scan goes on until the end and sums up", async () => {
    const page = {
      series: 2,
      candles_missing: 81,
      candles_filled: 0,
      errors: [],
      gaps: { open: 1, filled: 0, unfillable: 1, failed: 0 },
      classes: { source_outage: 80, unknown: 1 },
      message: "Scanned.",
    };
    const ended = await runAgainst(
      {
        "POST /v1/gaps/scan": [
          [200, { ...page, next: "here" }],
          [200, { ...page, next: null }],
        ],
      },
      ["gaps", "scan", "--source", "binance", "--timeframe", "1m"],
    );
    expect(ended.asked.map(({ body }) => body)).toEqual([
      { source: "binance", timeframe: "1m" },
      { source: "binance", timeframe: "1m", after: "here" },
    ]);
    expect(ended.out.split("\n")).toEqual([
      "class          candles",
      "source_outage      160",
      "unknown              2",
      "scanned 4 series: 162 candles missing; gaps: 2 open, 2 unfillable",
      "",
    ]);
  });
});

describe("repair", () => {
  const NOTHING = {
    gaps: 0,
    candles: 0,
    backfills: [],
    dry_run: true,
    errors: [],
    message: "Nothing.",
  };

  test("says that nothing can be filled", async () => {
    const ended = await runAgainst({ "POST /v1/gaps/repair": [[200, NOTHING]] }, [
      "repair",
      "--tier",
      "2",
    ]);
    expect(ended).toMatchObject({
      code: 0,
      out: "no gap can be filled by asking again: candlehouse gaps lists what is missing\n",
    });
    expect(ended.asked.map(({ body }) => body)).toEqual([{ tier: 2, dry_run: true }]);
  });

  test("of many gaps asks, and without a terminal refuses", async () => {
    const found = { ...NOTHING, gaps: 3, candles: 500 };
    const ended = await runAgainst({ "POST /v1/gaps/repair": [[200, found]] }, ["repair"]);
    expect(ended.code).toBe(2);
    expect(ended.err).toContain(
      "this would repair 3 gaps with 500 candles, and there is no terminal",
    );
  });

  test("starts backfills and says how to see them", async () => {
    const found = { ...NOTHING, gaps: 3, candles: 500 };
    const ended = await runAgainst(
      {
        "POST /v1/gaps/repair": [
          [200, found],
          [200, { ...found, dry_run: false, backfills: ["b1"], message: "Started 1 backfill." }],
        ],
      },
      ["repair", "--class", "unknown", "--yes", "--no-wait"],
    );
    expect(ended.asked.map(({ body }) => body)).toEqual([
      { class: "unknown", dry_run: true },
      { class: "unknown", dry_run: false },
    ]);
    expect(ended.out).toBe(
      "Started 1 backfill.\n  candlehouse backfill show b1 tells how far it is\n",
    );
  });
});

describe("completeness", () => {
  const COUNTS = { expected: 1_000, held: 900, explained: 80, missing: 100, ratio: 0.978_26 };

  test("tells each series, and all together with what is explained", async () => {
    const ended = await runAgainst(
      {
        "GET /v1/completeness": [
          [
            200,
            {
              series: [{ series: GAP.series, tier: 1, start: 0, end: 60_000, ...COUNTS }],
              intervals: [{ timeframe: "1m", series: 1, ...COUNTS }],
              total: COUNTS,
              meta: { durationMs: 1 },
            },
          ],
        ],
      },
      ["completeness", "--timeframe", "1m"],
    );
    expect(ended.out.split("\n")).toEqual([
      "series               expected  held  missing  explained  complete",
      "binance:BTC-USDT:1m     1,000   900      100         80   97.82 %",
      "1 series: 900 of 1,000 candles held, 80 explained, 20 missing without an explanation: 97.82 %",
      "",
    ]);
  });
});
