import { GAP_CLASSES, type GapEvidence } from "@candlehouse/shared/core/gap";
import { describe, expect, test } from "vitest";
import type { GapRecord } from "./gap-span.ts";
import { evidenceSentences, GAP_WORDS, missingText, spanText } from "./gap-words.ts";

const EVIDENCE: GapEvidence = {
  asked_at: null,
  outcome: null,
  found: null,
  siblings: null,
  first_held: null,
  last_held: null,
  reach_start: null,
  code: null,
  reason: "Nobody has asked the source for these candles by a backfill.",
};

const GAP: GapRecord = {
  series: "binance:BTC-USDT:1m",
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  tier: 1,
  start: 1_679_661_600,
  end: 1_679_666_400,
  missing: 80,
  runs: 1,
  class: "collector_miss",
  state: "open",
  fillable: true,
  evidence: EVIDENCE,
  attempts: 0,
  found_at: 0,
  updated_at: 0,
};

describe("the evidence of a gap", () => {
  test("begins with the reason, and says that nobody asked", () => {
    expect(evidenceSentences(GAP, "UTC")).toEqual([
      "Nobody has asked the source for these candles by a backfill.",
      "The source has not been asked for them by a backfill.",
    ]);
  });

  test("says what was asked, answered, found at the siblings, held and tried", () => {
    const evidence: GapEvidence = {
      asked_at: 1_680_955_260,
      outcome: "answered",
      found: 19_561,
      siblings: { series: 5, expected: 400, found: 0 },
      first_held: 1_672_531_200,
      last_held: 1_680_955_200,
      reach_start: 1_502_942_400,
      code: "source_unavailable",
      reason: "The source was asked and has nothing.",
    };
    expect(evidenceSentences({ ...GAP, evidence, attempts: 3 }, "UTC")).toEqual([
      "The source was asked and has nothing.",
      "The source was asked last on 08 Apr 2023, 12:01, and answered.",
      "Its answers around had 19,561 candles of this series.",
      "5 other series of the source had 0 of the 400 candles that were due then.",
      "The source gives candles from 17 Aug 2017, 04:00 on.",
      "This series holds candles from 01 Jan 2023 to 08 Apr 2023.",
      "The error was source_unavailable.",
      "A repair has tried to fill it 3 times.",
    ]);
  });
});

test("each class has words of its own, and only a class with nothing to be done shares a pattern", () => {
  const names = GAP_CLASSES.map((name) => GAP_WORDS[name].name);
  expect(new Set(names).size).toBe(GAP_CLASSES.length);
  const patterns = GAP_CLASSES.filter((name) => GAP_WORDS[name].tone !== "quiet").map(
    (name) => GAP_WORDS[name].pattern,
  );
  expect(new Set(patterns).size).toBe(patterns.length);
});

test("missing candles are told with their timeframe and stretches", () => {
  expect(missingText(GAP)).toBe("80 candles of 1m");
  expect(missingText({ ...GAP, missing: 1 })).toBe("1 candle of 1m");
  expect(missingText({ ...GAP, missing: 12, runs: 3 })).toBe("12 candles of 1m in 3 stretches");
});

test("the time of a gap says its day once, in the zone of the reader", () => {
  expect(spanText(GAP, "UTC")).toBe("24 Mar 2023, 12:40 to 14:00");
  expect(spanText(GAP, "Asia/Tokyo")).toBe("24 Mar 2023, 21:40 to 23:00");
  expect(spanText({ ...GAP, end: GAP.end + 86_400 }, "UTC")).toBe(
    "24 Mar 2023, 12:40 to 25 Mar 2023, 14:00",
  );
});
