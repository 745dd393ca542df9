import { describe, expect, it } from "vitest";
import { countHealths, filterOf, queryOf, selectSeries } from "./series-filter.ts";
import { healthOf, latenessText, waitedSeconds, type SeriesRow } from "./series-health.ts";

/** 2023-04-08T12:00:30Z */
const NOW = 1_680_955_230;
const NEWEST_MINUTE = NOW - 30 - 60;

function row(given: Partial<SeriesRow> = {}): SeriesRow {
  return {
    id: "binance:BTC-USDT:1m",
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    native_symbol: "BTCUSDT",
    tier: 1,
    enabled: true,
    first_timestamp: 0,
    last_timestamp: NEWEST_MINUTE,
    expected_timestamp: NEWEST_MINUTE,
    late_seconds: 0,
    asked_until: null,
    catch_up: null,
    failure_count: 0,
    last_error: null,
    retry_at: null,
    ...given,
  };
}

describe("how a series is", () => {
  it("is on time while its newest candle is there, or has just closed", () => {
    expect(healthOf(row(), NOW)).toBe("on_time");
    expect(healthOf(row({ late_seconds: 60 }), NOW)).toBe("on_time");
    expect(waitedSeconds(row({ late_seconds: 60 }), NOW)).toBe(30);
  });

  it("is late when a candle has been closed for long, however long it is itself", () => {
    const late = row({ late_seconds: 7_200 });
    expect(healthOf(late, NOW)).toBe("late");
    expect(latenessText(late, NOW)).toBe("1 hr 59 mins behind");
    const hour = row({
      timeframe: "1h",
      expected_timestamp: 1_680_951_600,
      late_seconds: 3_600,
    });
    // The hour from 11:00 has closed thirty seconds ago.
    expect(waitedSeconds(hour, NOW)).toBe(30);
    expect(healthOf(hour, NOW)).toBe("on_time");
  });

  it("is failing before it is late, and off before it is anything", () => {
    const failing = row({ failure_count: 3, late_seconds: 7_200 });
    expect(healthOf(failing, NOW)).toBe("failing");
    expect(healthOf({ ...failing, enabled: false, late_seconds: null }, NOW)).toBe("off");
  });

  it("is new before its first candle, and catching up after a pause", () => {
    expect(healthOf(row({ last_timestamp: null, late_seconds: null }), NOW)).toBe("new");
    expect(healthOf(row({ catch_up: { from: 0, until: 60 } }), NOW)).toBe("catching_up");
  });

  it("gives a stock market more time: its candles are published an hour late", () => {
    const stock = { source: "massive" as const, late_seconds: 5_400 };
    expect(healthOf(row(stock), NOW)).toBe("on_time");
    expect(healthOf(row({ late_seconds: 5_400 }), NOW)).toBe("late");
  });
});

describe("the filter of the series", () => {
  it("is read from an address, without what is no choice", () => {
    const filter = filterOf(new URLSearchParams("words=btc&source=nobody&tier=2&health=late"));
    expect(filter).toEqual({ words: "btc", source: "", timeframe: "", tier: "2", health: "late" });
    expect(queryOf(filter)).toEqual({ tier: "2", enabled: "true" });
  });

  it("leaves to the system what that filters by itself", () => {
    const filter = filterOf(new URLSearchParams("source=kraken&timeframe=1h&health=off"));
    expect(queryOf(filter)).toEqual({ source: "kraken", timeframe: "1h", enabled: "false" });
  });

  it("finds by words in any order, and by the source's own name of the market", () => {
    const rows = [row(), row({ id: "kraken:BTC-USD:1h", native_symbol: "XBTUSD" })];
    const named = (words: string) =>
      selectSeries(rows, filterOf(new URLSearchParams({ words })), NOW).map(({ id }) => id);
    expect(named("1H btc")).toEqual(["kraken:BTC-USD:1h"]);
    expect(named("xbt")).toEqual(["kraken:BTC-USD:1h"]);
    expect(named("")).toHaveLength(2);
  });

  it("finds by health, and counts the healths, the worst first", () => {
    const rows = [row(), row({ failure_count: 1 }), row({ enabled: false }), row()];
    const late = filterOf(new URLSearchParams("health=failing"));
    expect(selectSeries(rows, late, NOW)).toEqual([rows[1]]);
    expect(countHealths(rows, NOW)).toEqual([
      { health: "failing", series: 1 },
      { health: "on_time", series: 2 },
      { health: "off", series: 1 },
    ]);
  });
});
