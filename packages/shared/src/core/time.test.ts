import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTime } from "./time.ts";

const NOON = Date.UTC(2026, 10, 22, 12) / 1_000;

describe("parseTime", () => {
  test.each([
    ["2026-11-22", NOON - 43_200],
    ["2026-11-22T12:00", NOON],
    ["2026-11-22 12:00", NOON],
    ["2026-11-22T12:00:00Z", NOON],
    ["2026-11-22t12:00:00z", NOON],
    ["2026-11-22T14:00:00+02:00", NOON],
    ["2026-11-22T14:00+0200", NOON],
    ["2026-11-22T06:30:00-05:30", NOON],
    ["2024-02-29", Date.UTC(2024, 1, 29) / 1_000],
    [String(NOON), NOON],
    [`${NOON}000`, NOON],
    ["0", 0],
  ])("reads %s", (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });

  test("reads a plus sign that arrived as a space", () => {
    expect(parseTime("2026-11-22T14:00:00 02:00")).toBe(NOON);
  });

  test("rounds a part of a second up", () => {
    expect(parseTime("2026-11-22T12:00:00.001Z")).toBe(NOON + 1);
    expect(parseTime(`${NOON}001`)).toBe(NOON + 1);
    expect(parseTime(`${NOON}.25`)).toBe(NOON + 1);
    expect(parseTime("2026-11-22T12:00:00.000Z")).toBe(NOON);
  });

  test.each([
    "",
    " ",
    "now",
    "2026",
    "20261122",
    "2026-11",
    "2026-13-01",
    "2026-02-30",
    "2025-02-29",
    "2026-11-22T24:00",
    "2026-11-22T12:60",
    "2026-11-22T12:00:60Z",
    "2026-11-22T12:00:00+24:00",
    "2026-11-22T12:00:00+02:60",
    "2026-11-22Z",
    "22.11.2026",
    "1e9",
    "-1700000000",
    "0x6553f100",
    "NaN",
    "Infinity",
    "1700000000000000",
    "170000000000",
  ])("refuses %j", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  test("reads every second in all its forms as the same time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000_000, max: 9_999_999_999 }), (seconds) => {
        const iso = new Date(seconds * 1_000).toISOString();
        expect(parseTime(iso)).toBe(seconds);
        expect(parseTime(iso.slice(0, 19))).toBe(seconds);
        expect(parseTime(String(seconds))).toBe(seconds);
        expect(parseTime(String(seconds * 1_000))).toBe(seconds);
      }),
    );
  });

  test("reads any text without throwing", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const seconds = parseTime(text);
        expect(seconds === undefined || Number.isSafeInteger(seconds)).toBe(true);
      }),
    );
  });
});
