import { addToLedger } from "@candlehouse/shared/d1/ledger";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { statsSchema } from "../src/operations-schemas.ts";
import { problemIn } from "./answers.ts";
import { didWork, monitorThat, rowsReadFor, workerAt } from "./ledger-rows.ts";

const HOUR = 3_600;
const NOON = Date.UTC(2026, 10, 23, 12) / 1_000;
/** A quarter past noon. */
const NOW = NOON + 900;

const QUEUES = [
  { queue: "candles", backlog_messages: 12, backlog_bytes: 20_480, oldest_message_at: NOW - 30 },
  { queue: "candles-dlq", backlog_messages: 0, backlog_bytes: 0, oldest_message_at: null },
];
const MONITOR = monitorThat(() => Response.json({ queues: QUEUES }));

const workerNow = (changes: object = {}) => workerAt(NOW, { MONITOR, ...changes });

async function stats(get = workerNow()) {
  const response = await get("/stats", { "cache-control": "no-cache" });
  expect(response.status).toBe(200);
  return { response, body: statsSchema.parse(await response.json()) };
}

/** The statement that puts a file of a partition there, as far as sums go. */
function putFile(symbol: string, partition: string, changes: object = {}): D1PreparedStatement {
  const row = {
    source: "binance",
    symbol,
    timeframe: "1m",
    partition,
    key: `${symbol}-${partition}-${JSON.stringify(changes)}`,
    state: "current",
    format: 1,
    rows: 1_000,
    first_timestamp: 0,
    last_timestamp: 1,
    bytes: 18_000,
    footer_length: 1,
    content_hash: "c",
    file_hash: "f",
    footer_hash: "o",
    day_counts: "[]",
    created_at: NOW,
    verified_at: NOW,
    ...changes,
  };
  const names = Object.keys(row);
  return env.DB.prepare(
    `INSERT INTO archive_files (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
  ).bind(...Object.values(row));
}

async function putChange(partition: string, at: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO archive_changes VALUES ('binance', 'BTC-USDT', '1m', ?, 1, ?, 'archive', '[]', '[]', 'b', 'a')`,
  )
    .bind(partition, at)
    .run();
}

