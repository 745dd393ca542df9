import { describe, expect, test } from "vitest";
import { ask, DAY_MS, HOUR_MS, MINUTE_MS, standingSimulator, type Answer } from "./ask.ts";

/** A Wednesday, 14:34:27 in New York; clocks changed ten days before. */
const NOW_MS = Date.parse("2024-03-20T18:34:27Z");
const KEY = { Authorization: "Bearer paid" };
const simulator = await standingSimulator({ startMs: NOW_MS });

interface Bar {
  T?: string;
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
  n: number;
}
interface Bars {
  results?: Bar[];
  resultsCount: number;
  adjusted: boolean;
  next_url?: string;
}
interface Columns {
  s: string;
  t: number[];
  c: number[];
  v: number[];
}

function aggs(
  path: string,
  headers: Readonly<Record<string, string>> = KEY,
): Promise<Answer<Bars>> {
  return ask<Bars>(simulator, `/api.massive.com/v2/aggs/${path}`, headers);
}

async function bars(range: string, query = "adjusted=false&limit=50000"): Promise<Bar[]> {
  return (await aggs(`ticker/AAPL/range/${range}?${query}`)).body.results ?? [];
}

/** Hours and minutes in New York. */
function newYorkTime(ms: number): string {
  return new Date(ms).toLocaleTimeString("en-GB", {
    timeZone: "America/New_York",
    timeStyle: "short",
  });
}

/** Whether a bar is of the time between the bells. */
function isRegular({ t }: Bar): boolean {
  return newYorkTime(t) >= "09:30" && newYorkTime(t) < "16:00";
}

