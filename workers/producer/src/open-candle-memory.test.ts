import type { SourceCandle } from "@candlehouse/shared/core/open-candle";
import { describe, expect, test } from "vitest";
import { OpenCandleMemory, type Told } from "./open-candle-memory.ts";

const NAME = "binance:BTC-USDT:1m";

/** A clock that moves when somebody sleeps, and a source that counts how often it is asked. */
function startSource(freshMs = 4_000, speed = 1) {
  let nowMs = 1_000_000;
  let asked = 0;
  const clock = {
    nowMs: () => nowMs * speed,
    realNowMs: () => nowMs,
    sleep: async (ms: number) => {
      await Promise.resolve();
      nowMs += ms;
    },
  };
  const ask = async (): Promise<Told> => {
    asked += 1;
    const timestamp = asked;
    await clock.sleep(100);
    return { candles: [{ timestamp } as SourceCandle], freshMs };
  };
  return { clock, ask, asked: () => asked, passes: (ms: number) => (nowMs += ms) };
}

describe("the memory of open candles", () => {
  test("gives many readers what one of them asked for", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask, asked } = startSource();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => memory.read(NAME, ask, 1_500, clock)),
    );
    expect(asked()).toBe(1);
    expect(all).toEqual(Array.from({ length: 10 }, () => [{ timestamp: 1 }]));
  });

  test("lets them wait in real time, however fast the clock of the candles runs", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask, asked } = startSource(4_000, 600);
    await Promise.all(Array.from({ length: 10 }, () => memory.read(NAME, ask, 1_500, clock)));
    expect(asked()).toBe(1);
  });

  test("forgets after the time that was told", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask, asked, passes } = startSource(4_000);
    await memory.read(NAME, ask, 1_500, clock);
    passes(3_999);
    await memory.read(NAME, ask, 1_500, clock);
    expect(asked()).toBe(1);
    passes(1);
    expect(await memory.read(NAME, ask, 1_500, clock)).toEqual([{ timestamp: 2 }]);
  });

  test("keeps series apart", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask, asked } = startSource();
    await memory.read(NAME, ask, 1_500, clock);
    await memory.read("binance:BTC-USDT:1h", ask, 1_500, clock);
    expect(asked()).toBe(2);
  });

  test("does not let anybody wait for one who never comes back", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask, asked } = startSource();
    void memory.read(NAME, () => new Promise(() => {}), 1_500, clock);
    expect(await memory.read(NAME, ask, 1_500, clock)).toEqual([{ timestamp: 1 }]);
    expect(asked()).toBe(1);
  });

  test("remembers no failure", async () => {
    const memory = new OpenCandleMemory();
    const { clock, ask } = startSource();
    const failed = memory.read(NAME, () => Promise.reject(new Error("no database")), 1_500, clock);
    await expect(failed).rejects.toThrow("no database");
    expect(await memory.read(NAME, ask, 1_500, clock)).toEqual([{ timestamp: 1 }]);
  });
});
