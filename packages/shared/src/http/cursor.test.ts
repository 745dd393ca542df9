import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { InvalidInputError } from "../core/errors.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";

const BINDING = { series: "binance:BTC-USDT:1m", start: 1_700_000_000, end: null };
const positions = z.array(z.int());

describe("a cursor", () => {
  test("gives its position back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (position, start) => {
        const binding = { ...BINDING, start };
        const cursor = encodeCursor(binding, position);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(decodeCursor(cursor, binding, positions)).toEqual(position);
      }),
    );
  });

  test("names the parameter in which the query is another", () => {
    const cursor = encodeCursor(BINDING, [1]);
    expect(() => decodeCursor(cursor, { ...BINDING, end: 1_800_000_000 }, positions)).toThrow(
      "it belongs to another query, whose end is not given, while here it is 1800000000",
    );
  });

  test("is refused by a query that has another kind of parameters", () => {
    const cursor = encodeCursor(BINDING, [1]);
    expect(() => decodeCursor(cursor, { state: "open" }, positions)).toThrow(
      'whose state is not given, while here it is "open"',
    );
  });

  test.each([
    ["empty", ""],
    ["no base64url", "%%%"],
    ["no JSON", btoa("candle")],
    ["of another shape", btoa(JSON.stringify({ position: 1 }))],
    ["without a position", btoa(JSON.stringify([BINDING]))],
    ["with a position of another kind", btoa(JSON.stringify([BINDING, "first"]))],
    ["too long", btoa(JSON.stringify([BINDING, Array.from({ length: 2_000 }, () => 1)]))],
  ])("is refused where it is %s", (_, cursor) => {
    expect(() => decodeCursor(cursor, BINDING, positions)).toThrow(
      new InvalidInputError(
        "cursor",
        cursor,
        "it must be next_cursor of an earlier answer, unchanged",
      ),
    );
  });
});
