import { describe, expect, expectTypeOf, test } from "vitest";
import type { FetchedPage } from "../fetch-candles.ts";
import { openWindowOf, parseOpenWindow, tellsOpenCandles } from "./open-window.ts";
import { allSources, sourceOf } from "./registry.ts";
import type { HttpAnswer } from "./source.ts";

/** 2026-03-02 10:07:04 UTC: 10:06 has closed and settled, 10:07 is open. */
const NOW = Date.UTC(2026, 2, 2, 10, 7, 5) / 1_000;
const OPEN = NOW - 5;

function answerOf(body: unknown, nowSeconds = NOW): HttpAnswer {
  return { status: 200, headers: new Headers(), body, nowSeconds };
}

const TIMES = [OPEN - 120, OPEN - 60, OPEN];

/** What each source answers for three minutes, the last of which is open. */
const BODIES = {
  binance: TIMES.map((time) => [
    time * 1_000,
    "1",
    "2",
    "0.5",
    "1.5",
    "3",
    time * 1_000 + 59_999,
    "4",
    7,
  ]),
  kraken: {
    error: [],
    result: {
      XXBTZUSD: TIMES.map((time) => [time, "1", "2", "0.5", "1.5", "1.2", "3", 7]),
      last: OPEN - 60,
    },
  },
  coinbase: {
    candles: TIMES.toReversed().map((time) => ({
      start: String(time),
      low: "0.5",
      high: "2",
      open: "1",
      close: "1.5",
      volume: "3",
    })),
  },
  cryptocompare: {
    Response: "Success",
    Data: {
      Data: TIMES.map((time) => ({
        time,
        open: 1,
        high: 2,
        low: 0.5,
        close: 1.5,
        volumefrom: 3,
        volumeto: 4,
        conversionType: "direct",
      })),
    },
  },
} as const;

const TELLING = ["binance", "kraken", "coinbase", "cryptocompare"] as const;

function windowAt(nowSeconds: number) {
  return openWindowOf({ symbol: "BTC-USD", nativeSymbol: "X", timeframe: "1m" }, nowSeconds);
}

describe("the open candle", () => {
  test.each(TELLING)(
    "is in what %s answers, and the closed ones before it are told apart",
    (id) => {
      const parsed = parseOpenWindow(sourceOf(id), windowAt(NOW), answerOf(BODIES[id]));
      const expected = id === "cryptocompare" ? [false, false, false] : [true, true, false];
      // CryptoCompare settles after fifteen seconds: the candle before may still move.
      expected[0] = true;
      expect(parsed.map(({ timestamp, closed }) => [timestamp, closed])).toEqual(
        TIMES.map((time, index) => [time, expected[index]]),
      );
      expect(parsed[2]).toMatchObject({ open: 1, high: 2, low: 0.5, close: 1.5, volume_from: 3 });
    },
  );

  test("is not the candle before the clock of the source has come to it", () => {
    const before = answerOf(BODIES.binance.slice(0, 2), OPEN - 1);
    const parsed = parseOpenWindow(sourceOf("binance"), windowAt(NOW), before);
    expect(parsed.map(({ closed }) => closed)).toEqual([true, false]);
  });

  test("is the last row of it where a source sends it twice, and that spoils no closed candle", () => {
    const newest = [OPEN * 1_000, "1", "3", "0.5", "2.5", "4", 0, "5", 8];
    const answer = answerOf([...BODIES.binance, newest]);
    const parsed = parseOpenWindow(sourceOf("binance"), windowAt(NOW), answer);
    expect(parsed.map(({ timestamp, close }) => [timestamp, close])).toEqual([
      [TIMES[0], 1.5],
      [TIMES[1], 1.5],
      [OPEN, 2.5],
    ]);
    expect(sourceOf("binance").parseCandles(windowAt(NOW), answer).candles).toHaveLength(2);
  });

  test("of Kraken is every candle that Kraken has not committed, however long ago it closed", () => {
    const { result } = BODIES.kraken;
    const answer = answerOf({ error: [], result: { ...result, last: OPEN - 120 } }, NOW + 600);
    const parsed = parseOpenWindow(sourceOf("kraken"), windowAt(NOW), answer);
    expect(parsed.map(({ closed }) => closed)).toEqual([true, false, false]);
  });

  test("is in no page that is fetched to be stored: its type has no place for it", () => {
    expectTypeOf<FetchedPage>().not.toHaveProperty("openCandles");
    const parsed = sourceOf("binance").parseCandles(windowAt(NOW), answerOf(BODIES.binance));
    expect(parsed.candles.map(({ timestamp }) => timestamp)).toEqual([OPEN - 120, OPEN - 60]);
    expect(parsed.openCandles.map(({ timestamp }) => timestamp)).toEqual([OPEN]);
  });

  test("that could never be stored is left out", () => {
    const [first, second] = BODIES.binance;
    const upsideDown = [OPEN * 1_000, "1", "0.5", "2", "1.5", "3", 0, "4", 7];
    const answer = answerOf([first, second, upsideDown]);
    expect(parseOpenWindow(sourceOf("binance"), windowAt(NOW), answer)).toHaveLength(2);
  });

  test("comes from sources whose newest row it is, and from no other", () => {
    const telling = allSources().filter(tellsOpenCandles);
    expect(telling.map(({ id }) => id)).toEqual(TELLING);
  });
});

test("the window ends with the candle that is open, and is one request of any source", () => {
  expect(windowAt(NOW)).toMatchObject({ start: OPEN - 240, end: OPEN + 60 });
  for (const source of allSources().filter(tellsOpenCandles)) {
    for (const timeframe of source.timeframes) {
      const market = { symbol: "BTC-USDT", nativeSymbol: "BTC-USDT", timeframe };
      const request = openWindowOf(market, NOW);
      const host = source.hosts[0] ?? "";
      expect(source.toHttpRequest(request, host, "key").host).toBe(host);
    }
  }
});
