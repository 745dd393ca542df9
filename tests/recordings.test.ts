import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasRecordings,
  lineOf,
  RECORDINGS,
  recordedLines,
  skipReason,
  type CandleRow,
  type Line,
} from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

const START = Date.UTC(2023, 2, 20) / 1_000;
const END = Date.UTC(2023, 2, 27) / 1_000;
/** 12:40 to 13:59 of the 24th: Binance was down and has no candle. */
const OUTAGE_START = Date.UTC(2023, 2, 24, 12, 40) / 1_000;
const OUTAGE_END = Date.UTC(2023, 2, 24, 14) / 1_000;

describe.skipIf(!hasRecordings)(`a recorded week of BTCUSDT minutes${skipReason}`, () => {
  let system: System;

  beforeAll(async () => {
    const startMs = (START + 5 * 3_600 + 20) * 1_000;
    system = await startSystem({ startMs, speed: 0, recordings: RECORDINGS });
    await system.addSeries({ source: "binance", symbol: "BTC-USDT", timeframe: "1m" });
    // A new series gets 300 candles at once; then a tick every sixteen hours has to catch up.
    for (let now = START + 5 * 3_600; ; now = Math.min(END, now + 16 * 3_600)) {
      system.simulator.setClock({ nowMs: (now + 20) * 1_000 });
      await system.tick();
      await system.until(`the minutes before ${now} are stored`, async () => {
        const [row] = await system.rows<{ newest: number | null }>(
          "SELECT MAX(timestamp) AS newest FROM price_data",
        );
        return row?.newest === now - 60 || undefined;
      });
      if (now === END) {
        break;
      }
    }
  });

  afterAll(() => system.close());

  test("is stored exactly: every candle, each value equal as a decimal, none invented", async () => {
    const stored = await system.rows<CandleRow>(
      `SELECT timestamp, open, high, low, close, volume_from, volume_to, trades
       FROM price_data WHERE source = 'binance' AND symbol = 'BTC-USDT' AND timeframe = '1m'
       ORDER BY timestamp`,
    );
    const recorded = recordedLines("BTCUSDT-1m", START, END);
    expect(recorded.length).toBe(10_000);
    expect(stored.map(lineOf)).toEqual(recorded);
  });

  test("is served exactly over HTTP, page by page", async () => {
    const lines: Line[] = [];
    const range = `series=binance:BTC-USDT:1m&start=${START}&end=${END}&limit=999&format=csv`;
    for (let cursor: string | null = ""; cursor !== null;) {
      const answer = await system.get(
        `/v1/candles?${range}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      expect(answer.status).toBe(200);
      const rows = (await answer.text()).trim().split(/\r?\n/).slice(1);
      lines.push(...rows.map((row) => row.split(",").slice(3)));
      cursor = answer.headers.get("x-next-cursor");
    }
    expect(lines).toEqual(recordedLines("BTCUSDT-1m", START, END));
  });

  test("has nothing in place of the outage", async () => {
    const answer = await system.get(
      `/v1/candles?series=binance:BTC-USDT:1m&start=${OUTAGE_START}&end=${OUTAGE_END}`,
    );
    expect(await answer.json()).toMatchObject({ candles: [], next_cursor: null });
  });
});
