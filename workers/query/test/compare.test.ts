import type { Series } from "@candlehouse/shared/core/series";
import { beforeAll, describe, expect, test } from "vitest";
import { comparisonSchema } from "../src/compare-schemas.ts";
import { get, problemOf, read } from "./answers.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";
import { wanderingCandles } from "./wander.ts";

const HOUR = 3_600;
const START = Date.UTC(2023, 0, 2) / 1_000;
const HOURS = 240;
const at = (hour: number): number => START + hour * HOUR;

function series(source: Series["source"], symbol: string, timeframe: Series["timeframe"] = "1h") {
  return { source, symbol, timeframe };
}

/** The hour at which Coinbase alone has a bad close, and in which most was traded there. */
const BAD_HOUR = 150;

beforeAll(async () => {
  const markets = [
    { of: series("binance", "BTC-USDT"), closes: {} },
    { of: series("kraken", "BTC-USDT"), closes: {} },
    { of: series("coinbase", "BTC-USDT"), closes: { [BAD_HOUR]: 5_200 } },
    { of: series("kraken", "BTC-USD"), closes: { [BAD_HOUR]: 5_200 } },
    { of: series("coinbase", "BTC-USD"), closes: {} },
    { of: series("kraken", "BTC-USDC"), closes: { [BAD_HOUR]: 5_200 } },
  ];
  for (const { of, closes } of markets) {
    await collectSeries(of);
    const volume = of.source === "coinbase" ? 3 : 1;
    await storeCandles(
      of,
      wanderingCandles(START, HOUR, HOURS, 20_000, closes).map((candle) => ({
        ...candle,
        volume_from: volume,
      })),
    );
  }
  await collectSeries(series("coingecko", "ETH-USD", "4h"));
  await collectSeries(series("kraken", "ETH-USD", "4h"));
  await storeCandles(series("coingecko", "ETH-USD", "4h"), [
    candleAt(START, { close: 27_500.1234567, volume_from: null }),
  ]);
  await storeCandles(series("kraken", "ETH-USD", "4h"), [
    candleAt(START, { close: "27500.123456789012345", volume_from: 2 }),
    candleAt(START + 4 * HOUR, { close: 27_501, volume_from: 2 }),
  ]);
});

const PATH = "/v1/compare?symbol=BTC-USDT&timeframe=1h";

