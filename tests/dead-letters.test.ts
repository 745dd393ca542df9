import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const MINUTE = 60;
const NEWEST = Math.floor(START_MS / 60_000) * MINUTE - MINUTE;

interface Letter {
  readonly id: string;
  readonly queue: string;
  readonly reason_code: string;
  readonly seen_count: number;
  readonly state: string;
}

/** The part of a queue's binding that the tests use; the harness hands it over as a proxy. */
interface Queue {
  send(body: unknown): Promise<unknown>;
}

/** A message with one candle, a flat one at `price`. */
function messageAt(timestamp: number, price: number, high = price): object {
  const candle = ["BTC-USDT", "1m", timestamp, price, high, price, price, 0, 0, 0];
  return { v: 1, source: "binance", origin: "cron", candles: [candle] };
}

describe("dead letters", () => {
  let system: System;
  let queues: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 1 });
    const [consumer, monitor] = await Promise.all(
      ["candlehouse-consumer", "candlehouse-monitor"].map((name) =>
        system.harness.getWorker(name).getEnv(),
      ),
    );
    queues = { ...consumer, ...monitor };
  });

  afterAll(() => system.close());

  async function send(queue: string, body: unknown): Promise<void> {
    await (queues[queue] as Queue).send(body);
  }

  /** The dead letters of `queue` once there are some, each seen `times` times. */
  function lettersOf(queue: string, times = 1): Promise<readonly Letter[]> {
    return system.until(`a message of ${queue} is a dead letter ${times} times`, async () => {
      const answer = await system.get(`/v1/dead-letters?queue=${queue}`);
      expect(answer.status).toBe(200);
      const { dead_letters: letters } = (await answer.json()) as { dead_letters: Letter[] };
      const isThere = letters.length > 0 && letters.every((one) => one.seen_count === times);
      return isThere ? letters : undefined;
    });
  }

  async function give(name: string, order: object): Promise<Record<string, unknown>> {
    const answer = await system.post(`/v1/dead-letters/${name}`, order);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  }

  test("of a message that cannot be stored comes back, with its count, until it is discarded", async () => {
    // Its high is below its low.
    const body = messageAt(NEWEST, 27_500, 27_000);
    await send("CANDLES", body);
    const [letter] = await lettersOf("candles");
    expect(letter).toMatchObject({ reason_code: "poison_message", state: "open" });
    const id = letter?.id ?? "";
    const shown = await system.get(`/v1/dead-letters/${id}`);
    expect(await shown.json()).toMatchObject({ id, body, truncated: false, damage: null });

    expect(await give("replay", { ids: [id] })).toMatchObject({ replayed: 1, ids: [id] });
    expect(await lettersOf("candles", 2)).toMatchObject([{ id, state: "open" }]);

    const reason = "made by hand";
    expect(await give("discard", { ids: [id], reason })).toMatchObject({ discarded: 1 });
    const given = await system.rows("SELECT state, discard_reason FROM dead_letters");
    expect(given).toEqual([{ state: "discarded", discard_reason: reason }]);
    expect(await give("replay", { all: true })).toMatchObject({ replayed: 0, remaining: 0 });
  });

  test("of messages that a passing failure had stopped are stored when all are replayed", async () => {
    // As they are after four deliveries during which D1 was away.
    const bodies = [1, 2, 3].map((back) => messageAt(NEWEST - back * MINUTE, 27_500 + back));
    for (const body of bodies) {
      await send("CANDLES_DLQ", body);
    }
    await system.until("they are dead letters", async () =>
      (await lettersOf("candles-dlq")).length === bodies.length ? true : undefined,
    );
    expect(await system.rows("SELECT 1 FROM price_data")).toEqual([]);

    const order = { all: true, queue: "candles-dlq", reason_code: "retries_exhausted" };
    expect(await give("replay", order)).toMatchObject({ replayed: 3, failed: [], remaining: 0 });
    await system.until("their candles are stored", async () =>
      (await system.rows("SELECT 1 FROM price_data")).length === bodies.length ? true : undefined,
    );
    const states = (await lettersOf("candles-dlq")).map(({ state }) => state);
    expect(states).toEqual(["replayed", "replayed", "replayed"]);
  });

  test("of the archiver's queue go back to the archiver", async () => {
    const body = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", partition: "2025-12" };
    await send("COMPACTION_DLQ", body);
    const [letter] = await lettersOf("compaction-dlq");
    const replay = await give("replay", { ids: [letter?.id] });
    expect(replay).toMatchObject({ replayed: 1, failed: [] });
    // Nothing is to be compacted, so the archiver is done with it at once.
    await system.until("the archiver has read it", async () => {
      const [row] = await system.rows<{ runs: number }>(
        "SELECT runs FROM cost_ledger WHERE work = 'archive'",
      );
      return (row?.runs ?? 0) > 0 || undefined;
    });
    expect(await lettersOf("compaction-dlq")).toMatchObject([{ state: "replayed" }]);
  });

  test("are told of in the log and in the ledger", async () => {
    expect(system.events("dead_letters.replayed").length).toBe(4);
    expect(system.events("dead_letters.discarded")).toMatchObject([
      { discarded: 1, left: 0, reason: "made by hand" },
    ]);
    const [row] = await system.rows<Record<string, number>>(
      "SELECT sum(runs) AS runs, sum(dead) AS dead FROM cost_ledger WHERE work = 'dead_letters'",
    );
    // Three batches at least came from the dead-letter queues, and five orders by hand.
    expect(row?.["dead"]).toBe(4);
    expect(row?.["runs"]).toBeGreaterThanOrEqual(2 + 5);
  });
});