describe("Massive", () => {
  test("has minutes from four in the morning to eight in the evening, few outside the session", async () => {
    const minutes = await bars("1/minute/2024-03-18/2024-03-19");
    const times = minutes.map(({ t }) => newYorkTime(t));
    expect(times.every((time) => time >= "04:00" && time < "20:00")).toBe(true);
    expect(minutes.filter(isRegular)).toHaveLength(2 * 390);
    const thin = minutes.length - 2 * 390;
    expect(thin).toBeGreaterThan(100);
    expect(thin).toBeLessThan(700);
    expect(minutes.every(({ n, v }) => n >= 1 && v >= 1)).toBe(true);
  });

  test("has days at midnight in New York, over the change of clocks, without weekends and holidays", async () => {
    const days = await bars("1/day/2024-02-15/2024-03-12");
    const dates = days.map(({ t }) => new Date(t).toISOString().slice(0, 13));
    // Monday 2024-02-19 is Presidents' Day; clocks change on Sunday 2024-03-10.
    expect(dates.slice(0, 3)).toEqual(["2024-02-15T05", "2024-02-16T05", "2024-02-20T05"]);
    expect(dates.slice(-3)).toEqual(["2024-03-08T05", "2024-03-11T04", "2024-03-12T04"]);
  });

  test("has days with the prices of the session and the volume of all hours", async () => {
    const minutes = await bars("1/minute/2024-03-19/2024-03-19");
    const session = minutes.filter(isRegular);
    const [day] = await bars("1/day/2024-03-19/2024-03-19");
    expect(day).toMatchObject({
      o: session[0]?.o,
      c: session.at(-1)?.c,
      h: Math.max(...session.map(({ h }) => h)),
      l: Math.min(...session.map(({ l }) => l)),
      v: minutes.reduce((sum, { v }) => sum + v, 0),
      n: minutes.reduce((sum, { n }) => sum + n, 0),
    });
  });

  test("has hours that mix the opening bell in, exact sums of their minutes", async () => {
    const nineMs = Date.parse("2024-03-19T13:00Z");
    const minutes = await bars(`1/minute/${nineMs}/${nineMs + HOUR_MS - 1}`);
    expect(minutes.length).toBeGreaterThan(30);
    const [hour, ...others] = await bars(`1/hour/${nineMs}/${nineMs + HOUR_MS - 1}`);
    expect(others).toEqual([]);
    expect(hour).toMatchObject({
      t: nineMs,
      o: minutes[0]?.o,
      v: minutes.reduce((sum, { v }) => sum + v, 0),
    });
  });

  test("moves both bounds outward to whole bars", async () => {
    const tenMs = Date.parse("2024-03-19T14:00Z");
    const hours = await bars(`1/hour/${tenMs + 5 * MINUTE_MS}/${tenMs + HOUR_MS}`);
    expect(hours.map(({ t }) => t)).toEqual([tenMs, tenMs + HOUR_MS]);
  });

  test("counts the minutes that bars are made of, and says where it cut", async () => {
    const whole = await bars("1/hour/2024-03-18/2024-03-19");
    const { body } = await aggs("ticker/AAPL/range/1/hour/2024-03-18/2024-03-19?limit=400");
    expect(body.next_url).toContain("cursor=");
    expect(body.resultsCount).toBeLessThan(whole.length / 2);
    const days = await aggs("ticker/AAPL/range/1/day/2024-03-01/2024-03-19?limit=3");
    expect(days.body.results).toHaveLength(3);
    expect(days.body.next_url).toBeDefined();
  });

  test("adjusts what was before a split, unless it is told not to", async () => {
    const day = "ticker/NVDA/range/1/day/2024-03-18/2024-03-18";
    const plain = (await aggs(`${day}?adjusted=false`)).body;
    const adjusted = (await aggs(day)).body;
    expect([plain.adjusted, adjusted.adjusted]).toEqual([false, true]);
    expect(adjusted.results?.[0]?.v).toBe((plain.results?.[0]?.v ?? 0) * 10);
    expect(adjusted.results?.[0]?.c).toBeCloseTo((plain.results?.[0]?.c ?? 0) / 10, 6);
  });

  test("has no results at all on a Sunday and for a ticker that nobody knows", async () => {
    for (const path of [
      "ticker/AAPL/range/1/day/2024-03-17/2024-03-17",
      "ticker/NOSUCH/range/1/day/2024-03-18/2024-03-18",
      "grouped/locale/us/market/stocks/2024-03-17",
    ]) {
      const { status, body } = await aggs(`${path}?adjusted=false`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ resultsCount: 0, adjusted: false, status: "OK" });
      expect(body).not.toHaveProperty("results");
    }
  });

  test("has a day of all stocks in one answer, the same but for the time, which is its end", async () => {
    const { body } = await aggs("grouped/locale/us/market/stocks/2024-03-19?adjusted=false");
    expect(body.results?.map(({ T }) => T)).toEqual(
      expect.arrayContaining(["AAPL", "MSFT", "NVDA", "TSLA", "AMZN"]),
    );
    const [day] = await bars("1/day/2024-03-19/2024-03-19");
    const apple = body.results?.find(({ T }) => T === "AAPL");
    expect(apple).toEqual({ ...day, T: "AAPL", t: Date.parse("2024-03-19T20:00Z") });
  });

  test("takes minutes out of every answer", async () => {
    const startMs = Date.parse("2024-03-19T04:00Z");
    const before = await bars("1/day/2024-03-18/2024-03-19");
    simulator.inject({ kind: "absent", symbol: "AAPL", startMs, endMs: startMs + DAY_MS });
    expect(await bars("1/day/2024-03-18/2024-03-19")).toEqual(before.slice(0, 1));
    const { body } = await aggs("grouped/locale/us/market/stocks/2024-03-19?adjusted=false");
    const tickers = body.results?.map(({ T }) => T);
    expect(tickers).not.toContain("AAPL");
    expect(tickers).toContain("MSFT");
    simulator.clearFaults();
  });

  test("gives a free key five calls a minute, two years, and nothing of today", async () => {
    const free = { Authorization: "Bearer free" };
    const askDay = (day: string): Promise<Answer<Bars>> =>
      aggs(`ticker/AAPL/range/1/day/${day}/${day}`, free);
    simulator.setClock({ nowMs: NOW_MS + MINUTE_MS });
    expect((await askDay("2024-03-19")).body.resultsCount).toBe(1);
    expect(await askDay("2022-03-18")).toMatchObject({
      status: 403,
      body: {
        status: "NOT_AUTHORIZED",
        message: expect.stringContaining("doesn't include this data timeframe"),
      },
    });
    expect((await askDay("2024-03-20")).body).toHaveProperty(
      "message",
      expect.stringContaining("today's data before end of day"),
    );
    const over = await aggs("ticker/AAPL/range/1/day/2022-03-01/2022-03-25", free);
    expect(over.body.results?.map(({ t }) => new Date(t).toISOString().slice(0, 10))).toEqual([
      "2022-03-21",
      "2022-03-22",
      "2022-03-23",
      "2022-03-24",
      "2022-03-25",
    ]);
    expect((await askDay("2024-03-19")).status).toBe(200);
    expect(await askDay("2024-03-19")).toMatchObject({ status: 429, body: { status: "ERROR" } });
    simulator.setClock({ nowMs: NOW_MS });
  });

  test("wants a key, in the header or in the address", async () => {
    const path = "ticker/AAPL/range/1/day/2024-03-19/2024-03-19";
    expect((await aggs(path, {})).status).toBe(401);
    expect((await aggs(`${path}?apiKey=paid`, {})).status).toBe(200);
  });
});

