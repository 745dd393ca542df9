import type { LedgerCount, Work } from "@candlehouse/shared/core/ledger";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const DAY = 86_400;
/** As the archiver's configuration has it. */
const HOT_DAYS = 20;
/** Minutes that have aged out of the hot window, on one day. */
const AGED = 600;

type Sums = Readonly<Record<LedgerCount, number>>;

describe("the ledger", () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 1 });
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
  });

  afterAll(() => system.close());

  async function ledger(): Promise<Map<Work, Sums>> {
    const answer = await system.get("/v1/costs");
    expect(answer.status).toBe(200);
    const { works } = (await answer.json()) as { works: (Sums & { work: Work })[] };
    return new Map(works.map(({ work, ...sums }) => [work, sums]));
  }

  /** What the ledger has itself; the answer over HTTP is kept for a minute. */
  async function ledgerOf(work: Work): Promise<Sums | undefined> {
    const [row] = await system.rows<Sums>(
      `SELECT sum(runs) AS runs, sum(candles) AS candles, sum(inserted) AS inserted,
        sum(ignored) AS ignored, sum(revised) AS revised, sum(rows_written) AS rows_written,
        sum(queue_operations) AS queue_operations, sum(steps) AS steps, sum(requests) AS requests,
        sum(class_a) AS class_a, sum(object_requests) AS object_requests,
        sum(object_rows_written) AS object_rows_written FROM cost_ledger WHERE work = ?`,
      work,
    );
    return row;
  }

  async function storedRows(): Promise<number> {
    const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
    return row?.rows ?? 0;
  }

  test("has what was collected and what was stored, as the tables and the events have it", async () => {
    await system.tick();
    const toTs = START_MS / 1_000 - 20 - (HOT_DAYS + 5) * DAY - 60;
    const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", toTs, limit: AGED };
    expect((await system.post("/trigger", order)).status).toBe(200);
    const collected = await ledgerOf("collect");
    const triggered = await ledgerOf("trigger");
    expect(collected).toMatchObject({ runs: 1, requests: 1 });
    expect(collected?.candles).toBe(sumOf(system, "source.collected", "candles"));
    expect(collected?.queue_operations).toBe(sumOf(system, "source.collected", "messages"));
    expect(triggered).toMatchObject({ runs: 1, candles: AGED, queue_operations: AGED / 10 });
    // Each request was asked for at its host's limiter, and what came of it was told there.
    const requests = sumOf(system, "source.collected", "requests");
    expect(requests).toBe(2);
    expect(collected).toMatchObject({
      object_requests: 2 * requests,
      object_rows_written: 2 * requests,
    });
    expect(triggered?.object_requests).toBeGreaterThanOrEqual(2);

    const sent = (collected?.candles ?? 0) + AGED;
    await system.until("all is stored", async () => (await storedRows()) === sent || undefined);
    // The last batch is in the log when its messages are acknowledged.
    await system.until(
      "all is told",
      async () => sumOf(system, "candles.stored", "inserted") === sent || undefined,
    );
    const stored = await ledgerOf("store");
    expect(stored).toMatchObject({ inserted: sent, candles: sent, ignored: 0, revised: 0 });
    expect(stored?.runs).toBe(system.events("candles.stored").length);
    // A row a candle, and the ledger's own for each batch.
    expect(stored?.rows_written).toBe(sumOf(system, "candles.stored", "rowsWritten"));
    expect(stored?.rows_written).toBe(sent + (stored?.runs ?? 0));
    // Each message was read and deleted.
    const messages = (collected?.queue_operations ?? 0) + AGED / 10;
    expect(stored?.queue_operations).toBe(2 * messages);
  });

  test("has a known candle as ignored, and no row of it but its own", async () => {
    const before = await ledgerOf("store");
    const toTs = START_MS / 1_000 - 20 - (HOT_DAYS + 5) * DAY - 60;
    const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", toTs, limit: 50 };
    expect((await system.post("/trigger", order)).status).toBe(200);
    const after = await system.until("they are told", async () => {
      const now = await ledgerOf("store");
      return now?.ignored === 50 ? now : undefined;
    });
    expect(after.inserted).toBe(before?.inserted);
    expect(after.rows_written - (before?.rows_written ?? 0)).toBe(after.runs - (before?.runs ?? 0));
  });

  test("has what was archived: a run, its steps, its file", async () => {
    expect((await system.post("/v1/archive/run", {})).status).toBe(200);
    const archived = await system.until("the archiver has told", async () => {
      const now = await ledgerOf("archive");
      return now !== undefined && now.runs > 0 ? now : undefined;
    });
    expect(archived).toMatchObject({
      runs: 1,
      candles: AGED,
      inserted: AGED,
      steps: 4,
      class_a: 1,
    });
    expect(archived.rows_written).toBeGreaterThanOrEqual(AGED);
    expect(archived.rows_written).toBeLessThan(AGED + 10);
    const answer = await system.get("/v1/archive/changes");
    expect(await answer.json()).toMatchObject({
      changes: [{ series: "binance:BTC-USDT:1m", kind: "archive", file: { rows: AGED } }],
    });
  });

  test("is what /v1/costs and /stats tell", async () => {
    const works = await ledger();
    for (const work of ["collect", "trigger", "store", "archive"] as const) {
      expect(works.get(work)).toMatchObject({ ...(await ledgerOf(work)) });
    }
    const costs = await system.get("/v1/costs");
    // As the producer has it, by its own variable.
    expect(await costs.json()).toMatchObject({ budget: { usd: 10, state: "full", reason: null } });
    const answer = await system.get("/stats");
    expect(answer.status).toBe(200);
    const stats = (await answer.json()) as {
      totals: { day: { inserted: number } };
      archive: { files: number; candles: number };
      queues: { queue: string; backlog_messages: number }[];
    };
    expect(stats.totals.day.inserted).toBe((await ledgerOf("store"))?.inserted);
    expect(stats.archive).toMatchObject({ files: 1, candles: AGED });
    expect(stats.queues.map(({ queue }) => queue)).toContain("candles");
  });

  test("has a backfill's turns, what came in, and what its file cost the archive", async () => {
    const before = await ledgerOf("archive");
    const minutes = 400;
    const start = START_MS / 1_000 - 20 - 40 * DAY;
    const order = { source: "binance", symbol: "ETH-USDT", timeframe: "1m", start };
    const answer = await system.post("/v1/backfills", { ...order, end: start + minutes * 60 });
    expect([200, 202]).toContain(answer.status);
    const backfill = await system.until("the backfill has told its last step", async () => {
      const found = await ledgerOf("backfill");
      return found?.requests === 1 ? found : undefined;
    });
    expect(backfill.candles).toBe(sumOf(system, "backfill.window", "found"));
    expect(backfill.candles).toBe(minutes);
    // Each turn is a step; so is each wait, and the last step, which starts what waits.
    expect(backfill.steps).toBeGreaterThan(backfill.runs);
    // What is older than the hot window passes no queue but that of the fragments.
    expect(backfill.queue_operations).toBe(0);
    const archive = await ledgerOf("archive");
    expect((archive?.candles ?? 0) - (before?.candles ?? 0)).toBe(minutes);
    expect(archive?.class_a).toBeGreaterThan(before?.class_a ?? 0);
  });
});

function sumOf(system: System, event: string, field: string): number {
  return system.events(event).reduce((sum, fields) => sum + Number(fields[field]), 0);
}
