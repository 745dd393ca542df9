import type { Series } from "@candlehouse/shared/core/series";
import { listMarkets } from "@candlehouse/shared/d1/list-markets";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  findMarket,
  readDoorMarket,
  readDoorMarkets,
  type DoorMarket,
} from "../src/binance/door-markets.ts";
import { readNamedMarkets } from "../src/read-named-markets.ts";
import { putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const COLLECTED: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const HOT: Series = { source: "binance", symbol: "ETH-USDT", timeframe: "1h" };
const COLD: Series = { source: "binance", symbol: "OLD-USDT", timeframe: "1d" };
const ALIKE: Series[] = ["AB-CUSD", "ABC-USD"].map((symbol) => ({ ...COLLECTED, symbol }));
const MIDNIGHT = 1_679_616_000;

beforeAll(async () => {
  const candles = [candleAt(MIDNIGHT), candleAt(MIDNIGHT + 86_400)];
  await collectSeries(COLLECTED);
  await collectSeries({ ...COLLECTED, timeframe: "1d" }, { enabled: 0 });
  await storeCandles({ ...COLLECTED, timeframe: "1h" }, candles);
  await storeCandles(HOT, candles);
  await putFiles(COLD, candles);
  for (const series of ALIKE) {
    await collectSeries(series);
  }
  await collectSeries({ ...COLLECTED, source: "kraken", symbol: "SOL-USD" });
});

/** What `find` finds, its timeframes in order, or why it finds nothing. */
async function foundBy(find: () => Promise<DoorMarket>): Promise<unknown> {
  try {
    const market = await find();
    return { ...market, timeframes: market.timeframes.toSorted() };
  } catch (error) {
    return String(error);
  }
}

describe("a market that is named", () => {
  test("is found by what is collected, hot or cold, in each timeframe", async () => {
    const names = [COLLECTED, HOT, COLD, { ...COLLECTED, symbol: "NO-SUCH" }];
    const { rows } = await readNamedMarkets(env.DB, names);
    const shown = rows.map(({ symbol, timeframe, enabled }) => `${symbol} ${timeframe} ${enabled}`);
    expect(new Set(shown)).toEqual(
      new Set([
        "BTC-USDT 1m 1",
        "BTC-USDT 1h 0",
        "BTC-USDT 1d 0",
        "ETH-USDT 1h 0",
        "OLD-USDT 1d 0",
      ]),
    );
    expect(shown).toHaveLength(5);
    expect((await readNamedMarkets(env.DB, [])).rows).toEqual([]);
  });

  test.each([
    "BTCUSDT",
    "BTC-USDT",
    "ETHUSDT",
    "OLDUSDT",
    "OLD-USDT",
    "ABCUSD",
    "AB-CUSD",
    "ABC-USD",
    "A-BCUSD",
    "SOLUSD",
    "NOSUCH",
    "-BTCUSDT",
    "BTC--USDT",
    "BTC.USDT",
    "B",
    "X".repeat(32),
  ])("%s is the same to the Binance door as among all of the source's markets", async (name) => {
    const alone = await foundBy(() => readDoorMarket(env.DB, "binance", name));
    const all = await readDoorMarkets(env.DB, "binance");
    expect(alone).toEqual(await foundBy(async () => findMarket(all, name)));
  });

  test("costs no more rows however many markets there are besides", async () => {
    const before = (await readNamedMarkets(env.DB, [COLLECTED, HOT])).rowsRead;
    const listed = (await listMarkets(env.DB)).rowsRead;
    for (let place = 0; place < 50; place += 1) {
      await collectSeries({ ...COLLECTED, symbol: `A${place}-USDT` });
    }
    expect((await readNamedMarkets(env.DB, [COLLECTED, HOT])).rowsRead).toBe(before);
    expect((await listMarkets(env.DB)).rowsRead).toBeGreaterThan(listed);
  });
});
