import { env, exports } from "cloudflare:workers";
import { RUNNING_PER_SOURCE_MAX, STALLS_MAX } from "@candlehouse/shared/core/backfill-watch";
import { freshProgress, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { insertBackfills, listOpenBackfills, readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stopper } from "../../archiver/test/stoppable.ts";
import { BACKFILL_ROUTES } from "../src/backfill-answers.ts";
import type { BackfillContext, BackfillParams } from "../src/backfill-context.ts";
import { watchBackfills } from "../src/backfill-watch.ts";
import config from "../wrangler.jsonc?raw";
import { clearWarehouse, contextOf } from "./backfill-warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

const NOW_MS = Date.UTC(2026, 5, 20, 12);
const MINUTE_MS = 60_000;
const RANGE = { start: 1_780_000_020, end: 1_780_100_040 };

beforeEach(clearWarehouse);
afterEach(async () => {
  errors.mockClear();
  await clearWarehouse();
});

/** What the engine says of the instances that it has, and what it is told to create. */
function engineOf(
  states: Readonly<Record<string, InstanceStatus["status"] | Error>>,
  fails = false,
) {
  const created: WorkflowInstanceCreateOptions<BackfillParams>[] = [];
  const get = async (id: string) => {
    const status = states[id];
    if (status === undefined) {
      throw new Error("instance.not_found");
    }
    return {
      status: async () => {
        if (status instanceof Error) {
          throw status;
        }
        return { status, error: { name: "Error", message: "its last words" } };
      },
    };
  };
  const create = async (options: WorkflowInstanceCreateOptions<BackfillParams>) => {
    if (fails) {
      throw new Error("the engine is away");
    }
    created.push(options);
  };
  const workflow = { get, create } as unknown as Workflow<BackfillParams>;
  return { workflow, created };
}

async function nobody(): Promise<Response> {
  return new Response("no test asks anybody", { status: 501 });
}

function contextWith(workflow: Workflow<BackfillParams>, nowMs = NOW_MS): BackfillContext {
  const { gate } = stopper(undefined);
  return { ...contextOf({ fetch: nobody, gate }), workflow, realNowMs: () => nowMs };
}

interface Put {
  readonly source?: SourceId;
  readonly instance?: string;
  readonly stalls?: number;
  /** Since it was last heard of. */
  readonly silentMs?: number;
}

async function put(id: string, { source = "binance", instance, stalls = 0, silentMs = 0 }: Put) {
  const job: BackfillJob = {
    id,
    batch: "batch",
    source,
    symbol: "BTC-USDT",
    timeframe: "1m",
    state: "running",
    request: { ...RANGE, markets: [{ symbol: "BTC-USDT", nativeSymbol: "B" }], isGrouped: false },
    progress: { ...freshProgress(RANGE, "fetch"), stalls, beatMs: NOW_MS - silentMs },
    message: null,
    instance: null,
    createdAt: NOW_MS / 1_000,
    startedAt: null,
    updatedAt: 0,
    finishedAt: null,
  };
  await insertBackfills(env.DB, [job]);
  await env.DB.prepare("UPDATE jobs SET instance = ?1, state = 'running' WHERE id = ?2")
    .bind(instance ?? null, id)
    .run();
}

describe("the watch", () => {
  test("leaves an instance alone that waits for its turn at the engine, for a day", async () => {
    await put("a", { instance: "a-1", silentMs: 23 * 60 * MINUTE_MS });
    const { workflow, created } = engineOf({ "a-1": "queued" });
    await watchBackfills(contextWith(workflow));
    expect(created).toEqual([]);
    await watchBackfills(contextWith(workflow, NOW_MS + 2 * 60 * MINUTE_MS));
    expect(created.length).toBe(1);
    expect(await readBackfill(env.DB, "a")).toMatchObject({ progress: { stalls: 0 } });
  });

  test("never gives a job up because nothing is heard of it", async () => {
    await put("a", { instance: "a-1", silentMs: 11 * MINUTE_MS, stalls: STALLS_MAX });
    const { workflow, created } = engineOf({ "a-1": "running" });
    await watchBackfills(contextWith(workflow));
    expect(created.length).toBe(1);
    expect(await readBackfill(env.DB, "a")).toMatchObject({ progress: { stalls: STALLS_MAX } });
  });

  test("counts an instance that ended, and waits longer after each", async () => {
    await put("a", { instance: "a-1", stalls: 3 });
    const { workflow, created } = engineOf({ "a-1": "errored" });
    await watchBackfills(contextWith(workflow, NOW_MS + 8 * MINUTE_MS - 1));
    expect(created).toEqual([]);
    await watchBackfills(contextWith(workflow, NOW_MS + 8 * MINUTE_MS));
    expect(created.length).toBe(1);
    expect(await readBackfill(env.DB, "a")).toMatchObject({ progress: { stalls: 4 } });
  });

  test("starts the jobs of the other sources where the engine does not tell of one", async () => {
    await put("a", { instance: "a-1" });
    await put("b", { source: "kraken" });
    const { workflow, created } = engineOf({ "a-1": new Error("the engine stumbles") });
    await expect(watchBackfills(contextWith(workflow))).rejects.toThrow("the engine stumbles");
    expect(created.map(({ params }) => params?.job)).toEqual(["b"]);
    expect(await readBackfill(env.DB, "a")).toMatchObject({ instance: "a-1" });
  });

  test("lets an instance take fewer steps where each of them looks at many series", async () => {
    await put("a", { source: "massive" });
    const markets = Array.from({ length: 150 }, (_, number) => ({
      symbol: `S${number}-USD`,
      nativeSymbol: `S${number}`,
    }));
    await env.DB.prepare("UPDATE jobs SET request = ?1")
      .bind(JSON.stringify({ ...RANGE, markets, isGrouped: true }))
      .run();
    await put("b", { source: "kraken" });
    const { workflow, created } = engineOf({});
    await watchBackfills(contextWith(workflow));
    const [grouped, single] = created.map(({ params }) => params?.turns);
    expect(single).toBe(200);
    expect(grouped).toBeLessThan(50_000 / (6 * 150));
    expect(grouped).toBeGreaterThan(20);
  });

  test("has as many places at the engine as there are shares of sources", () => {
    const [, limit] = /"class_name": "BackfillSeries",[^}]*"limit": (\d+)/.exec(config) ?? [];
    expect(Number(limit)).toBe(SOURCES.length * RUNNING_PER_SOURCE_MAX);
  });
});

