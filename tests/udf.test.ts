import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";
import { UdfClient, UdfError, type Bar, type SymbolInfo } from "./udf-client.ts";

const START_MS = Date.UTC(2026, 2, 4, 10, 0, 20);
/** Open time of the newest closed minute at the start, unix seconds. */
const NEWEST = START_MS / 1_000 - 20 - 60;
const MINUTE = 60;
const DAY = 86_400;
const LIMITED = { maxResponseLength: 5_000, expectedOrder: "latestFirst" } as const;
const MINUTES_STORED = 6_000;

let system: System;
let client: UdfClient;
let btc: SymbolInfo;

function udfOf(one: System): UdfClient {
  return new UdfClient((path) => one.get(`/udf/${path}`), LIMITED);
}

/** Now, by the clock of the system, unix seconds. */
function now(): number {
  return Math.floor(system.simulator.nowMs() / 1_000);
}

/** Stores the newest `count` closed candles, by triggers. */
async function store(symbol: string, timeframe: string, count: number): Promise<void> {
  for (let stored = 0, toTs = NEWEST; stored < count; stored += 2_000) {
    const order = { source: "binance", symbol, timeframe, toTs, limit: Math.min(2_000, count) };
    expect((await system.post("/trigger", order)).status).toBe(200);
    toTs -= 2_000 * MINUTE;
  }
  await system.until(`${count} candles of ${symbol}:${timeframe} are stored`, async () => {
    const [row] = await system.rows<{ rows: number }>(
      "SELECT COUNT(*) AS rows FROM price_data WHERE symbol = ? AND timeframe = ?",
      symbol,
      timeframe,
    );
    return row !== undefined && row.rows >= count ? true : undefined;
  });
}

/** Requests for candles of `symbol` that the source has had. */
function requestsFor(symbol: string): number {
  return system.simulator
    .requests()
    .filter(({ path, query }) => path.endsWith("/klines") && query.includes(`symbol=${symbol}`))
    .length;
}

function timesOf(bars: readonly Bar[]): number[] {
  return bars.map(({ time }) => time);
}

/** The days on which `bars` begin; they must begin at midnight in UTC. */
function datesOf(bars: readonly Bar[]): string[] {
  return bars.map(({ time }) => {
    expect(time % DAY).toBe(0);
    return new Date(time * 1_000).toISOString().slice(0, 10);
  });
}

