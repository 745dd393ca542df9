import type { GapRecord } from "./day-coverage.ts";

/** An open gap of ten minutes, but for what `some` says. */
export function gapWith(some: Partial<GapRecord>): GapRecord {
  const start = some.start ?? Date.parse("2023-03-24T12:40:00Z") / 1_000;
  return {
    series: "binance:BTC-USDT:1m",
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    tier: 1,
    start,
    end: start + 600,
    missing: 10,
    runs: 1,
    class: "unknown",
    state: "open",
    fillable: true,
    evidence: {
      asked_at: null,
      outcome: null,
      found: null,
      siblings: null,
      first_held: null,
      last_held: null,
      reach_start: null,
      code: null,
      reason: "Nobody has asked for it.",
    },
    attempts: 0,
    found_at: start,
    updated_at: start,
    ...some,
  };
}