/** What the producer answers to an order while its engine is away. */
async function post(body: object): Promise<Response> {
  const route = BACKFILL_ROUTES.find(({ method }) => method === "POST");
  const { workflow } = engineOf({}, true);
  const request = new Request("https://producer/v1/backfills", {
    method: "POST",
    body: JSON.stringify(body),
  });
  const answer = await route?.answer({ env: { ...env, BACKFILL: workflow }, exports }, request, "");
  return answer ?? new Response(null, { status: 404 });
}

describe("an order that is recorded", () => {
  const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", days: 3 };

  test("is answered 202 where it cannot be started now, and the failure is in the log", async () => {
    const answer = await post(order);
    expect(answer.status).toBe(202);
    expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown)).toMatchObject([
      { event: "handler.failed", handler: "fetch", reason: expect.stringContaining("is away") },
    ]);
    // The cron of the next minute starts it.
    const { workflow, created } = engineOf({});
    await watchBackfills(contextWith(workflow));
    expect(created.length).toBe(1);
  });

  test("is the same backfill when it is sent once more", async () => {
    const first = await (await post(order)).json<{ id: string }>();
    const again = await (await post(order)).json<{ id: string; message: string }>();
    expect(again.id).toBe(first.id);
    expect(again.message).toContain("was open already");
    expect((await listOpenBackfills(env.DB)).length).toBe(1);
  });
});
