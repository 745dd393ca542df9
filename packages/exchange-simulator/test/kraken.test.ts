import { describe, expect, test } from "vitest";
import { ask, HOUR_MS, MINUTE_MS, NOW_MS, standingSimulator } from "./ask.ts";

type Row = [number, string, string, string, string, string, string, number];
interface Ohlc {
  error: string[];
  result?: Record<string, Row[] | number> & { last: number };
}

const simulator = await standingSimulator();
const OPEN_S = Math.floor(NOW_MS / MINUTE_MS) * 60;

async function ohlc(query: string): Promise<{ key: string; rows: Row[]; last: number }> {
  // The limit of one request a second counts in simulated time.
  simulator.setClock({ nowMs: NOW_MS - 20_000 });
  await ask<Ohlc>(simulator, "/api.kraken.com/0/public/Time");
  simulator.setClock({ nowMs: NOW_MS });
  const { body } = await ask<Ohlc>(simulator, `/api.kraken.com/0/public/OHLC?${query}`);
  const [key = ""] = Object.keys(body.result ?? {}).filter((name) => name !== "last");
  return { key, rows: body.result?.[key] as Row[], last: body.result?.last ?? 0 };
}

describe("Kraken OHLC", () => {
  test("gives the newest 720 committed candles and the open one, oldest first", async () => {
    const { rows, last } = await ohlc("pair=XBTUSD&interval=1");
    expect(rows).toHaveLength(721);
    expect(rows.at(-1)?.[0]).toBe(OPEN_S);
    expect(rows.at(-2)?.[0]).toBe(last);
    expect(last).toBe(OPEN_S - 60);
  });

  test("names the pair by Kraken's own name, whatever it was asked by", async () => {
    for (const name of ["XBTUSD", "XXBTZUSD", "BTCUSD", "BTC/USD", "XBT/USD"]) {
      expect((await ohlc(`pair=${encodeURIComponent(name)}&interval=1440`)).key).toBe("XXBTZUSD");
    }
    expect((await ohlc("pair=XBTUSDT&interval=60")).key).toBe("XBTUSDT");
    expect((await ohlc("pair=SOLUSD&interval=60")).key).toBe("SOLUSD");
  });

  test("since is exclusive, and older history stays out of reach", async () => {
    const since = OPEN_S - 10 * 60;
    expect((await ohlc(`pair=XBTUSD&interval=1&since=${since}`)).rows[0]?.[0]).toBe(since + 60);
    const old = await ohlc(`pair=XBTUSD&interval=1&since=${OPEN_S - 30 * 86_400}`);
    expect(old.rows).toHaveLength(721);
  });

  test("the open candle is there even when since is in the future", async () => {
    const { rows, last } = await ohlc(`pair=XBTUSD&interval=60&since=${OPEN_S + 86_400}`);
    expect(rows.map((row) => row[0])).toEqual([Math.floor(NOW_MS / HOUR_MS) * 3600]);
    expect(last).toBe(Math.floor(NOW_MS / HOUR_MS) * 3600 - 3600);
  });

  test("a quiet minute is flat with an average price of 0.0", async () => {
    const { rows } = await ohlc("pair=XBTUSDC&interval=1");
    const quiet = rows.filter((row) => row[7] === 0);
    expect(quiet.length).toBeGreaterThan(5);
    for (const row of quiet.slice(0, -1)) {
      expect(row.slice(5)).toEqual(["0.0", "0.00000000", 0]);
      expect(new Set(row.slice(1, 5)).size).toBe(1);
    }
  });

  test("the average price lies between low and high", async () => {
    const { rows } = await ohlc("pair=XETHZUSD&interval=5");
    for (const row of rows.filter((one) => one[7] > 0)) {
      expect(Number(row[5])).toBeGreaterThanOrEqual(Number(row[3]));
      expect(Number(row[5])).toBeLessThanOrEqual(Number(row[2]));
    }
  });

  test("errors come with status 200 and without a result", async () => {
    simulator.setClock({ nowMs: NOW_MS + HOUR_MS });
    for (const [query, error] of [
      ["pair=NOPE", "EQuery:Unknown asset pair"],
      ["pair=XBTUSD&interval=2", "EGeneral:Invalid arguments"],
      ["interval=1", "EGeneral:Invalid arguments"],
    ]) {
      const { status, body } = await ask<Ohlc>(simulator, `/api.kraken.com/0/public/OHLC?${query}`);
      expect(status).toBe(200);
      expect(body).toEqual({ error: [error] });
    }
  });
});

test("Kraken lists pairs with its asset codes, and gives its time in seconds", async () => {
  simulator.setClock({ nowMs: NOW_MS + 2 * HOUR_MS });
  const { body } = await ask<{ result: Record<string, Record<string, unknown>> }>(
    simulator,
    "/api.kraken.com/0/public/AssetPairs?pair=XBTUSD,ADAUSD",
  );
  expect(Object.keys(body.result)).toEqual(["XXBTZUSD", "ADAUSD"]);
  expect(body.result["XXBTZUSD"]).toMatchObject({
    altname: "XBTUSD",
    wsname: "XBT/USD",
    base: "XXBT",
    quote: "ZUSD",
    status: "online",
  });
  const time = await ask<{ result: { unixtime: number } }>(
    simulator,
    "/api.kraken.com/0/public/Time",
  );
  expect(time.body.result.unixtime).toBe(Math.floor((NOW_MS + 2 * HOUR_MS) / 1000));
});
