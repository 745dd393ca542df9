import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  candleMessage,
  candleRow,
  clearTables,
  DEAD_LETTER_QUEUE,
  deadLetterRows,
  deliver,
  messageOf,
  NOW_MS,
  QUEUE,
  storedRows,
} from "./delivery.ts";
import { always, faultyBucket, faultyDatabase } from "./faulty-stores.ts";
import { KeepingQueue, order, queuesOf } from "./letter-orders.ts";

const HOUR = 3_600;
const NOW = NOW_MS / 1_000;

beforeEach(async () => {
  await clearTables();
  await env.DB.exec("DELETE FROM coverage");
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

/** The rows of the ledger, without the counts that are 0. */
async function ledger(): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger ORDER BY hour, work").all();
  return results.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== 0)),
  );
}

/** Rows that D1 said it had written in all that was done by `act`, and how often it was asked. */
async function billOf(
  act: (db: D1Database) => Promise<unknown>,
): Promise<{ rowsWritten: number; calls: number }> {
  const bill = { rowsWritten: 0, calls: 0 };
  const add = <Row>(results: D1Result<Row>[]) => {
    bill.calls += 1;
    bill.rowsWritten += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
  };
  const real = new Map<D1PreparedStatement, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = new Proxy(statement, {
      get: (_, name) =>
        name === "bind"
          ? (...values: unknown[]) => wrap(statement.bind(...values))
          : async () => {
              const result = await statement.run();
              add([result]);
              return result;
            },
    });
    real.set(wrapped, statement);
    return wrapped;
  };
  await act(
    new Proxy(env.DB, {
      get: (db, name) =>
        name === "prepare"
          ? (sql: string) => wrap(db.prepare(sql))
          : async (statements: D1PreparedStatement[]) => {
              const results = await db.batch(statements.map((one) => real.get(one) ?? one));
              add(results);
              return results;
            },
    }),
  );
  return bill;
}

