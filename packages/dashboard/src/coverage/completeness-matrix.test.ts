import { expect, test } from "vitest";
import {
  cellOf,
  choose,
  marketRows,
  sourcesOf,
  tierRows,
  timeframesOf,
  type SeriesCompleteness,
} from "./completeness-matrix.ts";

function one(
  series: string,
  tier: number | null,
  expected: number,
  held: number,
  explained = 0,
): SeriesCompleteness {
  const ratio = expected === explained ? null : held / (expected - explained);
  return {
    series,
    tier,
    start: 0,
    end: 1,
    expected,
    held,
    explained,
    missing: expected - held,
    ratio,
  };
}

const LIST = [
  one("binance:BTC-USDT:1m", 1, 100, 100),
  one("binance:BTC-USDT:1h", 1, 10, 9),
  one("coinbase:BTC-USD:1m", 1, 100, 90, 8),
  one("kraken:ADA-USD:1m", 2, 100, 95, 5),
];

test("markets that lack most without a reason come first", () => {
  const rows = marketRows(LIST);
  expect(rows.map(({ source, unexplained }) => [source, unexplained])).toEqual([
    ["coinbase", 2],
    ["binance", 1],
    ["kraken", 0],
  ]);
  expect([...(rows[1]?.cells.keys() ?? [])]).toEqual(["1m", "1h"]);
});

test("tiers are summed by timeframe", () => {
  const rows = tierRows(LIST);
  expect(rows.map(({ tier }) => tier)).toEqual(["1", "2"]);
  expect(rows[0]?.cells.get("1m")).toMatchObject({
    series: 2,
    expected: 200,
    held: 190,
    explained: 8,
    unexplained: 2,
  });
});

test("what is explained lowers no ratio", () => {
  expect(cellOf(LIST.slice(3)).ratio).toBe(1);
  expect(cellOf([]).ratio).toBeNull();
});

test("a choice keeps the series that have all its members", () => {
  const chosen = choose(LIST, { source: "binance", tier: "1", timeframe: "1h" });
  expect(chosen.map(({ series }) => series)).toEqual(["binance:BTC-USDT:1h"]);
  expect(choose(LIST, { source: null, tier: null, timeframe: null })).toEqual(LIST);
});

test("timeframes and sources are those that there are, in their order", () => {
  expect(timeframesOf(LIST)).toEqual(["1m", "1h"]);
  expect(sourcesOf(LIST)).toEqual(["binance", "kraken", "coinbase"]);
});
