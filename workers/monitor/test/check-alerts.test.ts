import { ALERT_KINDS } from "@candlehouse/shared/core/alert";
import { planAlerts, type AlertPlan } from "@candlehouse/shared/core/alert-plan";
import { readAlerts, readFiring, writeAlerts, type AlertRow } from "@candlehouse/shared/d1/alerts";
import { readLastCheck } from "@candlehouse/shared/d1/monitor-figures";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkAlerts } from "../src/check-alerts.ts";
import type { MonitorContext } from "../src/context.ts";
import {
  clearAll,
  collect,
  DAY,
  MINUTE,
  monitorAt,
  NOW,
  putCold,
  putHot,
  seriesOf,
  TODAY,
} from "./holdings.ts";
import { loggedEvents } from "./logged-events.ts";

const logged = vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(clearAll);
afterEach(() => vi.clearAllMocks());

const HOUR = 3_600;
/** Not a full hour. */
const AT = NOW + 5 * MINUTE;
const BTC = seriesOf("BTC-USDT");

function check(now = AT, changes: Partial<MonitorContext> = {}): Promise<AlertPlan> {
  return checkAlerts(monitorAt(now, changes), now);
}

async function setSource(state: string, since: number, reason: string | null): Promise<void> {
  await env.DB.prepare(
    `INSERT OR REPLACE INTO source_state (source, state, since, reason_code, reason)
    VALUES ('binance', ?, ?, iif(?1 = 'ok', NULL, 'source_unavailable'), ?)`,
  )
    .bind(state, since, reason)
    .run();
}

/** That all series were answered so at `at`. */
async function setLastError(at: number): Promise<void> {
  await env.DB.prepare(
    `UPDATE series SET failure_count = 1, last_error_at = ?, last_error_code = 'source_unavailable',
      last_error = 'api.binance.com answered HTTP 520'`,
  )
    .bind(at)
    .run();
}

