import { env } from "cloudflare:workers";
import { storeUnits } from "@candlehouse/shared/core/fleet-month-store";
import { sumCounts, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { expect, test, vi } from "vitest";
import { candleMessage, clearTables, deliver, QUEUE } from "./delivery.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

test("a simulated batch is billed what the consumer is billed for it", async () => {
  await clearTables();
  const numbers = Array.from({ length: 26 }, (_, index) => index);
  const bodies = [numbers.slice(0, 10), numbers.slice(10, 20), numbers.slice(20)];
  await deliver(
    bodies.map((part) => ({ body: candleMessage(...part) })),
    QUEUE,
  );
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger").all<LedgerTally>();
  const real = sumCounts(results);
  expect(real).toEqual({
    ...sumCounts([storeUnits({ messages: bodies.length, candles: numbers.length })]),
    duration_ms: real.duration_ms,
  });
});
