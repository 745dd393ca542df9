import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExact } from "./exact.ts";

/** Digits without a zero that says nothing before them. */
const whole = fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String);
const decimal = fc
  .tuple(whole, fc.stringMatching(/^\d{1,20}$/), fc.boolean())
  .map(([before, behind, isWhole]) => (isWhole ? before : `${before}.${behind}`));
const volume = fc.option(decimal);

describe("parseExact", () => {
  test("gives prices and volumes as they are written, and all else as JSON.parse does", () => {
    const rows = fc.array(fc.tuple(fc.nat(), decimal, decimal, volume, fc.option(fc.nat())));
    fc.assert(
      fc.property(rows, (given) => {
        const text = given.map(
          ([timestamp, open, close, from, trades]) =>
            `{"timestamp":${timestamp},"open":${open},"close":${close},"volume_from":${from},"trades":${trades}}`,
        );
        const meta = { timeframe: "1m", start: null, limit: 5, complete: true };
        const page = `{"candles":[${text.join(",")}],"next_cursor":"a","meta":${JSON.stringify(meta)}}`;
        expect(parseExact(page)).toEqual({
          candles: given.map(([timestamp, open, close, from, trades]) => ({
            timestamp,
            open,
            close,
            volume_from: from,
            trades,
          })),
          next_cursor: "a",
          meta,
        });
      }),
    );
  });

  test("refuses what is no JSON", () => {
    expect(() => parseExact("<h1>")).toThrow(SyntaxError);
  });
});
