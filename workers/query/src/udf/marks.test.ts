import type { Gap } from "@candlehouse/shared/core/gap";
import { describe, expect, test } from "vitest";
import { marksOf, timescaleMarksOf } from "./marks.ts";

const NOON = 1_700_049_600;
const TIMES = [NOON, NOON + 300, NOON + 900];

function gapAt(start: number, missing: number): Gap {
  return {
    series: { source: "coinbase", symbol: "BTC-USD", timeframe: "1m" },
    start,
    end: start + missing * 60,
    missing,
    runs: 1,
    class: "source_outage",
    state: "unfillable",
    evidence: {
      asked_at: null,
      outcome: null,
      found: null,
      siblings: null,
      first_held: null,
      last_held: null,
      reach_start: null,
      code: null,
      reason: "Its other series were silent too.",
    },
    attempts: 0,
    foundAt: 0,
    updatedAt: 0,
  };
}

const NONE = { gaps: [], revised: [], outliers: [] };

describe("marks", () => {
  test("stand on bars that are there: of a gap, on the last one before", () => {
    const gaps = [gapAt(NOON + 600, 5)];
    expect(marksOf({ ...NONE, gaps }, TIMES)).toEqual([
      {
        id: `gap:${NOON + 300}`,
        time: NOON + 300,
        text: "5 1m candles missing from 2023-11-15 12:10 UTC: source_outage. Its other series were silent too.",
        color: "yellow",
        label: "G",
        labelFontColor: "black",
        minSize: 16,
      },
    ]);
    expect(timescaleMarksOf(gaps, TIMES)).toMatchObject([
      { id: `gap:${NOON + 300}`, time: NOON + 300, tooltip: [expect.stringContaining("12:10")] },
    ]);
  });

  test("are three a bar at most, one of each kind, however much there is to tell", () => {
    const many = Array.from({ length: 60 }, (_, index) => NOON + index);
    const marks = marksOf(
      {
        gaps: many.map((at) => gapAt(at, 1)),
        revised: many.map((timestamp) => ({ timestamp, close: 1.5, seen_at_ms: NOON * 1_000 })),
        outliers: many.map((timestamp) => ({
          timestamp,
          field: "upper_wick" as const,
          value: 0.5,
          expected: 0.001234567,
          score: 40.04,
        })),
      },
      TIMES,
    );
    expect(marks.map(({ id }) => id)).toEqual(
      ["gap", "revision", "outlier"].map((kind) => `${kind}:${NOON}`),
    );
    expect(marks.map(({ text }) => text.split("\n").length)).toEqual([6, 6, 6]);
    expect(marks[2]?.text).toContain(
      "upper wick 0.5 where its neighbours say 0.00123457 (score 40.0)",
    );
    expect(marks[2]?.text).toContain("and 55 more");
  });

  test("leave out what comes before the first bar", () => {
    expect(marksOf({ ...NONE, gaps: [gapAt(NOON - 60, 1)] }, TIMES)).toEqual([]);
    expect(marksOf(NONE, [])).toEqual([]);
  });
});