beforeEach(async () => {
  await env.DB.batch(
    ["cost_ledger", "archive_files", "archive_changes", "dead_letters", "alerts", "jobs"].map(
      (table) => env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
});

describe("GET /stats", () => {
  test("of a new system says that nothing was done and nothing waits", async () => {
    const { body } = await stats();
    const nothing = {
      runs: 0,
      candles: 0,
      inserted: 0,
      ignored: 0,
      revised: 0,
      retried: 0,
      dead: 0,
    };
    expect(body).toEqual({
      at: NOW,
      hours: [],
      totals: { hour: { ...nothing, duration_ms: 0 }, day: { ...nothing, duration_ms: 0 } },
      candles_per_second: null,
      queues: QUEUES,
      dead_letters: { open: 0, replayed: 0, discarded: 0, oldest_open_at: null },
      archive: {
        files: 0,
        fragments: 0,
        candles: 0,
        bytes: 0,
        series: 0,
        damaged: 0,
        oldest_verified_at: null,
        newest_verified_at: null,
        last_change_at: null,
      },
      alerts: { firing: 0, critical: 0 },
      jobs: { open_backfills: 0, open_imports: 0 },
      meta: { durationMs: expect.any(Number) },
    });
  });

  test("has the hours of storing, oldest first, and nothing of other work", async () => {
    await didWork("store", NOW, {
      runs: 2,
      candles: 100,
      inserted: 90,
      ignored: 10,
      duration_ms: 50,
    });
    await didWork("store", NOW, { runs: 1, candles: 20, inserted: 20, duration_ms: 10 });
    await didWork("store", NOW - 48 * HOUR, { runs: 1, dead: 3, retried: 4 });
    await didWork("store", NOW - 49 * HOUR, { runs: 1 });
    await didWork("collect", NOW, { runs: 60, candles: 5_000 });
    const { body } = await stats();
    expect(body.hours).toMatchObject([
      { hour: NOON - 48 * HOUR, runs: 1, dead: 3, retried: 4 },
      { hour: NOON, runs: 3, candles: 120, inserted: 110, ignored: 10, duration_ms: 60 },
    ]);
    expect(body.hours).toHaveLength(2);
  });

  test("counts what became a dead letter after its retries too, and no other work on dead letters", async () => {
    await didWork("store", NOW, { runs: 1, candles: 10, inserted: 10, dead: 2, duration_ms: 5 });
    const kept = { runs: 3, requests: 3, dead: 4, retried: 1, candles: 70, duration_ms: 900 };
    await didWork("dead_letters", NOW, kept);
    await didWork("dead_letters", NOW - HOUR, kept);
    // Orders by hand: nothing became a dead letter by them.
    await didWork("dead_letters", NOW - 2 * HOUR, { runs: 1, candles: 30 });
    const { body } = await stats();
    const nothing = { runs: 0, candles: 0, inserted: 0, retried: 0, duration_ms: 0 };
    expect(body.hours).toMatchObject([
      { hour: NOON - HOUR, ...nothing, dead: 4 },
      { hour: NOON, runs: 1, candles: 10, inserted: 10, retried: 0, dead: 6, duration_ms: 5 },
    ]);
    expect(body.hours).toHaveLength(2);
    expect(body.totals.day).toMatchObject({ runs: 1, dead: 10, duration_ms: 5 });
    expect(body.totals.hour).toMatchObject({ dead: 6 + 3 });
    expect(body.candles_per_second).toBe(2_000);
  });

  test("sums the last hour and the last day, and says how fast the consumer was", async () => {
    await didWork("store", NOON, { inserted: 100, duration_ms: 1_000 });
    await didWork("store", NOON - HOUR, {
      inserted: 400,
      ignored: 40,
      revised: 4,
      duration_ms: 2_000,
    });
    await didWork("store", NOON - 23 * HOUR, { inserted: 1_000, duration_ms: 1_000 });
    await didWork("store", NOON - 24 * HOUR, { inserted: 800, duration_ms: 0 });
    const { body } = await stats();
    expect(body.totals.hour).toMatchObject({ inserted: 100 + 300, ignored: 30, revised: 3 });
    expect(body.totals.day).toMatchObject({
      inserted: 100 + 400 + 1_000 + 600,
      duration_ms: 4_000,
    });
    expect(body.candles_per_second).toBe((2_100 + 40 + 4) / 4);
  });

  test("counts dead letters, alerts and jobs by what has become of them", async () => {
    const letter = `INSERT INTO dead_letters (id, queue, reason_code, reason, body_key, body_bytes,
      first_seen, last_seen, state) VALUES (?, 'candles', 'poison_message', 'r', 'k', 1, ?, ?, ?)`;
    const alert = `INSERT INTO alerts (id, kind, severity, message, state, raised_at, seen_at)
      VALUES (?, 'k', ?, 'm', ?, 0, 0)`;
    const job = `INSERT INTO jobs (id, kind, state, request, progress, created_at, updated_at, finished_at)
      VALUES (?, ?, 'running', '{}', '{}', 0, 0, ?)`;
    await env.DB.batch([
      env.DB.prepare(letter).bind("a", 700, 900, "open"),
      env.DB.prepare(letter).bind("b", 800, 900, "open"),
      env.DB.prepare(letter).bind("c", 100, 900, "replayed"),
      env.DB.prepare(letter).bind("d", 200, 900, "discarded"),
      env.DB.prepare(alert).bind("x", "critical", "firing"),
      env.DB.prepare(alert).bind("y", "warning", "firing"),
      env.DB.prepare(alert).bind("z", "critical", "resolved"),
      env.DB.prepare(job).bind("1", "backfill", null),
      env.DB.prepare(job).bind("2", "backfill", null),
      env.DB.prepare(job).bind("3", "backfill", 5),
      env.DB.prepare(job).bind("4", "import", null),
    ]);
    const { body } = await stats();
    expect(body.dead_letters).toEqual({ open: 2, replayed: 1, discarded: 1, oldest_open_at: 700 });
    expect(body.alerts).toEqual({ firing: 2, critical: 1 });
    expect(body.jobs).toEqual({ open_backfills: 2, open_imports: 1 });
  });

  test("sums the files that answer queries, and tells what is wrong with them", async () => {
    await env.DB.batch([
      putFile("BTC-USDT", "2026-09", { verified_at: 100 }),
      putFile("BTC-USDT", "2026-10", { verified_at: 300, damage: "bytes 4 to 9 are missing" }),
      putFile("BTC-USDT", "2026-10", { state: "fragment", verified_at: 1, damage: "no Parquet" }),
      putFile("ETH-USDT", "2026-10", { state: "replaced", verified_at: 900 }),
      putFile("ADA-USDT", "2026-10", { verified_at: 200 }),
    ]);
    await putChange("2026-09", NOW - 60);
    const { body } = await stats();
    expect(body.archive).toEqual({
      files: 3,
      fragments: 1,
      candles: 3_000,
      bytes: 54_000,
      series: 2,
      damaged: 2,
      oldest_verified_at: 100,
      newest_verified_at: 300,
      last_change_at: NOW - 60,
    });
  });

  test("is kept for a while, but for who asks past caches", async () => {
    const get = workerNow();
    const first = await (await get("/stats")).text();
    await didWork("store", NOW, { inserted: 1 });
    const second = await get("/stats");
    expect(second.headers.get("server-timing")).toBe("cache;desc=hit");
    expect(await second.text()).toBe(first);
    expect((await stats(get)).body.hours).toHaveLength(1);
  });

  test("reads the manifest once while the archive does not change, and few rows beside it", async () => {
    await env.DB.batch(
      Array.from({ length: 200 }, (_, file) =>
        putFile(`A${file % 20}-USDT`, `20${10 + Math.floor(file / 20)}-01`),
      ),
    );
    await putChange("2026-09", NOW);
    await env.DB.batch(
      Array.from({ length: 49 }, (_, hour) => NOW - hour * HOUR).flatMap((at) => [
        addToLedger(env.DB, "store", { runs: 1 }, at),
        addToLedger(env.DB, "collect", { runs: 1 }, at),
      ]),
    );
    const get = workerNow();
    const first = await stats(get);
    expect(rowsReadFor(first.response)).toBeLessThan(200 + 2 * 49 + 10);
    expect(rowsReadFor(first.response)).toBeGreaterThanOrEqual(200);
    const again = await stats(get);
    expect(rowsReadFor(again.response)).toBeLessThan(2 * 49 + 10);
    expect(again.body).toEqual({ ...first.body, meta: again.body.meta });
  });

  test("is refused where the monitor does not tell what waits", async () => {
    for (const MONITOR_OF of [
      monitorThat(() => Response.json({ code: "queue_unavailable" }, { status: 503 })),
      monitorThat(() => {
        throw new Error("Network connection lost");
      }),
    ]) {
      const problem = await problemIn(await workerNow({ MONITOR: MONITOR_OF })("/stats"));
      expect(problem).toMatchObject({ status: 503, code: "queue_unavailable" });
    }
  });

  test("takes no parameter", async () => {
    const problem = await problemIn(await workerNow()("/stats?hours=3"));
    expect(problem).toMatchObject({ status: 400, parameter: "hours" });
  });
});
