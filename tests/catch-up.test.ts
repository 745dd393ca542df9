import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);

interface Stored {
  readonly oldest: number;
  readonly newest: number;
  readonly rows: number;
}

describe("collection after a long pause", () => {
  let system: System;

  beforeAll(async () => {
    // The Workers' own clock stands a little after all that the simulator's is moved to.
    const clock = { realMs: Date.now(), shownMs: START_MS + 4 * DAY_MS, speed: 1 };
    system = await startSystem({ startMs: START_MS, speed: 0 }, { CLOCK: JSON.stringify(clock) });
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "cryptocompare", symbol: "BTC-USD", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
    await system.tick();
    // A series that holds nothing yet has nothing to catch up with.
    await Promise.all(["binance", "cryptocompare", "kraken"].map(untilCurrent));
  });

  afterAll(() => system.close());

  async function stored(source: string): Promise<Stored> {
    const [row] = await system.rows<Stored>(
      `SELECT MIN(timestamp) AS oldest, MAX(timestamp) AS newest, COUNT(*) AS rows
       FROM price_data WHERE source = ?`,
      source,
    );
    return row ?? { oldest: 0, newest: 0, rows: 0 };
  }

  async function untilCurrent(source: string): Promise<void> {
    const newest = Math.floor(system.simulator.nowMs() / MINUTE_MS) * 60 - 60;
    await system.until(`${source} holds ${newest}`, async () =>
      (await stored(source)).newest === newest ? true : undefined,
    );
  }

  async function untilNoHole(source: string): Promise<void> {
    await system.until(`${source} has no hole`, async () => {
      const { oldest, newest, rows } = await stored(source);
      return rows === (newest - oldest) / 60 + 1 || undefined;
    });
  }

  /** Series that have something left to catch up, and how many candles. */
  async function leftBehind(): Promise<{ source: string; candles: number }[]> {
    return system.rows(
      `SELECT source, (catch_up_until - catch_up_from) / 60 AS candles FROM series
       WHERE catch_up_from IS NOT NULL ORDER BY source`,
    );
  }

  /**
   * Lets minutes pass until nothing is left. A page is asked for until D1 holds it, so how many that
   * takes depends on how soon the queue is drained: two a page at least.
   */
  async function tickUntilCaughtUp(): Promise<void> {
    for (let ticks = 0; (await leftBehind()).length > 0; ticks += 1) {
      expect(ticks).toBeLessThan(30);
      passMinutes(1);
      await system.tick();
      await untilCurrent("binance");
    }
  }

  function passMinutes(minutes: number): void {
    system.simulator.setClock({ nowMs: system.simulator.nowMs() + minutes * MINUTE_MS });
  }

  test("asks for what is current first after a pause longer than a page, then for all that was left", async () => {
    passMinutes(2_500);
    await system.tick();
    // CryptoCompare serves 2,000 candles a page, Binance 1,000, Kraken its newest 720 alone.
    await Promise.all(["binance", "cryptocompare", "kraken"].map(untilCurrent));
    expect(await leftBehind()).toEqual([
      { source: "binance", candles: 1_500 },
      { source: "cryptocompare", candles: 500 },
    ]);
    expect(system.events("collection.planned").at(-1)).toMatchObject({
      left: 2,
      beyondReach: 2_500 - 720,
    });
    await tickUntilCaughtUp();
    await untilNoHole("binance");
    await untilNoHole("cryptocompare");
  });

  test("leaves no hole where a trigger fetches newer candles of a series that is late", async () => {
    passMinutes(300);
    const answer = await system.post("/trigger", {
      source: "binance",
      symbol: "BTC-USDT",
      timeframe: "1m",
      limit: 20,
      toTs: Math.floor(system.simulator.nowMs() / MINUTE_MS) * 60 - 60,
    });
    expect(answer.status).toBe(200);
    await untilCurrent("binance");
    expect(await leftBehind()).toMatchObject([{ source: "binance", candles: 280 }]);
    await tickUntilCaughtUp();
    await untilNoHole("binance");
  });
});
