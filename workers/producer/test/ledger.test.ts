import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import { SOURCES } from "@candlehouse/shared/core/source";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { backfillContext } from "../src/backfill-context.ts";
import { parseBackfillOrder } from "../src/backfill-request.ts";
import { planBackfills } from "../src/backfill-start.ts";
import { HELD_CALLS_MAX, HeldTally } from "../src/count-served.ts";
import { countStep } from "../src/count-step.ts";
import worker from "../src/index.ts";
import { sourceOf } from "../src/sources/registry.ts";
import { ask } from "./ask.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
const fetched = vi.spyOn(globalThis, "fetch");

/** The minute before this one: nothing has to be waited for. */
const TICK_MS = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
const HOUR = Math.floor(TICK_MS / 3_600_000) * 3_600;

/** Binance's minutes of the range that is asked for. */
async function answerAsBinance(input: RequestInfo | URL): Promise<Response> {
  const query = new URL(new Request(input).url).searchParams;
  const rows: unknown[] = [];
  for (
    let time = Number(query.get("startTime"));
    time <= Number(query.get("endTime"));
    time += 60_000
  ) {
    rows.push([time, "1", "2", "0.5", "1.5", "3", time + 59_999, "4", 7]);
  }
  const limit = Number(query.get("limit") ?? 500);
  return Response.json(rows.slice(0, limit), { headers: { date: new Date().toUTCString() } });
}

async function ledger(): Promise<(LedgerTally & { work: string; hour: number })[]> {
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger ORDER BY work").all<
    LedgerTally & { work: string; hour: number }
  >();
  return results;
}

async function tick(): Promise<void> {
  const context = createExecutionContext();
  const controller = createScheduledController({
    scheduledTime: new Date(TICK_MS),
    cron: "* * * * *",
  });
  await worker.scheduled(controller, env, { ...context, exports });
  await waitOnExecutionContext(context);
}

