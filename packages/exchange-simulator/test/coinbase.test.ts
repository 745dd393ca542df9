import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { ask, MINUTE_MS, NOW_MS, standingSimulator, type Answer } from "./ask.ts";

const simulator = await standingSimulator();
const OPEN_MS = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS;
const OPEN_S = OPEN_MS / 1000;

/** The rows of the Exchange API. */
async function exchange(query: Readonly<Record<string, string>>): Promise<Answer<number[][]>> {
  // The limit counts in simulated time: a look from ten seconds earlier lets it refill.
  simulator.setClock({ nowMs: NOW_MS - 10_000 });
  await ask(simulator, "/api.exchange.coinbase.com/time");
  simulator.setClock({ nowMs: NOW_MS });
  const search = new URLSearchParams({ granularity: "60", ...query }).toString();
  return ask(simulator, `/api.exchange.coinbase.com/products/BTC-USD/candles?${search}`);
}

function iso(minutes: number, extraMs = 0): string {
  return new Date(OPEN_MS + minutes * MINUTE_MS + extraMs).toISOString();
}

describe("Coinbase Exchange candles", () => {
  test("rows are time, low, high, open, close, volume in numbers, newest first", async () => {
    const { body } = await exchange({ start: iso(-20), end: iso(-11) });
    expect(body.map((row) => row[0])).toEqual(
      Array.from({ length: 10 }, (_, n) => OPEN_S - (11 + n) * 60),
    );
    for (const [, low = 0, high = 0, open = 0, close = 0] of body) {
      expect(low).toBeLessThanOrEqual(Math.min(open, close));
      expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
    }
  });

  test("without times the newest 300 minutes come, the open one first", async () => {
    const { body } = await exchange({});
    expect(body[0]?.[0]).toBe(OPEN_S);
    expect(body.at(-1)?.[0]).toBeGreaterThanOrEqual(OPEN_S - 299 * 60);
  });

  test("start or end alone is ignored", async () => {
    const newest = await exchange({});
    expect((await exchange({ start: iso(-9000) })).body).toEqual(newest.body);
    expect((await exchange({ end: iso(-9000) })).body).toEqual(newest.body);
  });

  test("a candle may precede a start that lies inside it", async () => {
    const { body } = await exchange({ start: iso(-20, 30_000), end: iso(-18) });
    expect(body.map((row) => row[0])).toEqual([-18, -19, -20].map((n) => OPEN_S + n * 60));
  });

  test("more than 300 candles are refused with 400", async () => {
    expect((await exchange({ start: iso(-299), end: iso(0) })).status).toBe(200);
    const { status, body } = await exchange({ start: iso(-300), end: iso(0) });
    expect(status).toBe(400);
    expect(body).toEqual({
      message:
        "granularity too small for the requested time range. Count of aggregations requested exceeds 300",
    });
  });

  test("times may be unix seconds", async () => {
    const { body } = await exchange({ start: String(OPEN_S - 120), end: String(OPEN_S - 60) });
    expect(body.map((row) => row[0])).toEqual([OPEN_S - 60, OPEN_S - 120]);
  });

  test("an unknown granularity and an unknown product are refused", async () => {
    expect((await exchange({ granularity: "120" })).status).toBe(400);
    const { status, body } = await ask(
      simulator,
      "/api.exchange.coinbase.com/products/X-USD/candles",
    );
    expect([status, body]).toEqual([404, { message: "NotFound" }]);
  });
});

describe("Coinbase Advanced candles", () => {
  interface Page {
    candles: Record<string, string>[];
  }
  const path = "/api.coinbase.com/api/v3/brokerage/market/products/ATOM-USD/candles";

  test("candles are objects of strings, newest first, in the source's order of fields", async () => {
    const { body } = await ask<Page>(
      simulator,
      `${path}?granularity=ONE_HOUR&start=${OPEN_S - 100 * 3600}&end=${OPEN_S}`,
    );
    const times = body.candles.map((candle) => Number(candle["start"]));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(Object.keys(body.candles[0] ?? {})).toEqual([
      "start",
      "low",
      "high",
      "open",
      "close",
      "volume",
    ]);
  });

  test("350 candles are the most", async () => {
    const from = OPEN_S - (OPEN_S % 86_400);
    const page = await ask<Page>(
      simulator,
      `${path}?granularity=ONE_DAY&start=${from - 349 * 86_400}&end=${from}`,
    );
    expect(page.body.candles).toHaveLength(350);
    const refused = await ask<Page>(
      simulator,
      `${path}?granularity=ONE_DAY&start=${from - 350 * 86_400}&end=${from}`,
    );
    expect(refused.status).toBe(400);
  });

  test("start and end have to be there", async () => {
    expect((await ask(simulator, `${path}?granularity=ONE_DAY`)).status).toBe(400);
  });

  test("a quiet minute has no candle", async () => {
    const { body } = await ask<Page>(
      simulator,
      `${path}?granularity=ONE_MINUTE&start=${OPEN_S - 300 * 60}&end=${OPEN_S - 60}`,
    );
    expect(body.candles.length).toBeLessThan(300);
    expect(body.candles.every((candle) => Number(candle["volume"]) > 0)).toBe(true);
  });
});

test("Coinbase refuses a request without a User-Agent", async () => {
  const status = await new Promise((resolve, reject) => {
    const asked = request(`${simulator.url}/api.exchange.coinbase.com/time`, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
  expect(status).toBe(400);
});
