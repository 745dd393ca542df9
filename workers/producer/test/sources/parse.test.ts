import { findCandleFault } from "@candlehouse/shared/core/candle";
import { SourceAnswerError } from "@candlehouse/shared/core/errors";
import type { SourceId } from "@candlehouse/shared/core/source";
import { addCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type { ParsedAnswer } from "../../src/sources/source.ts";
import { answerOf } from "./answers.ts";
import { DIALECTS, type Draft } from "./dialects.ts";
import { draftsAt } from "./pages.ts";
import { requestFor } from "./test-source.ts";

/** 2023-11-14 20:00 UTC, an open time of 4h candles. */
const START = 1_699_992_000;
const LONG_AFTER = START + 40 * 86_400;

function parse(
  id: SourceId,
  timeframe: Timeframe,
  count: number,
  body: unknown,
  nowSeconds = LONG_AFTER,
): ParsedAnswer {
  const source = sourceOf(id);
  const request = requestFor(source, timeframe, START, count);
  return source.parseCandles(request, answerOf(body, nowSeconds));
}

function steps(timeframe: Timeframe, from: number, to: number): readonly Draft[] {
  const times = Array.from({ length: to - from }, (_, index) =>
    addCandles(START, timeframe, from + index),
  );
  return draftsAt(times);
}

function binanceRow(openMs: number, closeMs: number): readonly unknown[] {
  return [openMs, "2.10000000", "2.2", "2.0", "2.1", "1", closeMs, "2.1", 3, "1", "2", "0"];
}

describe("parseCandles of Binance", () => {
  it("does not mind a close time that an outage cut short", () => {
    const { candles } = parse("binance", "1h", 1, [binanceRow(START * 1_000, START * 1_000)]);
    expect(candles).toEqual([
      {
        timestamp: START,
        open: 2.1,
        high: 2.2,
        low: 2,
        close: 2.1,
        volume_from: 1,
        volume_to: 2.1,
        trades: 3,
      },
    ]);
  });

  it("hands over a row that is off the grid as it is, for the collector to isolate", () => {
    const { candles } = parse("binance", "1m", 2, [binanceRow(START * 1_000 + 14_789, 0)]);
    const [candle] = candles;
    expect(candle?.timestamp).toBe(START + 14.789);
    expect(candle && findCandleFault(candle, "1m", LONG_AFTER)).toMatch(/whole number/);
  });

  it("shows no open candle that is off the grid, after the newest closed one", () => {
    const rows = [binanceRow(START * 1_000, 0), binanceRow((START + 90) * 1_000, 0)];
    const settled = START + 120 + sourceOf("binance").settleSeconds;
    const parsed = parse("binance", "1m", 5, rows, settled);
    expect(parsed.coveredEnd).toBe(START + 120);
    expect(parsed.openCandles).toEqual([]);
  });

  it("refuses microseconds instead of finding no candle in the window", () => {
    expect(() => parse("binance", "1h", 1, [binanceRow(START * 1_000_000, 0)])).toThrow(
      SourceAnswerError,
    );
  });

  it("tells an empty window that was answered from one that is not over yet", () => {
    expect(parse("binance", "1h", 5, [])).toEqual({
      candles: [],
      openCandles: [],
      coveredStart: START,
      coveredEnd: START + 5 * 3_600,
    });
    expect(parse("binance", "1h", 5, [], START + 2 * 3_600 + 3)).toMatchObject({
      coveredStart: START,
      coveredEnd: START + 2 * 3_600,
    });
    expect(parse("binance", "1h", 5, [], START)).toMatchObject({
      coveredStart: START,
      coveredEnd: START,
    });
  });
});

function krakenBody(drafts: readonly Draft[], last: number): unknown {
  const body = DIALECTS.kraken.encode(drafts, "1m", LONG_AFTER) as { result: { last: number } };
  return { ...body, result: { ...body.result, last } };
}

describe("parseCandles of Kraken", () => {
  it("takes no candle after `last`, however long ago it closed", () => {
    const parsed = parse("kraken", "1m", 5, krakenBody(steps("1m", 0, 5), START + 2 * 60));
    expect(parsed.candles.map(({ timestamp }) => timestamp)).toEqual([
      START,
      START + 60,
      START + 120,
    ]);
    expect(parsed.coveredEnd).toBe(START + 180);
  });

  it("refuses a `last` that is no open time: what it covers would not be known", () => {
    const body = krakenBody(steps("1m", 0, 5), START + 2 * 60 - 1);
    expect(() => parse("kraken", "1m", 5, body)).toThrow(/last .* open time of 1m candles/);
  });

  it("says nothing of the time before a full page, which is older than Kraken's memory", () => {
    const full = krakenBody(steps("1m", 2, 723), START + 721 * 60);
    expect(parse("kraken", "1m", 5, full)).toMatchObject({ coveredStart: START + 120 });
    const short = krakenBody(steps("1m", 2, 700), START + 698 * 60);
    expect(parse("kraken", "1m", 5, short)).toMatchObject({ coveredStart: START });
  });

  it("reads the pair under whatever name Kraken gives it, but not two of them", () => {
    const one = { error: [], result: { XBTUSDT: [], last: START } };
    expect(parse("kraken", "1m", 5, one).candles).toEqual([]);
    const two = { error: [], result: { XBTUSDT: [], XXBTZUSD: [], last: START } };
    expect(() => parse("kraken", "1m", 5, two)).toThrow(/two|one pair/);
  });
});

describe("parseCandles of Coinbase", () => {
  it("refuses the newest candles where a window long past was asked for", () => {
    const body = DIALECTS.coinbase.encode(steps("1m", 100, 103), "1m", LONG_AFTER);
    expect(() => parse("coinbase", "1m", 5, body)).toThrow(/window from/);
  });

  it("takes an answer without candles, and candles before the window, for an empty window", () => {
    expect(parse("coinbase", "1m", 5, { candles: [] }).candles).toEqual([]);
    const before = DIALECTS.coinbase.encode(steps("1m", -2, 0), "1m", LONG_AFTER);
    expect(parse("coinbase", "1m", 5, before).candles).toEqual([]);
  });
});

const ZEROS = { open: 0, high: 0, low: 0, close: 0 };

function cryptocompareRow(time: number, values: Readonly<Record<string, unknown>> = {}): unknown {
  const prices = { open: 8.29, high: 8.23, low: 8.23, close: 8.23 };
  return { time, ...prices, volumefrom: 0, volumeto: 0, conversionType: "direct", ...values };
}

function cryptocompareBody(rows: readonly unknown[]): unknown {
  return { Response: "Success", Data: { Data: rows } };
}

describe("parseCandles of CryptoCompare", () => {
  it("changes nothing in a candle whose open lies above its high", () => {
    const { candles } = parse(
      "cryptocompare",
      "1h",
      2,
      cryptocompareBody([cryptocompareRow(START)]),
    );
    expect(candles).toMatchObject([{ timestamp: START, open: 8.29, high: 8.23, volume_from: 0 }]);
    const [candle] = candles;
    expect(candle && findCandleFault(candle, "1h", LONG_AFTER)).toMatch(/open 8.29 is outside/);
  });

  it("takes rows of zeros for padding, but not a row that is zero in part", () => {
    const rows = [
      cryptocompareRow(START, ZEROS),
      cryptocompareRow(START + 3_600, { ...ZEROS, volumeto: 1 }),
    ];
    expect(parse("cryptocompare", "1h", 2, cryptocompareBody(rows)).candles).toMatchObject([
      { timestamp: START + 3_600, low: 0 },
    ]);
  });

  it.each(["multiply", "invert_divide", "invert"])("refuses prices reckoned by %s", (type) => {
    expect(() =>
      parse(
        "cryptocompare",
        "1h",
        2,
        cryptocompareBody([cryptocompareRow(START, { conversionType: type })]),
      ),
    ).toThrow(/conversionType/);
  });

  it.each(["direct", "force_direct", "", undefined])("takes prices of type %s", (type) => {
    const { candles } = parse(
      "cryptocompare",
      "1h",
      2,
      cryptocompareBody([cryptocompareRow(START, { conversionType: type })]),
    );
    expect(candles).toHaveLength(1);
  });
});

function coingeckoBody(drafts: readonly Draft[], timeframe: Timeframe, now: number): unknown {
  return DIALECTS.coingecko.encode(drafts, timeframe, now);
}

describe("parseCandles of CoinGecko", () => {
  it("stores a candle under its open time, half an hour before the time in the row", () => {
    const now = START + 7_000;
    const { candles } = parse(
      "coingecko",
      "30m",
      3,
      coingeckoBody(steps("30m", -2, 4), "30m", now),
      now,
    );
    expect(candles.map(({ timestamp }) => timestamp)).toEqual([
      START,
      START + 1_800,
      START + 3_600,
    ]);
  });

  it("leaves out the first row, which the page may have cut off, and says nothing of its time", () => {
    const now = LONG_AFTER;
    const parsed = parse("coingecko", "30m", 4, coingeckoBody(steps("30m", 0, 4), "30m", now), now);
    expect(parsed.candles[0]?.timestamp).toBe(START + 1_800);
    expect(parsed.coveredStart).toBe(START + 1_800);
  });

  it("says nothing of a window in an answer without rows", () => {
    expect(parse("coingecko", "30m", 4, [])).toEqual({
      candles: [],
      openCandles: [],
      coveredStart: START + 7_200,
      coveredEnd: START + 7_200,
    });
  });

  it("refuses candles of another timeframe than was asked for", () => {
    const fourHours = coingeckoBody(steps("4h", -3, 5), "4h", LONG_AFTER);
    expect(() => parse("coingecko", "30m", 4, fourHours)).toThrow(/candles of 30m/);
  });
});
