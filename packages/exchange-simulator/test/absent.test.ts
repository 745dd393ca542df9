import { afterEach, describe, expect, test } from "vitest";
import {
  ask,
  HOUR_MS,
  klines,
  MINUTE_MS,
  NOW_MS,
  standingSimulator,
  type BinanceRow,
} from "./ask.ts";

const simulator = await standingSimulator();
const HOUR = Math.floor(NOW_MS / HOUR_MS) * HOUR_MS;
/** From ten minutes into an hour to the end of the next one. */
const GAP = { startMs: HOUR - 4 * HOUR_MS + 10 * MINUTE_MS, endMs: HOUR - 2 * HOUR_MS } as const;

afterEach(() => {
  simulator.clearFaults();
});

function asked(interval: string, symbol = "BTCUSDT"): Promise<BinanceRow[]> {
  const startTime = HOUR - 6 * HOUR_MS;
  return klines(simulator, { symbol, interval, startTime, endTime: HOUR - 1, limit: 1000 });
}

function isInside(row: BinanceRow): boolean {
  return row[0] >= GAP.startMs && row[0] < GAP.endMs;
}

describe("minutes that are absent", () => {
  test("are no rows, and the others stay as they are, until faults are cleared", async () => {
    const before = await asked("1m");
    simulator.inject({ kind: "absent", symbol: "BTCUSDT", ...GAP });
    for (let time = 0; time < 2; time += 1) {
      expect(await asked("1m")).toEqual(before.filter((row) => !isInside(row)));
    }
    expect(before.filter(isInside)).toHaveLength(110);
    simulator.clearFaults();
    expect(await asked("1m")).toEqual(before);
  });

  test("take whole coarse candles away, and leave those that they are a part of made of the rest", async () => {
    const [minutes, before] = [await asked("1m"), await asked("1h")];
    simulator.inject({ kind: "absent", symbol: "BTCUSDT", ...GAP });
    const after = await asked("1h");
    const [whole, part] = [HOUR - 3 * HOUR_MS, HOUR - 4 * HOUR_MS];
    expect(after.map((row) => row[0])).toEqual(
      before.map((row) => row[0]).filter((openMs) => openMs !== whole),
    );
    const untouched = (row: BinanceRow): boolean => row[0] !== whole && row[0] !== part;
    expect(after.filter(untouched)).toEqual(before.filter(untouched));
    const rest = minutes.filter((row) => row[0] >= part && row[0] < GAP.startMs);
    const left = after.find((row) => row[0] === part);
    expect(left?.[1]).toBe(rest[0]?.[1]);
    expect(left?.[4]).toBe(rest.at(-1)?.[4]);
    expect(left?.[8]).toBe(rest.reduce((sum, row) => sum + row[8], 0));
    expect(Number(left?.[5])).toBeCloseTo(
      rest.reduce((sum, row) => sum + Number(row[5]), 0),
      6,
    );
  });

  test("are those of one market, by the name that is asked for or the source's own", async () => {
    const before = await asked("1m", "ETHUSDT");
    simulator.inject({ kind: "absent", symbol: "BTCUSDT", ...GAP });
    simulator.inject({ kind: "absent", symbol: "XXBTZUSD", ...GAP });
    expect(await asked("1m", "ETHUSDT")).toEqual(before);
    const { body } = await ask<{ result: Record<string, [number][]> }>(
      simulator,
      `/api.kraken.com/0/public/OHLC?pair=XBTUSD&interval=1`,
    );
    const times = body.result["XXBTZUSD"]?.map(([time]) => time * 1_000) ?? [];
    expect(times.filter((time) => time >= GAP.startMs && time < GAP.endMs)).toEqual([]);
    expect(times).toHaveLength(721 - 110);
  });

  test("are absent from trades and from other dialects alike", async () => {
    simulator.inject({ kind: "absent", symbol: "BTC-USD", ...GAP });
    simulator.inject({ kind: "absent", symbol: "XBTUSD", ...GAP });
    simulator.setClock({ nowMs: NOW_MS - 30_000 });
    await ask(simulator, "/api.kraken.com/0/public/Time");
    simulator.setClock({ nowMs: NOW_MS });
    const trades = await ask<{ result: Record<string, [string, string, number][]> }>(
      simulator,
      `/api.kraken.com/0/public/Trades?pair=XBTUSD&since=${GAP.startMs / 1_000}`,
    );
    expect(trades.body.result["XXBTZUSD"]?.[0]?.[2]).toBeGreaterThanOrEqual(GAP.endMs / 1_000);
    const range = `start=${GAP.startMs / 1_000}&end=${GAP.endMs / 1_000 - 1}`;
    const coinbase = await ask<{ candles: unknown[] }>(
      simulator,
      `/api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles?granularity=ONE_MINUTE&${range}`,
    );
    expect(coinbase.body.candles).toEqual([]);
    const compared = await ask<{ Data: { Data: { close: number }[] } }>(
      simulator,
      `/min-api.cryptocompare.com/data/v2/histominute?fsym=BTC&tsym=USD&limit=50&toTs=${GAP.endMs / 1_000 - 1}&api_key=any`,
    );
    expect(compared.body.Data.Data.map(({ close }) => close)).toEqual(Array(51).fill(0));
  });

  test("are refused where they are no whole minutes, or where nothing would be absent", () => {
    for (const change of [{ startMs: GAP.startMs + 1 }, { endMs: GAP.startMs }, { symbol: "" }]) {
      const fault = { kind: "absent", symbol: "BTCUSDT", ...GAP, ...change } as const;
      expect(() => simulator.inject(fault)).toThrow("The fault is not valid");
    }
  });
});
