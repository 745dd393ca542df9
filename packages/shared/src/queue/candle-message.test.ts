import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "../core/candle.ts";
import { parseDecimal, storedDecimal } from "../core/decimal.ts";
import { SOURCES } from "../core/source.ts";
import { TIMEFRAMES } from "../core/timeframe.ts";
import {
  decodeCandle,
  decodeMessage,
  encodeCandle,
  MESSAGE_CANDLES_MAX,
  ORIGINS,
} from "./candle-message.ts";

const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.stringMatching(/^\d{1,20}$/))
  .map(([whole, fraction]) => storedDecimal(parseDecimal(`${whole}.${fraction}`) ?? "0"));

const candle: fc.Arbitrary<Candle> = fc.record({
  timestamp: fc.integer({ min: 1_230_768_000, max: 4_102_444_800 }),
  open: decimal,
  high: decimal,
  low: decimal,
  close: decimal,
  volume_from: fc.option(decimal),
  volume_to: fc.option(decimal),
  trades: fc.option(fc.nat()),
});

const row = fc
  .tuple(fc.constantFrom("BTC-USDT", "1INCH-USD"), fc.constantFrom(...TIMEFRAMES), candle)
  .map(([symbol, timeframe, one]) => encodeCandle(symbol, timeframe, one));

const message = fc.record(
  {
    v: fc.constant(1 as const),
    source: fc.constantFrom(...SOURCES),
    origin: fc.constantFrom(...ORIGINS),
    job: fc.string({ maxLength: 100 }),
    candles: fc.array(row, { minLength: 1, maxLength: MESSAGE_CANDLES_MAX }),
  },
  { requiredKeys: ["v", "source", "origin", "candles"] },
);

describe("a candle message", () => {
  test("comes back from the queue's JSON as it was sent, every digit", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeMessage(JSON.parse(JSON.stringify(sent)))).toEqual(sent);
      }),
    );
  });

  test("gives its candles back", () => {
    fc.assert(
      fc.property(candle, (one) => {
        expect(decodeCandle(encodeCandle("BTC-USDT", "1m", one))).toEqual(one);
      }),
    );
  });

  test("is refused with the place and the value where any one value of it is spoilt", () => {
    const place = fc.tuple(fc.nat(), fc.nat({ max: 9 }));
    const spoilt = fc.constantFrom<unknown>(true, {}, [], "no", "1.50");
    fc.assert(
      fc.property(message, place, spoilt, (sent, [at, column], value) => {
        const body = structuredClone(sent);
        const index = at % body.candles.length;
        Reflect.set(Object(body.candles[index]), column, value);
        expect(() => decodeMessage(body)).toThrow(
          `message["candles"][${index}][${column}] is ${JSON.stringify(value)}: `,
        );
      }),
    );
  });

  test.for([null, undefined, 5, "text", [], {}, { v: 1 }])("is not %j", (body) => {
    expect(() => decodeMessage(body)).toThrow(/^message/);
  });

  test("has ten candles at most, and one at least", () => {
    const one = encodeCandle("BTC-USDT", "1m", {
      timestamp: 1_700_000_040,
      open: 1,
      high: 1,
      low: 1,
      close: 1,
      volume_from: null,
      volume_to: null,
      trades: null,
    });
    const withCandles = (count: number) => ({
      v: 1,
      source: "binance",
      origin: "cron",
      candles: Array.from({ length: count }, () => one),
    });
    expect(decodeMessage(withCandles(MESSAGE_CANDLES_MAX)).candles).toHaveLength(
      MESSAGE_CANDLES_MAX,
    );
    expect(() => decodeMessage(withCandles(MESSAGE_CANDLES_MAX + 1))).toThrow('message["candles"]');
    expect(() => decodeMessage(withCandles(0))).toThrow('message["candles"]');
  });
});
