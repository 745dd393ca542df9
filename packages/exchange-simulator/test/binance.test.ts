import { assert, asyncProperty, integer } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ask,
  type BinanceRow,
  DAY_MS,
  HOUR_MS,
  klines,
  MINUTE_MS,
  NOW_MS,
  standingSimulator,
} from "./ask.ts";

const simulator = await standingSimulator();
const OPEN_MS = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS;
const market = { symbol: "ETHUSDT", interval: "1m" };

async function refusalOf(query: string): Promise<{ status: number; code: number }> {
  const { status, body } = await ask<{ code: number }>(
    simulator,
    `/api.binance.com/api/v3/klines?${query}`,
  );
  return { status, code: body.code };
}

async function openOf(interval: string): Promise<Date> {
  const [row] = await klines(simulator, { symbol: "BTCUSDT", interval, limit: 1 });
  return new Date(row?.[0] ?? 0);
}

describe("Binance klines", () => {
  test("without times the newest 500 come, oldest first, the open one last", async () => {
    const rows = await klines(simulator, market);
    expect(rows).toHaveLength(500);
    expect(rows.map((row) => row[0])).toEqual(rows.map((row) => row[0]).toSorted((a, b) => a - b));
    expect(rows.at(-1)?.[0]).toBe(OPEN_MS);
    expect(rows.at(-1)?.[6]).toBe(OPEN_MS + MINUTE_MS - 1);
  });

  test("startTime alone gives the oldest from there, and is inclusive", async () => {
    const startTime = OPEN_MS - 100 * MINUTE_MS;
    const rows = await klines(simulator, { ...market, startTime, limit: 3 });
    expect(rows.map((row) => row[0])).toEqual([0, 1, 2].map((n) => startTime + n * MINUTE_MS));
  });

  test("endTime alone gives the newest up to there, and is inclusive", async () => {
    const endTime = OPEN_MS - 100 * MINUTE_MS;
    const rows = await klines(simulator, { ...market, endTime, limit: 2 });
    expect(rows.map((row) => row[0])).toEqual([endTime - MINUTE_MS, endTime]);
  });

  test("both times bound the open times from startTime on", async () => {
    const startTime = OPEN_MS - 100 * MINUTE_MS + 1;
    const rows = await klines(simulator, {
      ...market,
      startTime,
      endTime: startTime + 2 * MINUTE_MS,
    });
    expect(rows.map((row) => row[0])).toEqual([1, 2].map((n) => startTime - 1 + n * MINUTE_MS));
  });

  test("times may be in microseconds, and answers are on request", async () => {
    const startTime = (OPEN_MS - 5 * MINUTE_MS) * 1000;
    const { body } = await ask<number[][]>(
      simulator,
      `/api.binance.com/api/v3/klines?symbol=ETHUSDT&interval=1m&limit=1&startTime=${startTime}`,
      { "X-MBX-TIME-UNIT": "MICROSECOND" },
    );
    expect(body[0]?.[0]).toBe(startTime);
    expect(body[0]?.[6]).toBe(startTime + 59_999_999);
  });

  test("a limit above 1000 gives 1000 rows", async () => {
    expect(await klines(simulator, { ...market, limit: 5000 })).toHaveLength(1000);
  });

  test("rows have twelve fields with strings of eight decimals", async () => {
    const [row] = await klines(simulator, { ...market, limit: 1, endTime: OPEN_MS - 1 });
    expect(row).toHaveLength(12);
    for (const at of [1, 2, 3, 4, 5, 7, 9, 10]) {
      expect(row?.[at]).toMatch(/^\d+\.\d{8}$/);
    }
    expect(row?.[8]).toBeTypeOf("number");
    expect(row?.[11]).toBe("0");
  });

  test("a minute is 1m and a month 1M, weeks open on Monday, three days on a grid of their own", async () => {
    expect((await openOf("1M")).toISOString()).toBe("2024-03-01T00:00:00.000Z");
    expect((await openOf("1w")).toISOString()).toBe("2024-03-18T00:00:00.000Z");
    expect(((await openOf("3d")).getTime() / DAY_MS) % 3).toBe(1);
  });

  test("the first candle is found with startTime=0 and limit=1", async () => {
    const [row] = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "1m",
      startTime: 0,
      limit: 1,
    });
    expect(row?.[0]).toBe(Date.parse("2017-08-17T04:00:00Z"));
  });

  test("nothing opens in the future", async () => {
    expect(await klines(simulator, { ...market, startTime: NOW_MS + HOUR_MS })).toEqual([]);
  });

  test("a small market has flat rows where nothing traded", async () => {
    const rows = await klines(simulator, { symbol: "T0007USDT", interval: "1m", limit: 1000 });
    const flat = rows.filter((row) => row[8] === 0);
    expect(rows).toHaveLength(1000);
    expect(flat.length).toBeGreaterThan(0);
    for (const row of flat) {
      expect(new Set([row[1], row[2], row[3], row[4]]).size).toBe(1);
      expect(row[5]).toBe("0.00000000");
    }
  });

  test("an outage leaves minutes out, after some that are flat", async () => {
    const startTime = NOW_MS - 200 * DAY_MS;
    let holes = 0;
    for (let page = 0; page < 10; page += 1) {
      const rows = await klines(simulator, {
        symbol: "BTCUSDT",
        interval: "5m",
        startTime: startTime + page * 1000 * 5 * MINUTE_MS,
        endTime: startTime + (page + 1) * 1000 * 5 * MINUTE_MS - 1,
        limit: 1000,
      });
      holes += 1000 - rows.length;
    }
    expect(holes).toBeGreaterThan(0);
    expect(holes).toBeLessThan(200);
  });

  test("errors have status 400 and a code", async () => {
    expect(await refusalOf("symbol=NOPE&interval=1m")).toEqual({ status: 400, code: -1121 });
    expect(await refusalOf("symbol=BTCUSDT&interval=7m")).toEqual({ status: 400, code: -1120 });
    expect(await refusalOf("symbol=BTCUSDT")).toEqual({ status: 400, code: -1102 });
    expect(await refusalOf("interval=1m")).toEqual({ status: 400, code: -1102 });
    expect(await refusalOf("symbol=btcusdt&interval=1m")).toEqual({ status: 400, code: -1100 });
    expect(await refusalOf("symbol=BTCUSDT&interval=1m&limit=x")).toEqual({
      status: 400,
      code: -1100,
    });
    expect(await refusalOf("symbol=BTCUSDT&interval=1m&from=1")).toEqual({
      status: 400,
      code: -1104,
    });
  });
});

