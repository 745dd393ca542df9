import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BATCH_MESSAGES_MAX, BATCH_TIMEOUT_MS, planBatches } from "./fleet-month-store.ts";

const sent = fc.array(
  fc
    .record({ atMs: fc.nat(60_000), messages: fc.integer({ min: 1, max: 250 }) })
    .map((one) => ({ ...one, candles: one.messages * 10 - 3 })),
);

function sum(
  name: "messages" | "candles",
  of: readonly Readonly<Record<"messages" | "candles", number>>[],
): number {
  return of.reduce((total, one) => total + one[name], 0);
}

function at(atMs: number) {
  return { atMs, messages: 2, candles: 13 };
}

test("a queue hands over each message and candle once, in batches that are full or timed out", () => {
  fc.assert(
    fc.property(sent, (sends) => {
      const batches = planBatches(sends);
      expect(sum("messages", batches)).toBe(sum("messages", sends));
      expect(sum("candles", batches)).toBe(sum("candles", sends));
      for (const { messages, candles } of batches) {
        expect(messages).toBeLessThanOrEqual(BATCH_MESSAGES_MAX);
        expect(candles).toBeLessThanOrEqual(messages * 10);
      }
      const least = Math.ceil(sum("messages", sends) / BATCH_MESSAGES_MAX);
      const most = least + Math.ceil(60_000 / BATCH_TIMEOUT_MS) + 1;
      expect(batches.length).toBeGreaterThanOrEqual(least);
      expect(batches.length).toBeLessThanOrEqual(most);
    }),
  );
});

test("what comes within the queue's patience is one batch, what comes later another", () => {
  expect(planBatches([at(BATCH_TIMEOUT_MS), at(0), at(BATCH_TIMEOUT_MS + 1)])).toEqual([
    { messages: 4, candles: 26 },
    { messages: 2, candles: 13 },
  ]);
});
