import { readFileSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { startSimulator } from "../src/index.ts";
import { parseDecimal } from "../src/decimal.ts";
import {
  ask,
  DAY_MS,
  hasRecordings,
  HOUR_MS,
  klines,
  MINUTE_MS,
  RECORDINGS,
  standingSimulator,
  type BinanceRow,
} from "./ask.ts";

const why = hasRecordings ? "" : ` (skipped: no folder ${RECORDINGS})`;
const OUTAGE_DAY = Date.parse("2023-03-24T00:00:00Z");

function visionRows(folder: string, name: string): BinanceRow[] {
  const [bytes] = Object.values(
    unzipSync(readFileSync(join(RECORDINGS, "binance-vision", folder, name))),
  );
  return strFromU8(bytes ?? new Uint8Array())
    .trim()
    .split("\n")
    .map(
      (line) =>
        line
          .split(",")
          .map((field, at) =>
            [0, 6, 8].includes(at) ? Number(field) : field,
          ) as unknown as BinanceRow,
    );
}

describe.skipIf(!hasRecordings)(`recordings are served as they are${why}`, async () => {
  const simulator = await standingSimulator({
    startMs: Date.parse("2023-03-26T12:00:00Z"),
    ...(hasRecordings ? { recordings: RECORDINGS } : {}),
  });

  test("the minutes of a day, with the outage in it, are those of the file, text for text", async () => {
    const recorded = visionRows("BTCUSDT-1m", "BTCUSDT-1m-2023-03-24.zip");
    const served: BinanceRow[] = [];
    for (const startTime of [OUTAGE_DAY, OUTAGE_DAY + DAY_MS / 2]) {
      served.push(
        ...(await klines(simulator, {
          symbol: "BTCUSDT",
          interval: "1m",
          startTime,
          endTime: startTime + DAY_MS / 2 - 1,
          limit: 1000,
        })),
      );
    }
    expect(served).toEqual(recorded);
    expect(served).toHaveLength(1440 - 80);
  });

  test("Binance's own hours are served, the one cut short by the outage and the absent one too", async () => {
    const served = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "1h",
      startTime: OUTAGE_DAY,
      endTime: OUTAGE_DAY + DAY_MS - 1,
    });
    expect(served).toEqual(visionRows("BTCUSDT-1h", "BTCUSDT-1h-2023-03-24.zip"));
    expect(served).toHaveLength(23);
  });

  test("an interval without a recording is rolled up from the minutes, exactly", async () => {
    const startTime = OUTAGE_DAY - DAY_MS;
    const query = { symbol: "BTCUSDT", startTime, endTime: OUTAGE_DAY + DAY_MS - 1, limit: 1000 };
    const halfHours = await klines(simulator, { ...query, interval: "30m" });
    const hours = await klines(simulator, { ...query, interval: "1h" });
    expect(halfHours).toHaveLength(96 - 2);
    for (const hour of hours) {
      const halves = halfHours.filter((row) => Math.floor(row[0] / HOUR_MS) * HOUR_MS === hour[0]);
      expect(halves[0]?.[1]).toBe(hour[1]);
      expect(halves.at(-1)?.[4]).toBe(hour[4]);
      for (const at of [5, 7, 9, 10] as const) {
        expect(halves.reduce((sum, row) => sum + parseDecimal(row[at]), 0n)).toBe(
          parseDecimal(hour[at]),
        );
      }
    }
  });

  test("a bucket of which the outage left one minute closes where others do", async () => {
    const startTime = OUTAGE_DAY + 12 * HOUR_MS + 39 * MINUTE_MS;
    const [row] = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "3m",
      startTime,
      limit: 1,
    });
    expect([row?.[0], row?.[6]]).toEqual([startTime, startTime + 3 * MINUTE_MS - 1]);
  });

  test("the open hour is made of the recorded minutes so far", async () => {
    simulator.setClock({ nowMs: OUTAGE_DAY + 20 * HOUR_MS + 30 * MINUTE_MS });
    const [open] = await klines(simulator, { symbol: "BTCUSDT", interval: "1h", limit: 1 });
    const minutes = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "1m",
      startTime: OUTAGE_DAY + 20 * HOUR_MS,
      endTime: OUTAGE_DAY + 20 * HOUR_MS + 30 * MINUTE_MS - 1,
    });
    const sum = minutes.reduce((total, row) => total + parseDecimal(row[5]), 0n);
    expect(parseDecimal(open?.[5] ?? "")).toBe(sum);
    expect(minutes).toHaveLength(30);
    simulator.setClock({ nowMs: Date.parse("2023-03-26T12:00:00Z") });
  });

  test("files in microseconds are served in milliseconds", async () => {
    const startTime = Date.parse("2025-01-01T00:00:00Z");
    simulator.setClock({ nowMs: Date.parse("2025-05-20T00:00:00Z") });
    const rows = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "1h",
      startTime,
      limit: 2,
    });
    expect(rows.map((row) => [row[0], row[1], row[6]])).toEqual([
      [startTime, "93576.00000000", startTime + HOUR_MS - 1],
      [startTime + HOUR_MS, "94401.13000000", startTime + 2 * HOUR_MS - 1],
    ]);
  });

  test("recorded REST bodies are served where there is no dump", async () => {
    const [recorded] = JSON.parse(
      readFileSync(join(RECORDINGS, "binance-rest/SOLUSDT/1d/2024-01-01.json"), "utf8"),
    ) as BinanceRow[];
    const [served] = await klines(simulator, {
      symbol: "SOLUSDT",
      interval: "1d",
      startTime: recorded?.[0] ?? 0,
      limit: 1,
    });
    expect(served).toEqual(recorded);
  });

  test("Kraken's hours without a trade are absent, as in its files", async () => {
    simulator.setClock({ nowMs: Date.parse("2014-06-01T00:00:20Z") });
    const { body } = await ask<{ result: { XXBTZUSD: unknown[][] } }>(
      simulator,
      "/api.kraken.com/0/public/OHLC?pair=XBTUSD&interval=60",
    );
    const rows = body.result.XXBTZUSD;
    const lines = readFileSync(join(RECORDINGS, "kraken-ohlcvt/XBTUSD_60.csv"), "utf8").split("\n");
    const first = lines.find((line) => line.startsWith(`${String(rows[0]?.[0])},`))?.split(",");
    expect(rows.length).toBeLessThan(721);
    expect(rows[0]?.slice(1, 5).map(Number)).toEqual(first?.slice(1, 5).map(Number));
    expect(Number(rows[0]?.[6])).toBe(Number(first?.[5]));
    expect(rows[0]?.[7]).toBe(Number(first?.[6]));
  });

  test("the other sources are drawn about the recorded prices", async () => {
    simulator.setClock({ nowMs: OUTAGE_DAY + DAY_MS });
    const { body } = await ask<number[][]>(
      simulator,
      "/api.exchange.coinbase.com/products/BTC-USD/candles?granularity=3600",
    );
    const hours = await klines(simulator, {
      symbol: "BTCUSDT",
      interval: "1h",
      endTime: OUTAGE_DAY + DAY_MS - 1,
      limit: 10,
    });
    for (const hour of hours) {
      const row = body.find(([time = 0]) => time * 1000 === hour[0]);
      expect(Math.abs((row?.[4] ?? 0) / Number(hour[4]) - 1)).toBeLessThan(0.002);
    }
  });
});

test("a folder of recordings that is not there is an error", async () => {
  await expect(startSimulator({ recordings: "/nowhere" })).rejects.toThrow(
    "There is no folder of recordings at /nowhere",
  );
});