describe("GET /v1/compare", () => {
  test("marks the one source that leaves the others, though most was traded there", async () => {
    const { symbols, meta } = await read(
      `${PATH}&start=${START}&end=${at(HOURS)}`,
      comparisonSchema,
    );
    expect(symbols.map(({ symbol, quote, reason }) => [symbol, quote, reason])).toEqual([
      ["BTC-USDT", "USDT", null],
    ]);
    const [market] = symbols;
    expect(market?.timestamp).toHaveLength(HOURS);
    expect(market?.sources.map(({ source }) => source)).toEqual(["binance", "coinbase", "kraken"]);
    const place = market?.timestamp.indexOf(at(BAD_HOUR)) ?? -1;
    const coinbase = market?.sources[1];
    expect(market?.consensus[place]).toBe(market?.sources[0]?.close[place]);
    expect(coinbase?.close[place]).toBe(5_200);
    expect(coinbase?.deviates.flatMap((marked, index) => (marked ? [index] : []))).toEqual([place]);
    expect(coinbase?.deviation_bps[place]).toBeCloseTo(
      (coinbase?.deviation[place] ?? 0) * 10_000,
      0,
    );
    expect(coinbase?.summary).toMatchObject({ candles: HOURS, deviating: 1, outliers: 2 });
    expect(coinbase?.summary.max_deviation).toBeCloseTo(-0.74, 1);
    expect(market?.sources[0]?.summary).toEqual({
      candles: HOURS,
      median_deviation: 0,
      median_deviation_bps: 0,
      max_deviation: 0,
      max_deviation_bps: 0,
      deviating: 0,
      outliers: 0,
    });
    expect(meta).toEqual({
      timeframe: "1h",
      start: START,
      end: at(HOURS),
      threshold: 15,
      count: 3 * HOURS,
    });
  });

  test("never mixes quotes, and says of a market with one source why there is no consensus", async () => {
    const { symbols } = await read(
      `/v1/compare?base=BTC&timeframe=1h&start=${at(100)}&end=${at(200)}`,
      comparisonSchema,
    );
    expect(
      symbols.map(({ quote, sources }) => [quote, ...sources.map(({ source }) => source)]),
    ).toEqual([
      ["USD", "coinbase", "kraken"],
      ["USDC", "kraken"],
      ["USDT", "binance", "coinbase", "kraken"],
    ]);
    const [usd, usdc] = symbols;
    expect(usd?.consensus[50]).not.toBe(5_200);
    expect(usd?.sources[1]?.deviates[50]).toBe(true);
    expect(usdc?.reason).toMatch(/^kraken alone has BTC-USDC here/);
    expect(new Set(usdc?.consensus)).toEqual(new Set([null]));
    expect(usdc?.sources[0]?.outliers.map(({ timestamp }) => timestamp)).toContain(at(BAD_HOUR));
  });

  test("compares sources that store other timeframes, by rolling up", async () => {
    const { symbols } = await read(
      `${PATH.replace("1h", "1d")}&start=${START}&end=${at(HOURS)}`,
      comparisonSchema,
    );
    expect(symbols[0]?.timestamp).toHaveLength(10);
    expect(symbols[0]?.sources.map(({ from }) => from)).toEqual([["1h"], ["1h"], ["1h"]]);
    const response = await get(`${PATH.replace("1h", "1d")}&limit=5`);
    await response.body?.cancel();
    expect(response.headers.get("server-timing")).toMatch(
      /^d1;dur=.*, r2;.*, serve;.*, encode;.*, plan;desc="1h to 1d, d1"$/,
    );
  });

  test("writes every digit of a close, and gives a source without volume no vote", async () => {
    const response = await get(`/v1/compare?symbol=ETH-USD&timeframe=4h&start=${START}`);
    const body = await response.text();
    expect(body).toContain('"close":[27500.123456789012345,27501],"volume_from":[2,2]');
    const { symbols } = comparisonSchema.parse(JSON.parse(body));
    const [gecko, kraken] = symbols[0]?.sources ?? [];
    expect(symbols[0]?.consensus[1]).toBeNull();
    expect(gecko?.close).toEqual([27_500.1234567, null]);
    expect(gecko?.volume_from).toEqual([null, null]);
    expect(kraken?.deviation).toEqual([0, null]);
    expect(kraken?.score).toEqual([null, null]);
  });

  test("compares the sources that are named, and no others", async () => {
    const { symbols } = await read(`${PATH}&sources=kraken,binance`, comparisonSchema);
    expect(symbols[0]?.sources.map(({ source }) => source)).toEqual(["binance", "kraken"]);
  });

  test("says the same page by page, whatever their length", async () => {
    const whole = await read(`${PATH}&start=${START}&limit=2000`, comparisonSchema);
    const scores: (number | null)[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = `${PATH}&start=${START}&limit=37${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = await read(query, comparisonSchema);
      scores.push(...(page.symbols[0]?.sources[1]?.score ?? []));
      cursor = page.next_cursor;
    }
    expect(scores).toEqual(whole.symbols[0]?.sources[1]?.score);
  });

  test("answers the newest candles where no start is given", async () => {
    const { symbols, next_cursor: next } = await read(`${PATH}&limit=5`, comparisonSchema);
    expect(symbols[0]?.timestamp).toEqual([235, 236, 237, 238, 239].map(at));
    expect(next).toBeNull();
  });

  test("is CSV on request, a line a candle", async () => {
    const range = `start=${at(BAD_HOUR)}&end=${at(BAD_HOUR + 1)}`;
    const response = await get(`${PATH}&${range}&format=csv`);
    expect(response.headers.get("content-type")).toContain("text/csv");
    const lines = (await response.text()).trim().split("\r\n");
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(
      new RegExp(
        `^BTC-USDT,${at(BAD_HOUR)},coinbase,[\\d.]+,5200,3,-0\\.7\\d*,-7\\d+[.\\d]*,-[\\d.]+,true,true$`,
      ),
    );
  });

  test.each([
    ["symbol=BTC-USDT&base=BTC&timeframe=1h", "base"],
    ["timeframe=1h", "symbol"],
    ["symbol=BTC-USDT", "timeframe"],
    ["symbol=BTCUSDT&timeframe=1h", "symbol"],
    ["base=btc&timeframe=1h", "base"],
    ["symbol=BTC-USDT&timeframe=1m", "timeframe"],
    ["symbol=BTC-USDT&timeframe=1h&sources=mtgox", "sources"],
    ["symbol=BTC-USDT&timeframe=1h&sources=kraken,kraken", "sources"],
    ["symbol=BTC-USDT&timeframe=1h&limit=2001", "limit"],
    ["symbol=BTC-USDT&timeframe=1h&threshold=0", "threshold"],
    ["symbol=BTC-USDT&timeframe=1h&start=2024-01-01&end=2023-01-01", "start"],
    ["symbol=BTC-USDT&timeframe=1h&cursor=x", "cursor"],
  ])("refuses %s and names the parameter", async (query, parameter) => {
    expect(await problemOf(`/v1/compare?${query}`)).toMatchObject({ status: 400, parameter });
  });

  test("names the markets nearest to one that is not known", async () => {
    const problem = await problemOf("/v1/compare?symbol=BTC-USDX&timeframe=1h");
    expect(problem.status).toBe(404);
    expect(problem.detail).toContain("BTC-USDC");
    expect(
      await problemOf("/v1/compare?symbol=BTC-USDT&timeframe=1h&sources=finnhub"),
    ).toMatchObject({ status: 404 });
  });
});
