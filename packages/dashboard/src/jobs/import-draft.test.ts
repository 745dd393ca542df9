import { describe, expect, it } from "vitest";
import {
  importAddress,
  importDraftOf,
  importFaultsOf,
  importFieldOf,
  isRecognised,
  refusalOf,
} from "./import-draft.ts";

describe("a file to be imported", () => {
  it("is recognised by its name where Kraken or Binance Vision gave it", () => {
    expect(importDraftOf("XBTUSD_60.csv")).toMatchObject({
      format: "kraken",
      source: "kraken",
      symbol: "BTC-USD",
      timeframe: "1h",
    });
    expect(importDraftOf("BTCUSDT-1m-2023-03.zip")).toMatchObject({
      format: "binance",
      symbol: "BTC-USDT",
      timeframe: "1m",
    });
    expect(importFaultsOf("XBTUSD_60.csv", importDraftOf("XBTUSD_60.csv"))).toEqual({});
  });

  it("is asked about where its name says nothing, each missing thing at its field", () => {
    expect(isRecognised("mine.csv")).toBe(false);
    expect(Object.keys(importFaultsOf("mine.csv", importDraftOf("mine.csv")))).toEqual([
      "source",
      "symbol",
      "timeframe",
    ]);
  });

  it("has what was said of the file before it, unless its own name says otherwise", () => {
    const first = { ...importDraftOf("a.csv"), source: "kraken" as const, symbol: "ETH-USD" };
    expect(importDraftOf("b.csv", first)).toMatchObject({ source: "kraken", symbol: "ETH-USD" });
    expect(importDraftOf("XBTUSD_60.csv", first)).toMatchObject({ symbol: "BTC-USD" });
  });

  it("is left to the system where it is an archive: that looks into it", () => {
    expect(importDraftOf("archive.zip").format).toBe("auto");
    expect(importFaultsOf("archive.zip", importDraftOf("archive.zip"))).toEqual({});
  });

  it("is refused before it is sent where the system would not take it", () => {
    expect(refusalOf({ name: "a.csv", size: 95_000_000 })).toBeNull();
    expect(refusalOf({ name: "a.csv", size: 95_000_001 })).toContain("95 MB");
    expect(refusalOf({ name: "a.csv", size: 0 })).toContain("empty");
    expect(refusalOf({ name: "a.pdf", size: 10 })).toContain("no CSV");
  });

  it("is sent with what was said of it, and nothing that was not", () => {
    const draft = { ...importDraftOf("mine.csv"), source: "kraken" as const, symbol: "btc/usd" };
    const query = new URL(importAddress("mine.csv", draft), "http://x").searchParams;
    expect(Object.fromEntries(query)).toEqual({
      name: "mine.csv",
      format: "csv",
      source: "kraken",
      symbol: "BTC-USD",
    });
  });

  it("shows a refusal at the field that it is about", () => {
    expect(importFieldOf("time_unit")).toBe("timeUnit");
    expect(importFieldOf("checksum")).toBeUndefined();
  });
});
