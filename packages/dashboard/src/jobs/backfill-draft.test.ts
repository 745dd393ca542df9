import { describe, expect, it } from "vitest";
import { draftOf, faultsOf, fieldOf, orderOf } from "./backfill-draft.ts";

const draft = (query: string) => draftOf(new URLSearchParams(query));

describe("a link to a backfill", () => {
  it("fills in a series and a range, in unix seconds or ISO 8601", () => {
    const link = draft("series=binance:BTC-USDT:1m&from=1679616000&to=2023-03-25T00:00Z");
    expect(link).toMatchObject({
      source: "binance",
      of: "symbols",
      symbols: "BTC-USDT",
      timeframes: ["1m"],
      by: "range",
      start: 1_679_616_000,
      end: 1_679_702_400,
    });
  });

  it("takes several series of one source, and leaves out those of others", () => {
    const link = draft("series=kraken:BTC-USD:1h&series=kraken:ETH-USD:1d&series=binance:A-B:1m");
    expect(link.source).toBe("kraken");
    expect(link.symbols).toBe("BTC-USD, ETH-USD");
    expect(link.timeframes).toEqual(["1h", "1d"]);
  });

  it("may mean a whole tier", () => {
    expect(draft("source=coinbase&tier=2&days=7")).toMatchObject({
      of: "tier",
      tier: 2,
      by: "days",
      days: "7",
    });
  });

  it("leaves out what cannot be meant", () => {
    expect(draft("series=nonsense&source=nobody&timeframes=7m,1h&from=soon")).toMatchObject({
      source: "binance",
      symbols: "",
      timeframes: ["1h"],
      by: "days",
      start: null,
    });
  });
});

describe("a draft of a backfill", () => {
  it("says what is missing, field by field", () => {
    expect(Object.keys(faultsOf({ ...draft(""), days: "0" }))).toEqual([
      "symbols",
      "timeframes",
      "days",
    ]);
    const range = { ...draft("series=binance:BTC-USDT:1m"), by: "range" as const };
    expect(Object.keys(faultsOf(range))).toEqual(["start"]);
    expect(Object.keys(faultsOf({ ...range, start: 60, end: 60 }))).toEqual(["end"]);
  });

  it("needs no timeframe where a tier is meant: its series have their own", () => {
    const tier = draft("source=kraken&tier=1");
    expect(faultsOf(tier)).toEqual({});
    expect(orderOf(tier, false)).toEqual({ source: "kraken", tier: 1, days: 30 });
  });

  it("becomes an order, dry or not", () => {
    const range = draft("series=binance:BTC-USDT:1m&from=1679616000");
    expect(orderOf(range, true)).toEqual({
      source: "binance",
      symbols: ["BTC-USDT"],
      timeframes: ["1m"],
      start: 1_679_616_000,
      dry_run: true,
    });
  });

  it("shows a refusal at the field that it is about", () => {
    expect(fieldOf("timeframe", "invalid_input")).toBe("timeframes");
    expect(fieldOf(undefined, "source_unknown_symbol")).toBe("symbols");
    expect(fieldOf("dry_run", "invalid_input")).toBeUndefined();
    expect(fieldOf(undefined, "source_off")).toBeUndefined();
  });
});