function candles(query: string, token = "paid"): Promise<Answer<Columns>> {
  const path = `/finnhub.io/api/v1/stock/candle?symbol=AAPL&${query}`;
  return ask<Columns>(simulator, path, { "X-Finnhub-Token": token });
}

describe("Finnhub", () => {
  const TEN = Date.parse("2024-03-19T14:00Z") / 1_000;

  test("has columns of one length, oldest first, both bounds inclusive", async () => {
    const { body } = await candles(`resolution=5&from=${TEN}&to=${TEN + 1_200}`);
    expect(body.s).toBe("ok");
    expect(body.t).toEqual([0, 300, 600, 900, 1_200].map((after) => TEN + after));
    expect([body.c.length, body.v.length]).toEqual([5, 5]);
  });

  test("has days at midnight in UTC, adjusted for splits", async () => {
    const { body } = await candles(`resolution=D&from=${TEN - 5 * 86_400}&to=${TEN}`);
    expect(body.t.map((time) => new Date(time * 1_000).toISOString().slice(0, 16))).toEqual([
      "2024-03-15T00:00",
      "2024-03-18T00:00",
      "2024-03-19T00:00",
    ]);
  });

  test("cuts a long range at its older end without a word", async () => {
    const { body } = await candles(`resolution=60&from=${TEN - 90 * 86_400}&to=${TEN}`);
    expect(body.s).toBe("ok");
    expect(body.t[0]).toBeGreaterThanOrEqual(TEN - 31 * 86_400);
  });

  test("says where there is no data, no key, no plan and no more", async () => {
    const sunday = Date.parse("2024-03-17T14:00Z") / 1_000;
    expect((await candles(`resolution=1&from=${sunday}&to=${sunday + 60}`)).body).toEqual({
      s: "no_data",
    });
    const query = `resolution=60&from=${TEN}&to=${TEN}`;
    expect(await candles(query, "")).toMatchObject({ status: 401 });
    expect(await candles(query, "free")).toMatchObject({
      status: 403,
      body: { error: "You don't have access to this resource." },
    });
    simulator.setClock({ nowMs: NOW_MS + 10 * MINUTE_MS });
    const statuses: number[] = [];
    for (let time = 0; time < 301; time += 1) {
      statuses.push((await candles(query)).status);
    }
    expect(statuses.at(-2)).toBe(200);
    expect(statuses.at(-1)).toBe(429);
  });
});