beforeEach(async () => {
  errors.mockClear();
  fetched.mockReset();
  fetched.mockImplementation(answerAsBinance);
  await env.DB.batch(
    ["cost_ledger", "series"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
});

describe("a tick", () => {
  test("tells once what its shards and the watch over backfills did", async () => {
    await env.DB.prepare(
      `INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
       VALUES ('binance', 'BTC-USDT', '1m', 'BTCUSDT', 1)`,
    ).run();
    await tick();
    expect(fetched).toHaveBeenCalled();
    const [row, ...others] = await ledger();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ work: "collect", hour: HOUR, runs: 1, requests: 1, steps: 0 });
    // A new series brings its newest 300 candles, ten a message.
    expect(row?.candles).toBe(300);
    expect(row?.queue_operations).toBe(30);
    // The source's state, and the row of the ledger.
    expect(row?.rows_written).toBeGreaterThanOrEqual(2);
    expect(row?.rows_written).toBeLessThan(6);
    expect(row?.rows_read).toBeGreaterThan(0);
    // The host's limiter was asked before the one request and told after it, and wrote both down.
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(row).toMatchObject({ object_requests: 2, object_rows_written: 2 });
  });

  test("tells of itself where nothing is due", async () => {
    await tick();
    await tick();
    expect(await ledger()).toMatchObject([
      {
        work: "collect",
        runs: 2,
        requests: 2,
        candles: 0,
        queue_operations: 0,
        object_requests: 0,
      },
    ]);
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe("POST /trigger", () => {
  const ORDER = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", limit: 25 };

  test("tells what it sent", async () => {
    expect((await ask("POST", "/trigger", ORDER)).status).toBe(200);
    expect(await ledger()).toMatchObject([
      {
        work: "trigger",
        runs: 1,
        requests: 1,
        candles: 25,
        queue_operations: 3,
        object_requests: 2,
        object_rows_written: 2,
      },
    ]);
  });

  test("tells what it cost also where the source gave nothing", async () => {
    fetched.mockImplementation(async () => new Response("unwell", { status: 500 }));
    expect((await ask("POST", "/trigger", ORDER)).status).toBe(502);
    const [row] = await ledger();
    expect(row).toMatchObject({ work: "trigger", runs: 1, candles: 0, queue_operations: 0 });
  });

  test("that is refused tells nothing", async () => {
    expect((await ask("POST", "/trigger", { ...ORDER, limit: 0 })).status).toBe(400);
    expect(await ledger()).toEqual([]);
  });
});

describe("a step of a backfill", () => {
  test("tells what it did, and gives what it found", async () => {
    const found = await countStep(env, exports, async ({ db, bucket }, tally) => {
      tally.runs = 1;
      await bucket.head("nothing");
      return db.prepare("SELECT 7 AS seven").first("seven");
    });
    expect(found).toBe(7);
    expect(await ledger()).toMatchObject([
      { work: "backfill", runs: 1, steps: 1, class_b: 1, requests: 0 },
    ]);
  });

  test("tells what the limiters of its source were asked", async () => {
    const kraken = sourceOf("kraken");
    const [host = ""] = kraken.hosts;
    await countStep(env, exports, async ({ source, askTools }) => {
      const { reserve } = askTools(source("kraken"));
      expect((await reserve(host, kraken.rate, [], 1)).granted).toBe(1);
      await reserve(host, kraken.rate, [{ kind: "rate_limited", retryAfterMs: 60_000 }], 0);
      // A host that is left alone grants nothing, and has nothing to write down.
      expect((await reserve(host, kraken.rate, [], 1)).granted).toBe(0);
    });
    expect(await ledger()).toMatchObject([
      { work: "backfill", object_requests: 3, object_rows_written: 2 },
    ]);
  });

  test("tells what it did also where it fails, and fails with its own error", async () => {
    const failed = countStep(env, exports, async ({ bucket }) => {
      await bucket.head("nothing");
      throw new Error("Network connection lost");
    });
    await expect(failed).rejects.toThrow("Network connection lost");
    expect(await ledger()).toMatchObject([{ work: "backfill", steps: 1, class_b: 1 }]);
  });

  test("is not done again for the ledger's sake", async () => {
    const db: D1Database = Object.create(env.DB);
    vi.spyOn(db, "prepare").mockImplementation(() => {
      throw new Error("D1_ERROR: Network connection lost");
    });
    expect(await countStep({ ...env, DB: db }, exports, async () => "done")).toBe("done");
    expect(errors).toHaveBeenCalledTimes(1);
    expect(await ledger()).toEqual([]);
  });
});

describe("an order of a backfill", () => {
  const ORDER = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", days: 1 };

  test("tells what its estimate has read, and neither a run nor a request", async () => {
    const answer = await ask("POST", "/v1/backfills", { ...ORDER, dry_run: true });
    expect(answer.status).toBe(200);
    const [row] = await ledger();
    expect(row).toMatchObject({ work: "backfill", runs: 0, requests: 0, rows_written: 1 });
    expect(row?.rows_read).toBeGreaterThan(0);
  });

  test("tells what was written to change its job", async () => {
    const context = backfillContext(env, exports);
    const order = parseBackfillOrder(JSON.stringify(ORDER), Math.floor(Date.now() / 1_000));
    const { planned } = await planBackfills(context, order);
    const batch = planned[0]?.job.batch ?? "";
    expect((await ask("DELETE", `/v1/backfills/${batch}`)).status).toBe(200);
    const [row] = await ledger();
    expect(row).toMatchObject({ work: "backfill", runs: 0 });
    // The job, where it stands in its indexes, and the row of the ledger.
    expect(row?.rows_written).toBeGreaterThan(1);
  });

  test("that is refused tells nothing", async () => {
    expect((await ask("POST", "/v1/backfills", { ...ORDER, days: 0 })).status).toBe(400);
    expect((await ask("DELETE", "/v1/backfills/000000000000")).status).toBe(404);
    expect(await ledger()).toEqual([]);
  });
});

describe("what readers cause", () => {
  const HOSTS = SOURCES.flatMap((source) => sourceOf(source).hosts).length;

  test("is told in rows of a hundred calls of limiters, however many requests made them", async () => {
    const requests = Math.ceil((3 * HELD_CALLS_MAX) / HOSTS);
    for (let request = 0; request < requests; request += 1) {
      expect((await ask("GET", "/v1/hosts")).status).toBe(200);
    }
    const told = await servedCalls();
    // What the isolate held before is in it, and what it holds now is not.
    expect(Math.abs(told - requests * HOSTS)).toBeLessThan(HELD_CALLS_MAX);
    const [row] = await ledger();
    expect(row?.rows_written).toBeLessThanOrEqual((requests * HOSTS) / HELD_CALLS_MAX + 1);
  });

  test("is held until it is worth a row, and then only once", () => {
    const held = new HeldTally();
    expect(
      held.add({ object_requests: HELD_CALLS_MAX - 1, object_rows_written: 3 }),
    ).toBeUndefined();
    expect(held.add({ object_requests: 4, object_rows_written: 4 })).toMatchObject({
      object_requests: HELD_CALLS_MAX + 3,
      object_rows_written: 7,
    });
    expect(held.add({ object_requests: HELD_CALLS_MAX - 1 })).toBeUndefined();
  });
});

async function servedCalls(): Promise<number> {
  const rows = await ledger();
  expect(rows.every(({ work, runs }) => work === "serve" && runs === 0)).toBe(true);
  return rows.reduce((sum, { object_requests }) => sum + object_requests, 0);
}
