import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ask, done, refused } from "./ask.ts";

interface SeriesRow {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly native_symbol: string;
  readonly tier: number;
  readonly enabled: number;
  readonly tier_assigned: string;
}

async function rows(): Promise<SeriesRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT source, symbol, timeframe, native_symbol, tier, enabled, tier_assigned FROM series
     ORDER BY source, symbol, timeframe`,
  ).all<SeriesRow>();
  return results;
}

/** How each series is. */
async function state(): Promise<Record<string, string>> {
  return Object.fromEntries(
    (await rows()).map(({ source, symbol, timeframe, ...row }) => [
      `${source}:${symbol}:${timeframe}`,
      `${row.enabled ? "on" : "off"}, tier ${row.tier} by ${row.tier_assigned}`,
    ]),
  );
}

beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  await env.DB.batch([
    env.DB.prepare("DELETE FROM series"),
    env.DB.prepare("DELETE FROM assets"),
    env.DB.prepare("DELETE FROM markets"),
  ]);
});

describe("POST /v1/series", () => {
  test("adds series with the names of the sources' rules and the tiers of the table", async () => {
    const series = ["kraken:BTC-USD:1h", "binance:UNI-USDT:1m", "coinbase:NEWCOIN-USD:1d"];
    expect(await done("POST", "/v1/series", { series })).toEqual({
      added: series,
      known: [],
      message: "Added 3 series.",
    });
    const common = { enabled: 1, tier_assigned: "asset" };
    expect(await rows()).toEqual([
      {
        source: "binance",
        symbol: "UNI-USDT",
        timeframe: "1m",
        native_symbol: "UNIUSDT",
        tier: 2,
        ...common,
      },
      {
        source: "coinbase",
        symbol: "NEWCOIN-USD",
        timeframe: "1d",
        native_symbol: "NEWCOIN-USD",
        tier: 4,
        ...common,
      },
      {
        source: "kraken",
        symbol: "BTC-USD",
        timeframe: "1h",
        native_symbol: "XBTUSD",
        tier: 1,
        ...common,
      },
    ]);
  });

  test("says what is there already and leaves it as it is", async () => {
    const known = "kraken:BTC-USD:1h";
    await done("POST", "/v1/series", { series: known, tier: 3, enabled: false });
    const before = await rows();
    const again = { series: [known], tier: 1, enabled: true };
    expect(await done("POST", "/v1/series", again)).toEqual({
      added: [],
      known: [known],
      message: "Added 0 series; 1 was there already and stays as it is.",
    });
    expect(await rows()).toEqual(before);
    expect(before).toMatchObject([{ tier: 3, enabled: 0, tier_assigned: "hand" }]);
    const both = { series: [known, "kraken:BTC-USD:1d"] };
    expect(await done("POST", "/v1/series", both)).toMatchObject({
      added: ["kraken:BTC-USD:1d"],
      known: [known],
    });
  });

  test.each([
    { source: "kraken", symbol: "ETH-USD", timeframe: "5m" },
    { series: { source: "kraken", symbol: "ETH-USD", timeframe: "5m" } },
    { series: "kraken:ETH-USD:5m" },
    { series: ["kraken:ETH-USD:5m", "kraken:ETH-USD:5m"] },
  ])("takes the form %j", async (order) => {
    expect(await done("POST", "/v1/series", order)).toMatchObject({
      added: ["kraken:ETH-USD:5m"],
      known: [],
    });
  });

  test("understands aliases and says so", async () => {
    const series = ["kraken:XBT-USD:1h", "kraken:BTC-USD:1h", "kraken:XDG-XBT:1h"];
    expect(await done("POST", "/v1/series", { series })).toEqual({
      added: ["kraken:BTC-USD:1h", "kraken:DOGE-BTC:1h"],
      known: [],
      message: "Added 2 series. XBT-USD is BTC-USD here. XDG-XBT is DOGE-BTC here.",
    });
  });

  test("keeps the name of an asset that has a successor, and tells of the successor", async () => {
    const order = { source: "binance", symbol: "MATIC-USDT", timeframe: "1d" };
    expect(await done("POST", "/v1/series", order)).toMatchObject({
      added: ["binance:MATIC-USDT:1d"],
      message: "Added 1 series. MATIC has a successor, POL.",
    });
  });

  test("gives a series the tier of its asset where somebody gave it one", async () => {
    await done("PUT", "/v1/assets/BTC", { tier: 3 });
    await done("POST", "/v1/series", { series: ["kraken:BTC-USD:1h", "kraken:ETH-USD:1h"] });
    expect((await rows()).map(({ symbol, tier }) => [symbol, tier])).toEqual([
      ["BTC-USD", 3],
      ["ETH-USD", 1],
    ]);
  });

  test("takes a market's name from its other series, from table markets, or as it is given", async () => {
    await done("PUT", "/v1/markets", {
      source: "kraken",
      symbol: "FOO-USD",
      native_symbol: "FOOZUSD",
    });
    const given = {
      source: "binance",
      symbol: "BTC-USD",
      timeframe: "1h",
      native_symbol: "BTCUSD",
    };
    await done("POST", "/v1/series", given);
    await done("POST", "/v1/series", { series: ["kraken:FOO-USD:1h", "binance:BTC-USD:1d"] });
    expect((await rows()).map((row) => [row.symbol, row.timeframe, row.native_symbol])).toEqual([
      ["BTC-USD", "1d", "BTCUSD"],
      ["BTC-USD", "1h", "BTCUSD"],
      ["FOO-USD", "1h", "FOOZUSD"],
    ]);
    await env.DB.prepare("DELETE FROM series").run();
    await done("POST", "/v1/series", { series: "binance:BTC-USD:1d" });
    expect((await rows()).map(({ native_symbol }) => native_symbol)).toEqual(["BTCUSD"]);
  });

  test("tells of a source whose key is missing, and adds its series all the same", async () => {
    expect(await done("POST", "/v1/series", { series: "cryptocompare:BTC-USD:1h" })).toMatchObject({
      added: ["cryptocompare:BTC-USD:1h"],
      message: expect.stringContaining("set CRYPTOCOMPARE_API_KEY"),
    });
  });

  test("adds a thousand series at once, and as many again change nothing", async () => {
    const series = Array.from({ length: 1_000 }, (_, index) => `binance:COIN${index}-USDT:1m`);
    expect(await done("POST", "/v1/series", { series })).toMatchObject({ added: series });
    expect(await done("POST", "/v1/series", { series })).toMatchObject({
      added: [],
      known: series,
    });
    expect(await rows()).toHaveLength(1_000);
  });

  test.each([
    [{}, "source", "one of binance"],
    [{ series: [] }, "series", "1 to 1000"],
    [{ series: Array.from({ length: 1_001 }, () => "kraken:BTC-USD:1h") }, "series", "1001"],
    [{ series: ["kraken:BTC-USD:1h", "kraken:BTC-USD"] }, "series", '"kraken:BTC-USD" is not'],
    [{ series: "mtgox:BTC-USD:1h" }, "series", "sources are binance"],
    [{ series: "kraken:BTC-USD:7m" }, "series", "timeframes are 1m"],
    [{ series: "kraken:btc-usd:1h" }, "series", "upper case"],
    [{ series: ["kraken:BTC-USD:1h", 7] }, "series", "7 is not allowed"],
    [{ series: null }, "series", "null"],
    [{ series: { source: "kraken", symbol: "BTC-USD" } }, "timeframe", "one of 1m"],
    [{ source: "kraken", symbol: "BTC/USD", timeframe: "1h" }, "symbol", "BASE-QUOTE"],
    [{ source: "kraken", symbol: "BTC-USD", timeframe: "3m" }, "timeframe", "kraken serves 1m"],
    [{ series: "kraken:BTC-USD:3m" }, "series", "kraken serves 1m"],
    [{ series: "binance:BTC-USD:1h" }, "series", "give its name there as native_symbol"],
    [{ source: "coingecko", symbol: "FOO-USD", timeframe: "4h" }, "symbol", "by its rule"],
    [{ series: "kraken:BTC-USD:1h", symbol: "BTC-USD" }, "symbol", "not both"],
    [{ series: "kraken:BTC-USD:1h", tier: 5 }, "tier", "from 1 to 4"],
    [{ series: "kraken:BTC-USD:1h", tier: "1" }, "tier", "from 1 to 4"],
    [{ series: "kraken:BTC-USD:1h", enabled: "yes" }, "enabled", "true or false"],
    [{ series: "kraken:BTC-USD:1h", native_symbol: "X BT" }, "native_symbol", "without a space"],
    [
      { series: ["kraken:BTC-USD:1h", "kraken:ETH-USD:1h"], native_symbol: "XBTUSD" },
      "native_symbol",
      "of several",
    ],
    [{ series: "kraken:BTC-USD:1h", more: 1 }, "more", "there are series"],
  ])("refuses %j and adds nothing", async (order, parameter, detail) => {
    const problem = await refused("POST", "/v1/series", order);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    expect(problem.detail).toContain(detail);
    expect(await rows()).toEqual([]);
  });

  test("refuses another name for a market that has one", async () => {
    await done("POST", "/v1/series", { series: "kraken:BTC-USD:1h", native_symbol: "XXBTZUSD" });
    const other = { series: "kraken:BTC-USD:1d", native_symbol: "XBTUSD" };
    const problem = await refused("POST", "/v1/series", other);
    expect(problem).toMatchObject({ status: 400, parameter: "native_symbol" });
    expect(problem.detail).toContain("kraken:BTC-USD is called XXBTZUSD");
    expect(await rows()).toHaveLength(1);
  });

  test("refuses a body that is too large or no JSON object", async () => {
    const large = await refused("POST", "/v1/series", { series: "x".repeat(200_000) });
    expect(large).toMatchObject({ status: 413, code: "payload_too_large" });
    const list = await refused("POST", "/v1/series", []);
    expect(list).toMatchObject({ status: 400, parameter: "body" });
  });

  test("logs what it did, once", async () => {
    const log = vi.spyOn(console, "log").mockClear();
    await done("POST", "/v1/series", { series: "kraken:BTC-USD:1h" });
    await done("POST", "/v1/series", { series: ["kraken:BTC-USD:1h", "kraken:BTC-USD:1d"] });
    const events = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
    expect(events).toMatchObject([
      { event: "series.changed", asked: 1, added: 1, changed: 0 },
      { event: "series.changed", asked: 2, added: 1, changed: 0 },
    ]);
  });
});

describe("PATCH /v1/series", () => {
  const all = [
    "binance:BTC-USDT:1h",
    "kraken:BTC-USD:1h",
    "kraken:ETH-USD:1h",
    "kraken:UNI-USD:1d",
  ];

  beforeEach(async () => {
    await done("POST", "/v1/series", { series: all });
  });

  test("turns series that are named off and on again, and says how many", async () => {
    const off = { series: ["kraken:XBT-USD:1h", "kraken:ETH-USD:1h"], set: { enabled: false } };
    expect(await done("PATCH", "/v1/series", off)).toEqual({
      changed: 2,
      message: "Changed 2 of 2 series.",
    });
    expect(await state()).toEqual({
      "binance:BTC-USDT:1h": "on, tier 1 by asset",
      "kraken:BTC-USD:1h": "off, tier 1 by asset",
      "kraken:ETH-USD:1h": "off, tier 1 by asset",
      "kraken:UNI-USD:1d": "on, tier 2 by asset",
    });
    expect(await done("PATCH", "/v1/series", off)).toEqual({
      changed: 0,
      message: "Changed 0 of 2 series; the others were so already.",
    });
    expect(await done("PATCH", "/v1/series", { series: all, set: { enabled: true } })).toEqual({
      changed: 2,
      message: "Changed 2 of 4 series; the others were so already.",
    });
  });

  test.each([
    [{ source: "kraken" }, 3],
    [{ symbol: "BTC-USD" }, 1],
    [{ symbol: "XBT-USD" }, 1],
    [{ timeframe: "1h" }, 3],
    [{ tier: 1 }, 3],
    [{ source: "kraken", tier: 1, timeframe: "1h" }, 2],
    [{ source: "coinbase" }, 0],
  ])("changes what the filter %j lets through: %d series", async (filter, changed) => {
    const order = { ...filter, set: { enabled: false } };
    expect(await done("PATCH", "/v1/series", order)).toMatchObject({ changed });
    const disabled = Object.values(await state()).filter((text) => text.startsWith("off"));
    expect(disabled).toHaveLength(changed);
  });

  test("gives a tier by hand, which the asset's does not undo, and takes it back", async () => {
    const series = "kraken:BTC-USD:1h";
    await done("PATCH", "/v1/series", { series, set: { tier: 1 } });
    await done("PUT", "/v1/assets/BTC", { tier: 2 });
    expect(await state()).toMatchObject({
      "binance:BTC-USDT:1h": "on, tier 2 by asset",
      "kraken:BTC-USD:1h": "on, tier 1 by hand",
      "kraken:ETH-USD:1h": "on, tier 1 by asset",
    });
    await done("PATCH", "/v1/series", { source: "kraken", set: { tier: 4, enabled: false } });
    expect(await done("PATCH", "/v1/series", { source: "kraken", set: { tier: null } })).toEqual({
      changed: 3,
      message: "Changed 3 of 3 series.",
    });
    expect(await state()).toEqual({
      "binance:BTC-USDT:1h": "on, tier 2 by asset",
      "kraken:BTC-USD:1h": "off, tier 2 by asset",
      "kraken:ETH-USD:1h": "off, tier 1 by asset",
      "kraken:UNI-USD:1d": "off, tier 2 by asset",
    });
  });

  test("changes nothing where one of the series is not there, and names it", async () => {
    const before = await state();
    const problem = await refused("PATCH", "/v1/series", {
      series: [...all, "kraken:BTC-USD:1d"],
      set: { enabled: false },
    });
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
    expect(problem.detail).toContain("kraken:BTC-USD:1d");
    expect(await state()).toEqual(before);
  });

  test.each([
    [{ set: { enabled: false } }, "series", "name series, or some of"],
    [{ series: all }, "set", "enabled"],
    [{ series: all, set: {} }, "set", "enabled"],
    [{ series: all, set: { tier: 0 } }, "set", "1 to 4"],
    [{ series: all, set: { native_symbol: "X" } }, "set", "enabled"],
    [{ series: all, source: "kraken", set: { tier: 1 } }, "source", "not both"],
    [{ source: "mtgox", set: { tier: 1 } }, "source", "one of binance"],
    [{ symbol: "BTCUSD", set: { tier: 1 } }, "symbol", "BASE-QUOTE"],
    [{ tier: 9, set: { tier: 1 } }, "tier", "from 1 to 4"],
  ])("refuses %j", async (order, parameter, detail) => {
    const before = await state();
    const problem = await refused("PATCH", "/v1/series", order);
    expect(problem).toMatchObject({ status: 400, code: "invalid_input", parameter });
    expect(problem.detail).toContain(detail);
    expect(await state()).toEqual(before);
  });
});

test("says which methods there are, and that other addresses are not here", async () => {
  const method = await refused("DELETE", "/v1/series");
  expect(method).toMatchObject({ status: 405, code: "method_not_allowed" });
  expect(method.detail).toContain("POST, PATCH");
  expect(await refused("GET", "/v1/nothing")).toMatchObject({ status: 404, code: "not_found" });
  const trigger = await ask("POST", "/trigger", {});
  expect(await trigger.json()).toMatchObject({ status: 400, parameter: "source" });
});
