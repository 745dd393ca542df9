import type { BackfillJob } from "@candlehouse/client";
import { describe, expect, it } from "vitest";
import { candlesDone, endingsOf, lackText, paceOf, rangeText, ratioOf } from "./backfill-state.ts";

function job(given: Partial<BackfillJob> = {}): BackfillJob {
  return {
    id: "0d9a6c1e5b7f",
    batch: "4c559a432f6a",
    series: "binance:BTC-USDT:1m",
    state: "running",
    start: 0,
    end: 60_000,
    windows_done: 0,
    windows_due: 1,
    candles_due: 1_000,
    candles_found: 0,
    candles_stored: 0,
    candles_absent: 0,
    requests: 0,
    reached: null,
    rate: null,
    eta_seconds: null,
    errors: [],
    gaps: [],
    message: null,
    created_at: 0,
    started_at: null,
    finished_at: null,
    ...given,
  };
}

describe("how far a backfill is", () => {
  it("goes by the time that it has reached", () => {
    expect(ratioOf(job({ reached: 15_000 }))).toBe(0.25);
    expect(candlesDone(job({ reached: 15_000 }))).toBe(250);
  });

  it("is not known while it runs and has reached nothing, and nothing while it waits", () => {
    expect(ratioOf(job())).toBeNull();
    expect(ratioOf(job({ state: "queued" }))).toBe(0);
  });

  it("is all once it is complete", () => {
    expect(ratioOf(job({ state: "complete" }))).toBe(1);
  });

  it("is told with rate and time left while it runs", () => {
    const running = job({ reached: 15_000, rate: 50, eta_seconds: 15, candles_stored: 240 });
    expect(paceOf(running)).toBe("250 of 1,000 candles · 240 stored · 50 a second · 15 secs left");
    expect(paceOf(job({ reached: 60_000 }))).toContain("checking what is left");
    expect(paceOf(job({ state: "paused", reached: 15_000, rate: 50 }))).toBe(
      "250 of 1,000 candles",
    );
  });
});

describe("what a row says of a backfill", () => {
  it("tells a short range to the minute, and a long one by its days", () => {
    expect(rangeText(1_679_659_200, 1_679_664_000, "UTC")).toBe(
      "24 Mar 2023, 12:00 – 24 Mar 2023, 13:20",
    );
    expect(rangeText(1_672_531_200, 1_680_912_000, "UTC")).toBe("01 Jan 2023 – 08 Apr 2023");
  });

  it("tells what is missing by its class", () => {
    expect(lackText({ gaps: [] })).toBe("");
    expect(lackText({ gaps: [{ class: "unknown", candles: 1_080 }] })).toBe(
      "Missing: 1,080 unexplained",
    );
  });
});

describe("what is told of backfills that end", () => {
  const running = new Map([["0d9a6c1e5b7f", "running" as const]]);

  it("is told of those that were open before, and of no other", () => {
    const ended = job({ state: "complete", message: "1000 of 1000 candles are held" });
    expect(endingsOf(running, [ended]).good).toBe(
      "The backfill of binance:BTC-USDT:1m is complete: 1000 of 1000 candles are held.",
    );
    expect(endingsOf(new Map(), [ended])).toEqual({ good: null, bad: null });
    expect(endingsOf(new Map([[ended.id, "complete"]]), [ended]).good).toBeNull();
    expect(endingsOf(running, [job()])).toEqual({ good: null, bad: null });
  });

  it("tells bad ends apart from good ones, and many as one", () => {
    const ids = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"];
    const before = new Map(ids.map((id) => [id, "running" as const]));
    const [a, b, c] = ids.map((id) => job({ id, state: "failed" }));
    const endings = endingsOf(
      before,
      [a, b, c].flatMap((one) => one ?? []),
    );
    expect(endings).toEqual({ good: null, bad: "3 backfills have ended: failed." });
  });
});