async function putLetter(id: string, state = "open"): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO dead_letters (id, queue, reason_code, reason, body_key, body_bytes, first_seen,
      last_seen, state)
    VALUES (?, 'candles', 'poison_message', 'its high is below its low', 'k', 1, ?, ?, ?)`,
  )
    .bind(id, AT - HOUR, AT, state)
    .run();
}

/** That so many fetches of each series failed, ever. */
const failures = (each: number) => env.DB.exec(`UPDATE series SET failures = ${each}`);

/** That all files were read back then. */
const verified = (at: number) => env.DB.exec(`UPDATE archive_files SET verified_at = ${at}`);

/** `[id, severity, state]` of all alerts. */
async function lines(): Promise<unknown[]> {
  return (await readAlerts(env.DB, undefined, 100)).map((row) => [row.id, row.severity, row.state]);
}

async function alertRow(id: string): Promise<AlertRow | undefined> {
  return (await readAlerts(env.DB, undefined, 100)).find((row) => row.id === id);
}

describe("a check", () => {
  test("finds nothing wrong where nothing is, and writes nothing", async () => {
    await collect(BTC);
    await putHot(BTC, [AT - 2 * MINUTE - (AT % MINUTE)]);
    await setSource("ok", AT - DAY, null);
    await putLetter("a", "replayed");
    expect(await check()).toEqual({ raise: [], touch: [], doubt: [], resolve: [] });
    expect(await lines()).toEqual([]);
    expect(loggedEvents(logged, "alerts.checked")).toMatchObject([
      { looks: "collection, source_errors, dead_letters, queues, notices", firing: 0, errors: 0 },
    ]);
  });

  test("takes no series for late whose candles are just being stored, and one that stands still it does", async () => {
    await collect(BTC);
    await putHot(BTC, [AT - 5 * HOUR]);
    const waits: number[] = [];
    const storing = async (ms: number): Promise<void> => {
      waits.push(ms);
      await putHot(BTC, [AT - 4 * HOUR]);
    };
    expect(await check(AT, { sleep: storing })).toMatchObject({ raise: [] });
    expect(await check(AT + 5 * MINUTE)).toMatchObject({
      raise: [{ kind: "series_stale", subject: "tier 1", severity: "critical" }],
    });
    // What is told already is not waited for.
    expect(await check(AT + 10 * MINUTE, { sleep: storing })).toMatchObject({ raise: [] });
    expect(await lines()).toEqual([["series_stale:tier 1", "critical", "firing"]]);
    expect(waits).toEqual([20_000]);
  });

  test("tells of a source that fails what it answered last, not that its host is left alone", async () => {
    await collect(BTC);
    await putHot(BTC, [AT - 2 * MINUTE]);
    const since = AT - 10 * MINUTE;
    await setSource("failing", since, "api.binance.com is left alone until then: unavailable");
    // What it answered before it failed is not why it does.
    await setLastError(since - 1);
    await check();
    expect((await alertRow("source_failing:binance"))?.message).toContain("is left alone");
    await env.DB.exec("DELETE FROM alerts");
    await setLastError(since);
    await check();
    expect((await alertRow("source_failing:binance"))?.message).toBe(
      "binance fails since 2026-11-23 03:55 UTC, and 1 series of it with it: source_unavailable: api.binance.com answered HTTP 520",
    );
  });

  test("raises a source that fails, and resolves it when two checks find it well", async () => {
    await collect(BTC);
    await putHot(BTC, [AT - 2 * MINUTE]);
    await setSource("failing", AT - 10 * MINUTE, "HTTP 520");
    await check();
    expect(await lines()).toEqual([["source_failing:binance", "warning", "firing"]]);
    expect(loggedEvents(errors, "alert.raised")).toEqual([
      {
        event: "alert.raised",
        kind: "source_failing",
        severity: "warning",
        subject: "binance",
        message:
          "binance fails since 2026-11-23 03:55 UTC, and 1 series of it with it: source_unavailable: HTTP 520",
        runbook: "docs/alerts.md#source_failing",
      },
    ]);
    await setSource("ok", AT + MINUTE, null);
    await check(AT + 5 * MINUTE);
    expect(await lines()).toEqual([["source_failing:binance", "warning", "firing"]]);
    await check(AT + 10 * MINUTE);
    expect(await alertRow("source_failing:binance")).toMatchObject({
      state: "resolved",
      raised_at: AT,
      resolved_at: AT + 5 * MINUTE,
      raised_count: 1,
    });
    expect(loggedEvents(logged, "alert.resolved")).toMatchObject([
      { kind: "source_failing", subject: "binance", firedSeconds: 300 },
    ]);
  });

  test("raises the same thing again in its row", async () => {
    await putLetter("a");
    await check();
    await env.DB.exec("UPDATE dead_letters SET state = 'replayed'");
    await check(AT + 5 * MINUTE);
    await check(AT + 10 * MINUTE);
    await env.DB.exec("UPDATE dead_letters SET state = 'open'");
    await check(AT + 15 * MINUTE);
    expect(await alertRow("dead_letters_open")).toMatchObject({
      state: "firing",
      raised_at: AT + 15 * MINUTE,
      resolved_at: null,
      raised_count: 2,
    });
  });

  test("writes what is still wrong once an hour, and what has grown worse at once", async () => {
    await collect(BTC);
    await putHot(BTC, [AT - 2 * MINUTE]);
    await setSource("failing", AT - 30 * MINUTE, "HTTP 520");
    await putLetter("a");
    await check();
    await putLetter("b");
    await check(AT + 5 * MINUTE);
    expect(await alertRow("dead_letters_open")).toMatchObject({ seen_at: AT });
    await check(AT + 35 * MINUTE);
    expect(await alertRow("dead_letters_open")).toMatchObject({ seen_at: AT });
    expect(await alertRow("source_failing:binance")).toMatchObject({
      severity: "critical",
      seen_at: AT + 35 * MINUTE,
      raised_count: 1,
    });
    await check(AT + 60 * MINUTE);
    expect(await alertRow("dead_letters_open")).toMatchObject({
      seen_at: AT + 60 * MINUTE,
      message: expect.stringMatching(/^2 dead letters open/),
    });
  });

  test("says nothing of sources of which no series is collected", async () => {
    await setSource("failing", AT - DAY, "HTTP 520");
    await collect(BTC);
    await env.DB.exec("UPDATE series SET enabled = 0");
    await check();
    expect(await lines()).toEqual([]);
  });

  test("finds series that are late, one alert a tier, by key and asked", async () => {
    await collect(BTC);
    await collect(seriesOf("ETH-USDT"), 2);
    await collect(seriesOf("SOL-USDT"), 2);
    await putHot(BTC, [AT - 2 * HOUR]);
    await putHot(seriesOf("ETH-USDT"), [AT - 2 * HOUR]);
    await putHot(seriesOf("SOL-USDT"), [AT - 2 * MINUTE]);
    await check();
    expect(await lines()).toEqual([
      ["series_stale:tier 1", "critical", "firing"],
      ["series_stale:tier 2", "warning", "firing"],
    ]);
    await env.DB.exec(`UPDATE series SET asked_until = ${AT - MINUTE}`);
    await check(AT + 5 * MINUTE);
    expect((await readFiring(env.DB)).map(({ absentSince }) => absentSince)).toEqual([
      AT + 5 * MINUTE,
      AT + 5 * MINUTE,
    ]);
  });

  test("finds damaged files, failed backfills and costs at the full hour", async () => {
    await putCold(BTC, [TODAY - 60 * DAY]);
    await env.DB.batch([
      env.DB.prepare("UPDATE archive_files SET damage = 'bytes 4 to 9 are not what was written'"),
      env.DB.prepare(
        `INSERT INTO jobs (id, kind, source, symbol, timeframe, state, request, progress, message,
          created_at, updated_at, finished_at)
        VALUES ('b-1', 'backfill', 'binance', 'BTC-USDT', '1m', 'failed', '{}', '{}', 'no disk',
          ${NOW - 2 * DAY}, ${NOW}, ${NOW - HOUR}),
          ('b-2', 'backfill', 'binance', 'BTC-USDT', '1m', 'failed', '{}', '{}', 'long ago',
          ${NOW - 4 * DAY}, ${NOW}, ${NOW - 2 * DAY}),
          ('b-3', 'backfill', 'binance', 'BTC-USDT', '1m', 'incomplete', '{}', '{}', 'no reach',
          ${NOW - 2 * DAY}, ${NOW}, ${NOW - HOUR})`,
      ),
      env.DB.prepare(
        `INSERT INTO cost_ledger (hour, work, rows_written)
        VALUES (${TODAY - 5 * DAY}, 'store', 40000000), (${TODAY - 30 * DAY}, 'store', 90000000)`,
      ),
    ]);
    await check();
    expect(await lines()).toEqual([]);
    await check(NOW);
    expect(await lines()).toEqual([
      ["archive_damaged", "critical", "firing"],
      ["cost_projected", "warning", "firing"],
      ["job_failed", "warning", "firing"],
    ]);
    expect((await alertRow("job_failed"))?.message).toMatch(/^1 backfill failed .* no disk$/);
    expect((await alertRow("cost_projected"))?.message).toContain("D1 rows written 54,");
    // A check that did not look says nothing of them.
    await check(NOW + 5 * MINUTE);
    expect((await readFiring(env.DB)).map(({ absentSince }) => absentSince)).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("finds candles that were not archived at five, and each hour until they are", async () => {
    const old = seriesOf("OLD-USDT");
    await putHot(old, [TODAY - 30 * DAY]);
    await check(NOW);
    expect(await lines()).toEqual([]);
    await check(NOW + HOUR);
    expect(await lines()).toEqual([["archive_late", "warning", "firing"]]);
    await env.DB.exec("DELETE FROM price_data");
    await check(NOW + 2 * HOUR);
    await check(NOW + 3 * HOUR);
    expect(await lines()).toEqual([["archive_late", "warning", "resolved"]]);
  });

  test("finds a source of which many fetches fail, by what failed since its mark", async () => {
    for (const symbol of ["BTC-USDT", "ETH-USDT", "SOL-USDT"]) {
      await collect(seriesOf(symbol), 3);
    }
    await failures(40);
    // What failed before anybody looked says nothing of now.
    await check();
    await failures(41);
    await check(AT + 5 * MINUTE);
    expect(await lines()).toEqual([]);
    await failures(46);
    await check(AT + 30 * MINUTE);
    expect(await lines()).toEqual([["source_errors:binance", "warning", "firing"]]);
    expect((await alertRow("source_errors:binance"))?.message).toMatch(
      /^18 fetches from binance failed since 2026-11-23 04:05 UTC, where 90 candles came due/,
    );
    // Half an hour later the mark is that of half an hour ago.
    await check(AT + 60 * MINUTE);
    await check(AT + 65 * MINUTE);
    await check(AT + 70 * MINUTE);
    expect(await lines()).toEqual([["source_errors:binance", "warning", "resolved"]]);
    const { results } = await env.DB.prepare("SELECT * FROM source_failures").all();
    expect(results).toEqual([
      {
        source: "binance",
        at: AT + 60 * MINUTE,
        failures: 138,
        before_at: AT + 30 * MINUTE,
        before_failures: 138,
      },
    ]);
  });

  test("finds files that were not read back for sixty days, by the hour", async () => {
    await putCold(BTC, [TODAY - 60 * DAY]);
    await verified(NOW - 60 * DAY);
    await check(NOW);
    expect(await lines()).toEqual([]);
    await verified(NOW - 60 * DAY - 1);
    await check(NOW + HOUR);
    expect(await lines()).toEqual([["verification_late", "warning", "firing"]]);
  });

  test("notes when it was, and what it could not look at", async () => {
    await check();
    const queues = { candles: { metrics: () => Promise.reject(new Error("no answer")) } };
    await expect(
      check(AT + 5 * MINUTE, { queues: queues as unknown as MonitorContext["queues"] }),
    ).rejects.toThrow("no answer");
    expect(await readLastCheck(env.DB)).toEqual({ at: AT + 5 * MINUTE, failedLooks: 1 });
  });

  test("goes on where a look fails, resolves nothing of it, and then throws", async () => {
    // No message of a test waits for twenty minutes.
    const metrics = vi.fn<Queue["metrics"]>();
    metrics.mockResolvedValue({
      backlogCount: 7,
      backlogBytes: 70,
      oldestMessageTimestamp: new Date((AT - 20 * MINUTE) * 1_000),
    });
    const queues = { candles: Object.assign(Object.create(env.CANDLES), { metrics }) as Queue };
    await check(AT, { queues });
    expect(await lines()).toEqual([["queue_backlog:candles", "warning", "firing"]]);
    metrics.mockRejectedValue(new Error("no answer"));
    await putLetter("a");
    await expect(check(AT + 5 * MINUTE, { queues })).rejects.toThrow(
      "candles does not tell its backlog: Error: no answer",
    );
    expect(loggedEvents(logged, "alerts.checked").at(-1)).toMatchObject({ errors: 1, firing: 2 });
    expect((await readFiring(env.DB)).map(({ id, absentSince }) => [id, absentSince])).toEqual([
      ["dead_letters_open", null],
      ["queue_backlog:candles", null],
    ]);
  });

  test("runs where its real cron fires; the alert, its notice, the check and the ledger are billed", async () => {
    await putLetter("a");
    const worker = exports.default as unknown as { scheduled(controller: object): Promise<void> };
    const scheduledTime = new Date(AT * 1_000);
    await worker.scheduled({ cron: "*/5 * * * *", scheduledTime });
    expect(await alertRow("dead_letters_open")).toMatchObject({ raised_at: AT });
    const { results } = await env.DB.prepare("SELECT * FROM cost_ledger").all();
    expect(results).toMatchObject([{ work: "monitor", runs: 1, requests: 1, rows_written: 4 }]);
    expect(Number(results[0]?.["rows_read"])).toBeGreaterThan(0);
  });

  test("whose scan goes on in an invocation of its own is one billed request all the same", async () => {
    const worker = exports.default as unknown as { scheduled(controller: object): Promise<void> };
    // At three o'clock a tier is repaired.
    const scheduledTime = new Date((TODAY + 3 * HOUR) * 1_000);
    await worker.scheduled({ cron: "0 * * * *", scheduledTime });
    const { results } = await env.DB.prepare("SELECT * FROM cost_ledger").all();
    expect(results).toMatchObject([{ work: "monitor", requests: 1 }]);
    expect(Number(results[0]?.["runs"])).toBeGreaterThan(1);
  });
});

describe("the records of alerts", () => {
  test("take two checks at once for one", async () => {
    const found = {
      kinds: new Set(ALERT_KINDS),
      alerts: [
        { kind: "dead_letters_open", severity: "warning", subject: null, message: "1 open" },
      ],
    } as const;
    const plan = planAlerts(found, [], AT);
    await Promise.all([writeAlerts(env.DB, plan, AT), writeAlerts(env.DB, plan, AT)]);
    expect(await alertRow("dead_letters_open")).toMatchObject({ raised_count: 1 });
    const firing = await readFiring(env.DB);
    const gone = planAlerts({ ...found, alerts: [] }, firing, AT + 300);
    await writeAlerts(env.DB, gone, AT + 300);
    await writeAlerts(env.DB, gone, AT + 400);
    expect(await readFiring(env.DB)).toMatchObject([{ absentSince: AT + 300 }]);
  });
});