describe("Binance's open candle", () => {
  test("grows until it is the closed one, and moves no more", async () => {
    const asked = { symbol: "BTCUSDT", interval: "1m", startTime: OPEN_MS, limit: 1 };
    const seen: BinanceRow[] = [];
    for (const passedMs of [1, 4000, 11_000, 23_000, 40_000, 59_999, 60_000, 3_600_000]) {
      simulator.setClock({ nowMs: OPEN_MS + passedMs });
      seen.push(...(await klines(simulator, asked)));
    }
    simulator.setClock({ nowMs: NOW_MS });
    for (const [index, row] of seen.entries()) {
      const before = seen[Math.max(0, index - 1)] ?? row;
      expect(row.slice(0, 2)).toEqual(before.slice(0, 2));
      expect(Number(row[2])).toBeGreaterThanOrEqual(Number(before[2]));
      expect(Number(row[3])).toBeLessThanOrEqual(Number(before[3]));
      expect(Number(row[5])).toBeGreaterThanOrEqual(Number(before[5]));
      expect(row[8]).toBeGreaterThanOrEqual(before[8]);
    }
    expect(seen[0]?.[8]).toBeLessThan(seen[3]?.[8] ?? 0);
    expect(seen.at(-2)).toEqual(seen.at(-1));
  });
});

test("pages of any size, one after another, are the same candles as one page", () =>
  assert(
    asyncProperty(
      integer({ min: 1, max: 40 }),
      integer({ min: 0, max: 1e6 }),
      async (limit, ago) => {
        const startTime = OPEN_MS - (ago + 100) * MINUTE_MS;
        const range = { symbol: "T0500USDT", interval: "1m", endTime: startTime + 59 * MINUTE_MS };
        const whole = await klines(simulator, { ...range, startTime });
        const paged: BinanceRow[] = [];
        let page = await klines(simulator, { ...range, startTime, limit });
        while (page.length > 0) {
          paged.push(...page);
          page = await klines(simulator, {
            ...range,
            startTime: (page.at(-1)?.[0] ?? 0) + 1,
            limit,
          });
        }
        expect(paged).toEqual(whole);
      },
    ),
    { numRuns: 15 },
  ));

describe("Binance", () => {
  test("does not know a symbol before it is listed", async () => {
    simulator.setClock({ nowMs: Date.parse("2019-01-01T00:00:00Z") });
    expect(await refusalOf("symbol=SOLUSDT&interval=1m")).toEqual({ status: 400, code: -1121 });
    simulator.setClock({ nowMs: NOW_MS });
  });

  test("answers the same on data-api.binance.vision", async () => {
    const path = "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=3";
    const one = await ask<unknown>(simulator, `/api.binance.com${path}`);
    const other = await ask<unknown>(simulator, `/data-api.binance.vision${path}`);
    expect(other.body).toEqual(one.body);
  });

  test("dates its answers, gives its time and counts weight", async () => {
    const { headers, body } = await ask<unknown>(simulator, "/api.binance.com/api/v3/time");
    expect(headers.get("Date")).toBe(new Date(NOW_MS).toUTCString());
    expect(body).toEqual({ serverTime: NOW_MS });
    const before = Number(headers.get("X-MBX-USED-WEIGHT-1M"));
    const after = await ask<unknown>(
      simulator,
      "/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1",
    );
    expect(Number(after.headers.get("X-MBX-USED-WEIGHT-1M"))).toBe(before + 2);
  });

  test("lists symbols with their assets, all or those asked for", async () => {
    interface Info {
      symbols: { symbol: string; baseAsset: string; quoteAsset: string; status: string }[];
    }
    const all = await ask<Info>(simulator, "/api.binance.com/api/v3/exchangeInfo");
    expect(all.body.symbols.length).toBeGreaterThan(1000);
    const some = await ask<Info>(
      simulator,
      '/api.binance.com/api/v3/exchangeInfo?symbols=["BTCUSDC","T0999USDT"]',
    );
    expect(
      some.body.symbols.map(({ symbol, baseAsset, quoteAsset, status }) => [
        symbol,
        baseAsset,
        quoteAsset,
        status,
      ]),
    ).toEqual([
      ["BTCUSDC", "BTC", "USDC", "TRADING"],
      ["T0999USDT", "T0999", "USDT", "TRADING"],
    ]);
  });
});