beforeAll(async () => {
  system = await startSystem({ startMs: START_MS, speed: 1 });
  client = udfOf(system);
  await system.addSeries(
    { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
    { source: "binance", symbol: "ETH-USDT", timeframe: "1m" },
    { source: "binance", symbol: "ETH-USDT", timeframe: "1h" },
    { source: "binance", symbol: "LTC-USDT", timeframe: "1m" },
  );
  await Promise.all([
    store("BTC-USDT", "1m", MINUTES_STORED),
    store("ETH-USDT", "1m", 300),
    store("SOL-USDT", "1m", 10),
    store("LTC-USDT", "1m", 10),
  ]);
  btc = await client.resolveSymbol("BINANCE:BTCUSDT");
});

afterAll(() => system.close());

describe("a chart that starts", () => {
  test("learns what it may ask, in the types that it expects", async () => {
    const config = await client.config();
    expect(config).toMatchObject({
      supports_search: true,
      supports_group_request: false,
      supports_marks: true,
      supports_timescale_marks: true,
      supports_time: true,
    });
    for (const resolution of config.supported_resolutions) {
      expect(resolution).toMatch(/^(\d+|\d+[DWM])$/);
    }
    expect(config.exchanges?.[0]).toMatchObject({ value: "" });
    expect(config.symbols_types?.[0]).toMatchObject({ value: "" });
  });

  test("sets its clock by the server, in seconds", async () => {
    expect(Math.abs((await client.time()) - now())).toBeLessThan(3);
  });

  test("finds a market and resolves it by what it found", async () => {
    const [first] = await client.search("btc");
    expect(first).toBe("BINANCE:BTCUSDT");
    expect(await client.search("btc", "stock")).toEqual([]);
    expect(await client.search("btc", "", "KRAKEN")).toEqual([]);
    expect(await client.resolveSymbol(String(first))).toEqual(btc);
  });

  test("is told of a market by members that are sound", () => {
    expect(btc.ticker).toBe("BINANCE:BTCUSDT");
    expect(btc.ticker).not.toContain(",");
    expect(btc.exchange).toBe(btc.exchange.toUpperCase());
    expect(["crypto", "stock"]).toContain(btc.type);
    expect(new Intl.DateTimeFormat("en", { timeZone: btc.timezone })).toBeDefined();
    expect(Number.isInteger(Math.log10(btc.pricescale))).toBe(true);
    expect(btc.minmov).toBe(1);
    expect(btc).toMatchObject({
      session: "24x7",
      has_intraday: true,
      has_daily: true,
      has_weekly_and_monthly: true,
      data_status: "streaming",
      visible_plots_set: "ohlcv",
    });
  });

  test.each(["BINANCE:NOSUCH", "NOWHERE:BTCUSDT", "", "<script>", "BINANCE:"])(
    "is told that %j is nothing it could show",
    async (name) => {
      await expect(client.resolveSymbol(name)).rejects.toThrow(UdfError);
    },
  );
});

describe("bars", () => {
  test.each(["1", "5", "15", "60", "240", "1D"])(
    "of resolution %s increase, and their prices hold together",
    async (resolution) => {
      const period = { from: NEWEST - 3 * DAY, to: now() };
      const { bars } = await client.getBars(btc, resolution, period);
      const times = timesOf(bars);
      expect(times.length).toBeGreaterThan(2);
      expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
      for (const { open, high, low, close, volume } of bars) {
        expect(Math.max(open, close)).toBeLessThanOrEqual(high);
        expect(Math.min(open, close)).toBeGreaterThanOrEqual(low);
        expect(volume).toBeGreaterThanOrEqual(0);
      }
    },
  );

  test("of the past are the same whenever they are asked for", async () => {
    const period = { from: NEWEST - 600 * MINUTE, to: NEWEST - 100 * MINUTE, countBack: 400 };
    const first = await client.getBars(btc, "1", period);
    expect(first.bars).toHaveLength(400);
    expect(await client.getBars(btc, "1", period)).toEqual(first);
  });

  test("of a day open and close as its first and its last minute do", async () => {
    const day = Math.floor(NEWEST / DAY) * DAY - DAY;
    const minutes = await client.getBars(btc, "1", { from: day, to: day + DAY });
    const { bars } = await client.getBars(btc, "1D", { from: day, to: day + DAY });
    expect(minutes.bars).toHaveLength(1_440);
    expect(bars).toHaveLength(1);
    expect(bars[0]).toMatchObject({
      time: day,
      open: minutes.bars[0]?.open,
      high: Math.max(...minutes.bars.map(({ high }) => high)),
      low: Math.min(...minutes.bars.map(({ low }) => low)),
      close: minutes.bars.at(-1)?.close,
    });
  });

  test("lie on the calendar: days at midnight, weeks on Monday, months on the first", async () => {
    const period = { from: 0, to: now(), countBack: 3 };
    const day = await client.getBars(btc, "D", period);
    const week = await client.getBars(btc, "1W", period);
    const month = await client.getBars(btc, "M", period);
    expect(datesOf(day.bars)).toEqual(["2026-03-02", "2026-03-03", "2026-03-04"]);
    expect(datesOf(week.bars)).toEqual(["2026-02-23", "2026-03-02"]);
    expect(datesOf(month.bars)).toEqual(["2026-02-01", "2026-03-01"]);
  });

  test("end before `to`, which may lie in the future", async () => {
    const at = await client.getBars(btc, "1", { from: NEWEST - 600, to: NEWEST });
    expect(at.bars.at(-1)?.time).toBe(NEWEST - MINUTE);
    const { bars } = await client.getBars(btc, "1", { from: NEWEST - 600, to: now() + DAY });
    expect(bars.at(-1)?.time).toBeLessThanOrEqual(now());
  });

  test("are as many as are counted back, however old, and `from` does not matter then", async () => {
    const to = NEWEST - 3_000 * MINUTE;
    const { bars } = await client.getBars(btc, "1", { from: to - MINUTE, to, countBack: 100 });
    expect(timesOf(bars)).toEqual(
      Array.from({ length: 100 }, (_, index) => to - (100 - index) * MINUTE),
    );
  });

  test("beyond what one answer holds come from further ones, none twice, none left out", async () => {
    const asked = client.asked;
    const period = { from: NEWEST - DAY * 30, to: NEWEST + MINUTE, countBack: 5_500 };
    const { bars } = await client.getBars(btc, "1", period);
    expect(client.asked - asked).toBe(2);
    expect(timesOf(bars)).toEqual(
      Array.from({ length: 5_500 }, (_, index) => NEWEST - (5_499 - index) * MINUTE),
    );
  });

  test("that are none are said to be none, with the time of the newest older one", async () => {
    const oldest = NEWEST - (MINUTES_STORED - 1) * MINUTE;
    const before = { from: oldest - DAY, to: oldest };
    expect(await client.getBars(btc, "1", before)).toEqual({
      bars: [],
      noData: true,
      nextTime: undefined,
    });
    expect(await client.getBars(btc, "1", { ...before, countBack: 300 })).toEqual({
      bars: [],
      noData: true,
      nextTime: undefined,
    });
    const later = { from: now() + 10 * DAY, to: now() + 11 * DAY };
    const { noData, nextTime } = await client.getBars(btc, "1", later);
    expect(noData).toBe(true);
    expect(nextTime).toBeLessThan(later.from);
    expect(nextTime).toBeGreaterThanOrEqual(NEWEST);
  });

  test("that cannot be meant are an error in JSON, with the status 200", async () => {
    const good = "symbol=BINANCE:BTCUSDT&resolution=1&from=0&to=100&countback=2";
    for (const bad of [
      good.replace("resolution=1", "resolution=7"),
      good.replace("to=100", "to=tomorrow"),
      good.replace("countback=2", "countback=-2"),
      good.replace("from=0", "from=200").replace("countback=2", "countback=0"),
      good.replace("BTCUSDT", "NOSUCH"),
      `${good}&currencyCode=EUR`,
      "",
    ]) {
      const response = await system.get(`/udf/history?${bad}`);
      expect([bad, response.status]).toEqual([bad, 200]);
      expect(response.headers.get("content-type")).toContain("application/json");
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(await response.json()).toEqual({ s: "error", errmsg: expect.any(String) });
    }
  });
});

describe("the candle that is open", () => {
  test.each(["1", "5", "60", "1D"])(
    "is the last bar of resolution %s, beside the one before",
    async (resolution) => {
      const newest = async (of: string) =>
        (await client.getBars(btc, of, { from: 0, to: now() + 1, countBack: 2 })).bars;
      // What was told up to four seconds ago is told again.
      const minute = Math.floor((now() - 5) / MINUTE) * MINUTE;
      const before = await newest("1");
      const bars = await newest(resolution);
      const after = await newest("1");
      const closes = [before, after].map((one) => one.at(-1)?.close);
      expect(before.at(-1)?.time).toBeGreaterThanOrEqual(minute);
      expect(bars).toHaveLength(2);
      expect(closes).toContain(bars.at(-1)?.close);
      expect(bars.at(-1)?.time).toBeLessThanOrEqual(now());
    },
  );

  test.each(["kraken", "coinbase", "cryptocompare"] as const)(
    "is told by %s too, and by what is closed before it",
    async (source) => {
      const order = { source, symbol: "BTC-USD", timeframe: "1h", limit: 5 } as const;
      await system.addSeries(order);
      await system.post("/trigger", order);
      await system.until("five hours are stored", async () => {
        const sql = "SELECT timestamp FROM price_data WHERE source = ?";
        return (await system.rows(sql, source)).length === 5 || undefined;
      });
      const info = await client.resolveSymbol(`${source.toUpperCase()}:BTCUSD`);
      const { bars } = await client.getBars(info, "60", { from: 0, to: now() + 1, countBack: 2 });
      const hour = Math.floor(now() / 3_600) * 3_600;
      expect(timesOf(bars)).toEqual([hour - 3_600, hour]);
    },
  );

  test("is not stored", async () => {
    const sql = "SELECT MAX(timestamp) AS newest FROM price_data WHERE symbol = 'BTC-USDT'";
    expect(await system.rows(sql)).toEqual([{ newest: NEWEST }]);
  });

  test("costs its source one request, however many charts look at it", async () => {
    const ltc = await client.resolveSymbol("BINANCE:LTCUSDT");
    const before = requestsFor("LTCUSDT");
    const polls = Array.from({ length: 10 }, (_, index) =>
      client.poll(ltc, index % 2 === 0 ? "1" : "5", { now: now() + 1, lastTime: undefined }),
    );
    const bars = (await Promise.all(polls)).flat();
    expect(bars).toHaveLength(10);
    expect(requestsFor("LTCUSDT") - before).toBe(1);
  });

  test("is not asked for where nobody collects the market", async () => {
    const sol = await client.resolveSymbol("SOLUSDT");
    expect(sol.data_status).toBe("endofday");
    const before = requestsFor("SOLUSDT");
    const { bars } = await client.getBars(sol, "1", { from: 0, to: now(), countBack: 2 });
    expect(timesOf(bars)).toEqual([NEWEST - MINUTE, NEWEST]);
    expect(requestsFor("SOLUSDT")).toBe(before);
  });

  test("is made of stored minutes where its source is too slow, and is no failure", async () => {
    const eth = await client.resolveSymbol("BINANCE:ETHUSDT");
    system.simulator.inject({ kind: "delay", delayMs: 4_000, symbol: "ETHUSDT", times: null });
    const startMs = Date.now();
    const period = { from: 0, to: now(), countBack: 2 };
    const { bars } = await client.getBars(eth, "60", period);
    expect(Date.now() - startMs).toBeLessThan(4_000);
    system.simulator.clearFaults();
    const minutes = await client.getBars(eth, "1", { ...period, to: NEWEST + MINUTE });
    expect(bars.at(-1)?.close).toBe(minutes.bars.at(-1)?.close);
    expect(system.events("request.failed")).toEqual([]);
  });
});

describe("marks", () => {
  test("tell of gaps and of revisions, on bars that are there", async () => {
    const revised = NEWEST - 200 * MINUTE;
    await system.rows(
      `INSERT INTO candle_revisions SELECT source, symbol, timeframe, timestamp, ?, open, high, low,
        close, volume_from, volume_to, trades FROM price_data WHERE symbol = 'BTC-USDT' AND timestamp = ?`,
      START_MS,
      revised,
    );
    const period = { from: NEWEST - 300 * MINUTE, to: NEWEST };
    const marks = await client.marks("marks", btc, "5", period);
    const bars = await client.getBars(btc, "5", period);
    const [mark] = marks.filter(({ id }) => id.startsWith("revision"));
    expect(mark?.time).toBe(revised - (revised % 300));
    expect(timesOf(bars.bars)).toEqual(expect.arrayContaining(marks.map(({ time }) => time)));
    expect(await client.marks("timescale_marks", btc, "5", period)).toEqual([]);
  });
});

describe("a chart that is left open", () => {
  test("gets each new bar with the one before, and no hole, while nothing new is stored", async () => {
    const fast = await startSystem({ startMs: START_MS, speed: 60 });
    try {
      const chart = udfOf(fast);
      await fast.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
      await fast.post("/trigger", {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        limit: 5,
      });
      const info = await fast.until("the market is known", () =>
        chart.getBars(btc, "1", { from: 0, to: 2_000_000_000, countBack: 2 }).then(
          ({ bars }) => (bars.length === 2 ? btc : undefined),
          () => undefined,
        ),
      );
      const seen = new Map<number, Bar>();
      let lastTime: number | undefined;
      for (const endMs = Date.now() + 20_000; seen.size < 4 && Date.now() < endMs;) {
        const time = Math.floor(fast.simulator.nowMs() / 1_000);
        for (const bar of await chart.poll(info, "1", { now: time, lastTime })) {
          seen.set(bar.time, bar);
          lastTime = bar.time;
        }
        await new Promise((resolve) => setTimeout(resolve, 170));
      }
      const times = [...seen.keys()];
      expect(times.length).toBeGreaterThanOrEqual(4);
      expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * MINUTE));
    } finally {
      await fast.close();
    }
  });
});