describe("the ledger", () => {
  test("has a batch of new candles from the transaction that stored them", async () => {
    const messages = [{ body: candleMessage(0, 1, 2) }, { body: candleMessage(2, 3) }];
    const bill = await billOf((db) => deliver(messages, QUEUE, { db }));
    expect(bill).toEqual({ rowsWritten: 5, calls: 1 });
    expect(await ledger()).toEqual([
      {
        hour: Math.floor(NOW / HOUR) * HOUR,
        work: "store",
        runs: 1,
        candles: 5,
        inserted: 4,
        requests: 1,
        queue_operations: 4,
        rows_read: 4,
        rows_written: bill.rowsWritten,
        duration_ms: expect.any(Number),
      },
    ]);
  });

  test("knows how long that took", async () => {
    const startedMs = Date.now() - 1_000;
    let asked = 0;
    // The consumer began a second ago.
    const realNowMs = () => (asked++ === 0 ? startedMs : Date.now());
    await deliver([{ body: candleMessage(0) }], QUEUE, { realNowMs });
    const [{ duration_ms } = {}] = await ledger();
    expect(duration_ms).toBeGreaterThanOrEqual(1_000);
    expect(duration_ms).toBeLessThan(20_000);
  });

  test("counts what is taken out of the coverage", async () => {
    // Older than today, so that its day is counted anew.
    const day = Math.floor(candleRow(0)[2] / 86_400);
    await env.DB.prepare("INSERT INTO coverage VALUES ('binance', 'BTC-USDT', '1m', ?, 7)")
      .bind(day)
      .run();
    const bill = await billOf((db) => deliver([{ body: candleMessage(0, 1) }], QUEUE, { db }));
    expect(bill.rowsWritten).toBe(4);
    expect(await ledger()).toMatchObject([{ inserted: 2, rows_written: 4 }]);
  });

  test("has a batch of known, restated and faulty candles right after it", async () => {
    await deliver([{ body: candleMessage(0, 1) }]);
    const before = await ledger();
    const messages = [
      { body: candleMessage(0, 5) },
      { body: messageOf(candleRow(1, 27_506)), sentAtMs: NOW_MS + 5 },
      { body: { ...candleMessage(0), v: 2 } },
    ];
    const bill = await billOf((db) => deliver(messages, QUEUE, { db }));
    const [row] = await ledger();
    expect(row).toMatchObject({
      runs: 2,
      candles: 5,
      inserted: 3,
      ignored: 1,
      revised: 1,
      dead: 1,
      requests: 2,
      queue_operations: 2 + 6,
      class_a: 1,
      rows_written: Number(before[0]?.["rows_written"]) + bill.rowsWritten,
    });
    // The candles with the revision check, the row of the dead letter, the ledger.
    expect(bill.calls).toBe(3);
  });

  test("counts messages that go back", async () => {
    const bucket = faultyBucket(env.BUCKET, always("fails before", "R2 is away"));
    await deliver([{ body: candleMessage(0) }, { body: 7 }], QUEUE, { bucket });
    expect(await ledger()).toMatchObject([
      { runs: 1, inserted: 1, retried: 1, queue_operations: 3, class_a: 1 },
    ]);
  });

  test("counts once that a message was written to a dead-letter queue", async () => {
    const bucket = faultyBucket(env.BUCKET, always("fails before", "R2 is away"));
    await deliver([{ body: candleMessage(0) }], DEAD_LETTER_QUEUE, { bucket });
    await deliver([{ body: candleMessage(0), attempts: 2 }], DEAD_LETTER_QUEUE);
    // Written, read twice, deleted.
    expect(await ledger()).toMatchObject([{ runs: 2, retried: 1, dead: 1, queue_operations: 4 }]);
  });

  test("has dead letters from their queue, replays and discards beside the batches", async () => {
    const messages = [{ body: candleMessage(0, 1) }, { body: { ...candleMessage(9), v: 2 } }];
    const kept = await billOf((db) => deliver(messages, DEAD_LETTER_QUEUE, { db }));
    expect(await ledger()).toEqual([
      {
        hour: NOW - (NOW % HOUR),
        work: "dead_letters",
        runs: 1,
        dead: 2,
        requests: 1,
        // Each was written to that queue, read and deleted.
        queue_operations: 6,
        class_a: 2,
        rows_read: expect.any(Number),
        rows_written: kept.rowsWritten,
      },
    ]);
    const queues = queuesOf(new KeepingQueue());
    const replayed = await billOf((db) => order("replay", { all: true }, { db, queues }));
    const ids = (await deadLetterRows()).map(({ id }) => id);
    await env.DB.prepare("UPDATE dead_letters SET state = 'open'").run();
    const discarded = await billOf((db) => order("discard", { ids, reason: "tested" }, { db }));
    expect(await ledger()).toMatchObject([
      {
        runs: 3,
        candles: 3,
        dead: 2,
        requests: 3,
        queue_operations: 6 + 2,
        class_a: 2,
        class_b: 2,
        rows_written: kept.rowsWritten + replayed.rowsWritten + discarded.rowsWritten,
      },
    ]);
  });
});

/** A database whose every single statement fails, while transactions work. */
function withoutStatements(): D1Database {
  const broken = faultyDatabase(env.DB, always("fails before", "Network connection lost."));
  const whole = faultyDatabase(env.DB, always("works", ""));
  return new Proxy(env.DB, {
    get: (_, name) =>
      name === "prepare"
        ? (sql: string) => (sql.includes("cost_ledger") ? broken : whole).prepare(sql)
        : Reflect.get(env.DB, name).bind(env.DB),
  });
}

describe("a ledger that cannot be written", () => {
  test("keeps nothing from being acknowledged once its candles are stored, and is told in the log", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const poison = { ...candleMessage(0), v: 2 };
    const result = await deliver([{ body: 7 }, { body: poison }], QUEUE, {
      db: withoutStatements(),
    });
    expect(result.explicitAcks).toHaveLength(2);
    expect(await deadLetterRows()).toHaveLength(2);
    expect(await ledger()).toEqual([]);
    const lines = error.mock.calls.map(([line]): unknown => JSON.parse(String(line)));
    expect(lines).toContainEqual(
      expect.objectContaining({
        event: "handler.failed",
        handler: "ledger",
        reason: expect.stringContaining('"dead":2'),
      }),
    );
  });

  test("does not keep new candles out", async () => {
    await env.DB.exec("ALTER TABLE cost_ledger RENAME TO ledger_elsewhere");
    try {
      const result = await deliver([{ body: candleMessage(0, 1) }]);
      expect(result.explicitAcks).toHaveLength(1);
      expect(await storedRows()).toHaveLength(2);
    } finally {
      await env.DB.exec("ALTER TABLE ledger_elsewhere RENAME TO cost_ledger");
    }
  });
});
