import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { candleMessage, deadLetterRows, storedRows } from "./delivery.ts";

test("stores what is sent to the queue, and keeps what cannot be stored as a dead letter", async () => {
  const poison = { ...candleMessage(3), v: 2 };
  await env.CANDLES.sendBatch([
    { body: candleMessage(0, 1) },
    { body: poison },
    { body: candleMessage(1, 2) },
  ]);
  await vi.waitFor(
    async () => {
      expect(await storedRows()).toHaveLength(3);
      expect(await deadLetterRows()).toHaveLength(1);
    },
    { timeout: 10_000, interval: 100 },
  );
  const [letter] = await deadLetterRows();
  expect(letter).toMatchObject({ queue: "candles", source: "binance", candles: 1, state: "open" });
  const body = await env.BUCKET.get(String(letter?.["body_key"]));
  expect(await body?.json()).toEqual(poison);
});

test("keeps what comes from the archiver's dead-letter queue", async () => {
  await env.COMPACTION_DLQ.send({ source: "kraken", partition: "2026-10" });
  await vi.waitFor(
    async () => {
      const queues = (await deadLetterRows()).map(({ queue }) => queue);
      expect(queues).toContain("compaction-dlq");
    },
    { timeout: 10_000, interval: 100 },
  );
});
