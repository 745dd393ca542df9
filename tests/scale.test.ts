import { afterEach, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 5);
const NEWEST = Math.floor(START_MS / 60_000) * 60 - 60;

interface SeriesAnswer {
  readonly series: readonly {
    readonly id: string;
    readonly tier: number;
    readonly late_seconds: number;
    readonly last_timestamp: number;
  }[];
}

describe("a large fleet", () => {
  let system: System;

  afterEach(() => system.close());

  /** Adds `count` one-minute series of the simulator's T tokens whose newest candle is `newest`. */
  async function addFleet(source: string, quote: string, count: number, newest: number) {
    const names = Array.from({ length: count }, (_, index) => `T${String(index).padStart(4, "0")}`);
    const rows = names.map((base, index) => [
      `${base}-${quote}`,
      `${base}${quote}`,
      (index % 4) + 1,
    ]);
    await system.rows(
      `INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
       SELECT ?1, value ->> 0, '1m', value ->> 1, value ->> 2 FROM json_each(?2)`,
      source,
      JSON.stringify(rows),
    );
    // The stored candle is only the mark to go on from: its values are not the simulator's.
    await system.rows(
      `INSERT INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close)
       SELECT ?1, value ->> 0, '1m', ?3, 1, 1, 1, 1 FROM json_each(?2)`,
      source,
      JSON.stringify(rows),
      newest,
    );
  }

  async function countCurrent(source: string, newest: number): Promise<number> {
    const [row] = await system.rows<{ current: number }>(
      "SELECT COUNT(*) AS current FROM price_data WHERE source = ? AND timestamp = ?",
      source,
      newest,
    );
    return row?.current ?? 0;
  }

  test("of 1,000 series due in one minute is collected in that minute, each invocation asking for 50", async () => {
    system = await startSystem({ startMs: START_MS, speed: 2 });
    await addFleet("binance", "USDT", 1_000, NEWEST - 60);
    await system.tick();
    await system.until("all thousand series have the newest minute", async () => {
      return (await countCurrent("binance", NEWEST)) === 1_000 || undefined;
    });
    const shards = system.events("source.collected");
    expect(shards.map(({ requests }) => requests)).toEqual(Array.from({ length: 20 }, () => 50));
    expect(shards.every(({ failed, unreached }) => failed === 0 && unreached === 0)).toBe(true);
    const refused = system.simulator.requests().filter(({ status }) => status !== 200);
    expect(refused).toEqual([]);
  });

  test("beyond what its source allows is served by tier and age: none starves, and its lateness shows", async () => {
    const minuteMs = 60_000;
    system = await startSystem({ startMs: START_MS, speed: 10 });
    await addFleet("kraken", "USD", 64, NEWEST - 60);
    await system.tick();
    const first = (await (await system.get("/v1/series?source=kraken")).json()) as SeriesAnswer;
    const served = await system.until("the first fifty are stored", async () => {
      const count = await countCurrent("kraken", NEWEST);
      return count >= 50 ? count : undefined;
    });
    expect(served).toBe(50);
    expect(
      first.series.filter(({ late_seconds }) => late_seconds > 0).length,
    ).toBeGreaterThanOrEqual(14);
    const [reached] = await system.rows<{ worst: number }>(
      `SELECT MAX(s.tier) AS worst FROM series s JOIN price_data p
       ON p.source = s.source AND p.symbol = s.symbol AND p.timestamp = ?`,
      NEWEST,
    );
    expect(reached?.worst).toBe(4);
    let behind = 14;
    for (let tick = 0; behind > 0 && tick < 12; tick += 1) {
      const nextMs = Math.ceil(system.simulator.nowMs() / minuteMs) * minuteMs;
      await system.until("the next minute has begun", () =>
        Promise.resolve(system.simulator.nowMs() >= nextMs || undefined),
      );
      await system.tick();
      const answer = (await (await system.get("/v1/series?source=kraken")).json()) as SeriesAnswer;
      behind = answer.series.filter(({ last_timestamp }) => last_timestamp < NEWEST).length;
    }
    expect(behind).toBe(0);
    const refused = system.simulator.requests().filter(({ status }) => status !== 200);
    expect(refused).toEqual([]);
  });
});
