import { GAP_CLASSES, GAP_STATES } from "@candlehouse/shared/core/gap";
import { SOURCES } from "@candlehouse/shared/core/source";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  gapQueryOf,
  nameOfScope,
  orderScopeOf,
  readPlace,
  scopeOf,
  TIER_NAMES,
  writePlace,
  type CoveragePlace,
} from "./coverage-place.ts";
import { dayOfName, nameOfDay } from "./day-coverage.ts";

const orNull = <Value>(values: readonly Value[]) => fc.constantFrom(null, ...values);
const date = fc.option(fc.integer({ min: 0, max: 30_000 }).map((day) => nameOfDay(day)));

const places: fc.Arbitrary<CoveragePlace> = fc.record({
  series: orNull(["binance:BTC-USDT:1m", "kraken:BTC-USD:1h"]),
  tier: orNull(TIER_NAMES),
  timeframe: orNull(TIMEFRAMES),
  source: orNull(SOURCES),
  isLacking: fc.boolean(),
  day: fc.option(fc.integer({ min: 0, max: 30_000 })),
  class: orNull(GAP_CLASSES),
  state: orNull(GAP_STATES),
  isFillable: fc.boolean(),
  from: date,
  until: date,
  order: fc.constantFrom("newest" as const, "series" as const),
});

test("an address restores what was seen", () => {
  fc.assert(
    fc.property(places, (place) => {
      expect(readPlace(writePlace(place))).toEqual(place);
    }),
  );
});

test("what an address says that cannot be meant is passed over", () => {
  const place = readPlace(
    new URLSearchParams("series=nonsense&tier=9&class=bad&day=2023-99-99&from=x&order=odd"),
  );
  expect(writePlace(place).toString()).toBe("");
});

test("a series takes the place of a tier and a timeframe", () => {
  const place = readPlace(new URLSearchParams("series=binance:BTC-USDT:1m&tier=1&timeframe=1h"));
  expect(scopeOf(place)).toEqual({ series: "binance:BTC-USDT:1m" });
  expect(nameOfScope(scopeOf(place))).toBe("binance:BTC-USDT:1m");
});

test("the gaps of a series are asked for by its parts, the last day inclusive", () => {
  const place = readPlace(
    new URLSearchParams(
      "series=binance:BTC-USDT:1m&from=2023-03-24&until=2023-03-24&fillable=true&class=unknown",
    ),
  );
  expect(gapQueryOf(scopeOf(place), place)).toEqual({
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    class: "unknown",
    fillable: "true",
    start: "2023-03-24",
    end: "2023-03-25",
    order: "newest",
  });
});

test("an order names a tier by its number", () => {
  const place = readPlace(new URLSearchParams("tier=1&timeframe=1m&source=kraken"));
  expect(orderScopeOf(scopeOf(place))).toEqual({ tier: 1, timeframe: "1m", source: "kraken" });
  expect(nameOfScope(scopeOf(place))).toBe("Tier 1, 1m, kraken");
});

test("a day is in the address by its date", () => {
  const place = readPlace(new URLSearchParams("day=2023-03-24"));
  expect(place.day).toBe(dayOfName("2023-03-24"));
  expect(writePlace(place).toString()).toBe("day=2023-03-24");
});
