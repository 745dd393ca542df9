import { describe, expect, test } from "vitest";
import { ask, DAY_MS, MINUTE_MS, NOW_MS, standingSimulator, type Answer } from "./ask.ts";

interface Row {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volumefrom: number;
  volumeto: number;
}
interface History {
  Response: string;
  Type: number;
  Message: string;
  Data: { Aggregated: boolean; TimeFrom: number; TimeTo: number; Data: Row[] };
}

const simulator = await standingSimulator();
const OPEN_S = Math.floor(NOW_MS / MINUTE_MS) * 60;

async function history(unit: string, query: string): Promise<Answer<History>> {
  return ask(simulator, `/min-api.cryptocompare.com/data/v2/histo${unit}?${query}`, {
    Authorization: "Apikey secret",
  });
}

describe("CryptoCompare history", () => {
  test("without a key the answer is 401 in the new envelope", async () => {
    const { status, body } = await ask(
      simulator,
      "/min-api.cryptocompare.com/data/v2/histoday?fsym=BTC&tsym=USD",
    );
    expect(status).toBe(401);
    expect(body).toMatchObject({ Data: {}, Err: { type: 2, http_status_code: 401 } });
  });

  test("limit gives one row more, the open one last", async () => {
    const { body } = await history("minute", "fsym=BTC&tsym=USD&limit=2000");
    expect(body.Data.Data).toHaveLength(2001);
    expect(body.Data.Data.at(-1)?.time).toBe(OPEN_S);
    expect([body.Data.TimeFrom, body.Data.TimeTo]).toEqual([OPEN_S - 2000 * 60, OPEN_S]);
  });

  test("toTs is inclusive: the last row holds it", async () => {
    const { body } = await history("hour", `fsym=BTC&tsym=USD&limit=2&toTs=${OPEN_S - 86_400}`);
    expect(body.Data.TimeTo).toBe(Math.floor((OPEN_S - 86_400) / 3600) * 3600);
  });

  test("before the listing rows are zero, and never end", async () => {
    const { body } = await history("day", "fsym=BTC&tsym=USD&limit=5&toTs=1200000000");
    expect(body.Response).toBe("Success");
    expect(body.Data.Data).toHaveLength(6);
    expect(
      body.Data.Data.every((row) => row.open === 0 && row.close === 0 && row.volumeto === 0),
    ).toBe(true);
  });

  test("limit times aggregate above 2000 is cut without a word", async () => {
    const { body } = await history("hour", "fsym=ETH&tsym=USD&limit=1000&aggregate=4");
    expect(body.Data.Aggregated).toBe(true);
    expect(body.Data.Data).toHaveLength(501);
    expect(body.Data.Data.every((row) => row.time % (4 * 3600) === 0)).toBe(true);
  });

  test("errors come with status 200 and Response Error", async () => {
    const unknown = await history("day", "fsym=NOPE&tsym=USD");
    expect([unknown.status, unknown.body.Response, unknown.body.Type]).toEqual([200, "Error", 1]);
    expect(unknown.body.Message).toContain("market does not exist for this coin pair");
    const tooMany = await history("day", "fsym=BTC&tsym=USD&limit=2001");
    expect([tooMany.status, tooMany.body.Response, tooMany.body.Type]).toEqual([200, "Error", 2]);
  });
});

async function statusOf(rest: string): Promise<number> {
  return (await ask(simulator, `/api.coingecko.com/api/v3/coins/${rest}`)).status;
}

describe("CoinGecko ohlc", () => {
  const path = "/api.coingecko.com/api/v3/coins/bitcoin/ohlc?vs_currency=usd";

  test("row times are close times in milliseconds, the last one is now", async () => {
    const { body } = await ask<number[][]>(simulator, `${path}&days=1`);
    const times = body.map((row) => row[0] ?? 0);
    expect(times.at(-1)).toBe(NOW_MS);
    expect(times.slice(0, -1).every((time) => time % (30 * MINUTE_MS) === 0)).toBe(true);
    expect(times.at(-2)).toBe(Math.floor(NOW_MS / (30 * MINUTE_MS)) * 30 * MINUTE_MS);
    expect(body.every((row) => row.length === 5)).toBe(true);
  });

  test("the candles' length follows from the days", async () => {
    for (const [days, stepMs] of [
      [1, 30 * MINUTE_MS],
      [14, DAY_MS / 6],
      [30, DAY_MS / 6],
      [90, 4 * DAY_MS],
    ] as const) {
      const { body } = await ask<number[][]>(simulator, `${path}&days=${days}`);
      expect((body[2]?.[0] ?? 0) - (body[1]?.[0] ?? 0)).toBe(stepMs);
    }
  });

  test("the close of a row is the price at its time", async () => {
    const minute = await history("minute", `fsym=BTC&tsym=USD&limit=1&toTs=${OPEN_S}`);
    const { body } = await ask<number[][]>(simulator, `${path}&days=1&precision=2`);
    const close = body.at(-1)?.[4] ?? 0;
    expect(Math.abs(close / (minute.body.Data.Data.at(-1)?.close ?? 1) - 1)).toBeLessThan(0.002);
  });

  test("unknown coins, paid parameters and unknown days are refused", async () => {
    expect(await statusOf("nope/ohlc?vs_currency=usd&days=1")).toBe(404);
    expect(await statusOf("bitcoin/ohlc?vs_currency=usd&days=1&interval=daily")).toBe(401);
    expect(await statusOf("bitcoin/ohlc?vs_currency=usd&days=5")).toBe(422);
  });

  test("tickers in the list of coins are ambiguous", async () => {
    const { body } = await ask<{ symbol: string }[]>(
      simulator,
      "/api.coingecko.com/api/v3/coins/list",
    );
    expect(body.filter((coin) => coin.symbol === "btc").length).toBeGreaterThan(1);
  });
});
