import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import { expect, test } from "vitest";
import { collectShard } from "./collect-shard.ts";
import { sourceOf } from "./sources/registry.ts";

const START = 1_700_000_040;

test("a shard whose time is over takes no requests out of the bucket for what it leaves", async () => {
  const windows = Array.from({ length: 10 }, (_, index): CandleWindow => {
    const symbol = `C${index}-USDT`;
    const range = { start: START, end: START + 60, watermark: null, askedUntil: null };
    const name = { symbol, nativeSymbol: `C${index}USDT`, timeframe: "1m" } as const;
    return { kind: "newest", ...name, ...range, failureCount: 0 };
  });
  let nowMs = (START + 3_600) * 1_000;
  const reserved: { readonly ask: number; readonly told: number }[] = [];
  const shard = { source: "binance", askAt: START + 3_600, windows } as const;
  const report = await collectShard(sourceOf("binance"), shard, nowMs + 55_000, {
    access: {
      fetch: async () => {
        nowMs += 20_000;
        return Response.json([], { headers: { date: new Date(nowMs).toUTCString() } });
      },
      simulatorUrl: undefined,
      key: undefined,
      nowMs: () => nowMs,
    },
    reserve: async (_host, _policy, outcomes, ask) => {
      reserved.push({ ask, told: outcomes.length });
      return { granted: 1, waitMs: 0, closed: null };
    },
    readStored: async () => [],
    queue: { sendBatch: async () => undefined },
    nowMs: () => nowMs,
    sleep: async () => undefined,
  });
  expect(report).toMatchObject({ requests: 3, unreached: { length: 7 } });
  expect(reserved).toEqual([
    { ask: 10, told: 0 },
    { ask: 9, told: 1 },
    { ask: 8, told: 1 },
    { ask: 0, told: 1 },
  ]);
});
