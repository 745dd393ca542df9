import { METRICS, type MetricName } from "@candlehouse/shared/core/metric";
import { recordCheck, recordCompleteness } from "@candlehouse/shared/d1/monitor-figures";
import type { Series } from "@candlehouse/shared/core/series";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { problemIn } from "./answers.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";
import { readExposition, type ReadSample } from "./exposition.ts";
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
const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
/** What Prometheus 3 sends. */
const SCRAPE_ACCEPT =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

const workerNow = (at = NOW, changes: object = {}) => workerAt(at, { MONITOR, ...changes });

async function samples(path = "/metrics", get = workerNow()): Promise<readonly ReadSample[]> {
  const response = await get(path, { "cache-control": "no-cache" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe(PROMETHEUS);
  return readExposition(await response.text(), false).samples;
}

/** `[labels, value]` of each sample of a metric. */
async function valuesOf(
  name: MetricName,
  path?: string,
  get = workerNow(),
): Promise<readonly (readonly [ReadSample["labels"], number])[]> {
  const all = await samples(path, get);
  return all
    .filter((one) => one.name === name)
    .map(({ labels, value }) => [labels, value] as const);
}

const TABLES = [
  "cost_ledger",
  "archive_files",
  "dead_letters",
  "alerts",
  "jobs",
  "series",
  "price_data",
  "source_state",
  "gaps",
  "monitor_checks",
  "notice_channels",
  "tier_completeness",
];

beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

/** Something of everything that is told. */
async function putAll(): Promise<void> {
  const btc = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" } as const;
  await collectSeries(btc, { tier: 1 });
  await storeCandles(btc, [candleAt(NOW - 120)]);
  await didWork("store", NOON - HOUR, { runs: 1, candles: 10, inserted: 9, rows_written: 11 });
  await recordCheck(env.DB, { at: NOW - 60, failedLooks: 1 });
  const measured = { series: 1, expected: 10_080, held: 10_000, explained: 30, missing: 80 };
  await recordCompleteness(
    env.DB,
    [{ tier: 1, timeframe: "1m", days: 7, measuredAt: NOON, ...measured }],
    NOON,
  );
  await env.DB.batch(
    [
      `INSERT INTO source_state (source, state, since, last_success_at) VALUES ('binance', 'ok', ${NOW - 60}, ${NOW - 60})`,
      `INSERT INTO alerts (id, kind, severity, subject, message, state, raised_at, seen_at)
        VALUES ('queue_backlog:candles', 'queue_backlog', 'critical', 'candles', 'm', 'firing', 1, 1),
          ('source_off:finnhub', 'source_off', 'warning', 'finnhub', 'm', 'resolved', 1, 1)`,
      `INSERT INTO dead_letters (id, queue, reason_code, reason, body_key, body_bytes, first_seen,
        last_seen) VALUES ('a', 'candles', 'poison_message', 'r', 'k', 1, ${NOW - 500}, ${NOW})`,
      `INSERT INTO gaps (source, symbol, timeframe, start, "end", missing, runs, class, state, evidence,
        found_at, updated_at)
        VALUES ('binance', 'BTC-USDT', '1m', 60, 180, 2, 1, 'unknown', 'open', '{}', 1, 1)`,
      `INSERT INTO notice_channels (channel, delivered, attempts, given_up)
        VALUES ('webhook 1 ("\\")', 0, 3, 1)`,
      `INSERT INTO archive_files VALUES ('binance', 'BTC-USDT', '1m', '2026-10', 'k', 'current', 1, 1000,
        0, 1, 18000, 1, 'c', 'f', 'o', '[]', 1, NULL, ${NOW - 86_400}, NULL)`,
      "INSERT OR IGNORE INTO archive_changes VALUES ('binance', 'BTC-USDT', '1m', '2026-10', 1, 7, 'archive', '[]', '[]', 'b', 'a')",
    ].map((sql) => env.DB.prepare(sql)),
  );
}

function seriesOf(symbol: string, timeframe: "1m" | "1h"): Series {
  return { source: "binance", symbol, timeframe };
}

/** Runs since the ledger began, and requests of the month. */
const used = async (get: ReturnType<typeof workerAt>) => [
  (await valuesOf("candlehouse_work_runs_total", "/metrics", get)).at(-1)?.[1],
  (await valuesOf("candlehouse_cost_used_units", "/metrics", get)).find(
    ([labels]) => labels["item"] === "requests",
  )?.[1],
];

const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
afterEach(() => errors.mockClear());

describe("GET /metrics", () => {
  test("tells every metric of the list with its type, and none beside", async () => {
    await putAll();
    const response = await workerNow()("/metrics?series=all");
    const { types } = readExposition(await response.text(), false);
    expect(Object.fromEntries(types)).toEqual(
      Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [name, type])),
    );
  });

  test("is OpenMetrics where Prometheus asks for it, with the same values", async () => {
    await putAll();
    const get = workerNow();
    const response = await get("/metrics", { accept: SCRAPE_ACCEPT });
    expect(response.headers.get("content-type")).toBe(OPENMETRICS);
    expect(response.headers.get("vary")).toContain("Accept");
    // Its type is no text to the runtime, which warns where it is read as one.
    const text = new TextDecoder().decode(await response.arrayBuffer());
    const open = readExposition(text, true);
    expect(open.types.get("candlehouse_work_runs")).toBe("counter");
    expect(open.samples).toEqual(await samples("/metrics", get));
  });

  test("of a new system tells that nothing is wrong and nothing waits", async () => {
    expect(await valuesOf("candlehouse_series")).toEqual([]);
    const firing = await valuesOf("candlehouse_alerts_firing");
    expect(firing).toContainEqual([{ kind: "source_failing", severity: "critical" }, 0]);
    expect(await valuesOf("candlehouse_monitor_last_check_timestamp_seconds")).toEqual([]);
    expect(await valuesOf("candlehouse_dead_letters")).toContainEqual([{ state: "open" }, 0]);
  });

  test("tells what tables hold", async () => {
    await putAll();
    const all = await samples();
    const of = (name: MetricName) =>
      all.filter((one) => one.name === name).map(({ labels, value }) => [labels, value]);
    expect(of("candlehouse_queue_messages")).toEqual([
      [{ queue: "candles" }, 12],
      [{ queue: "candles-dlq" }, 0],
    ]);
    expect(of("candlehouse_queue_oldest_message_age_seconds")).toEqual([
      [{ queue: "candles" }, 30],
      [{ queue: "candles-dlq" }, 0],
    ]);
    expect(of("candlehouse_alerts_firing").filter(([, value]) => value !== 0)).toEqual([
      [{ kind: "queue_backlog", severity: "critical" }, 1],
    ]);
    expect(of("candlehouse_monitor_last_check_timestamp_seconds")).toEqual([[{}, NOW - 60]]);
    expect(of("candlehouse_notice_failed_attempts")).toEqual([
      [{ channel: 'webhook 1 ("\\")' }, 3],
    ]);
    expect(of("candlehouse_completeness_ratio")).toEqual([
      [{ tier: "1", timeframe: "1m" }, 10_000 / 10_050],
    ]);
    expect(of("candlehouse_gap_candles")).toEqual([[{ class: "unknown", state: "open" }, 2]]);
    expect(of("candlehouse_archive_candles")).toEqual([[{}, 1_000]]);
    expect(of("candlehouse_hot_oldest_candle_timestamp_seconds")).toEqual([
      [{ timeframe: "1m" }, NOW - 120],
    ]);
    expect(of("candlehouse_candles_total")).toContainEqual([
      { work: "store", outcome: "inserted" },
      9,
    ]);
    expect(of("candlehouse_cost_used_units")).toContainEqual([{ item: "rows_written" }, 11]);
  });

  test("tells how late series are by group, and one by one where that is asked for", async () => {
    for (const [symbol, ago] of [
      ["BTC-USDT", 60],
      ["ETH-USDT", 660],
      ["SOL-USDT", 7_260],
    ] as const) {
      await collectSeries(seriesOf(symbol, "1m"), { tier: 1 });
      await storeCandles(seriesOf(symbol, "1m"), [candleAt(NOW - ago)]);
    }
    await collectSeries(seriesOf("BTC-USDT", "1h"), { tier: 1 });
    const minutes = { source: "binance", timeframe: "1m", tier: "1" };
    const hours = { ...minutes, timeframe: "1h" };
    expect(await valuesOf("candlehouse_series")).toEqual([
      [hours, 1],
      [minutes, 3],
    ]);
    expect(await valuesOf("candlehouse_series_late_seconds")).toEqual([
      [hours, 0],
      [minutes, 7_200],
    ]);
    expect(await valuesOf("candlehouse_series_late")).toEqual([
      [hours, 0],
      [minutes, 2],
    ]);
    expect(await valuesOf("candlehouse_series_empty")).toEqual([
      [hours, 1],
      [minutes, 0],
    ]);
    expect(await valuesOf("candlehouse_each_series_late_seconds")).toEqual([]);
    expect(await valuesOf("candlehouse_each_series_late_seconds", "/metrics?series=all")).toEqual([
      [{ ...minutes, symbol: "BTC-USDT" }, 0],
      [{ ...minutes, symbol: "ETH-USDT" }, 600],
      [{ ...minutes, symbol: "SOL-USDT" }, 7_200],
    ]);
  });

  test("counts on from hours that it has summed, and by month", async () => {
    const get = workerNow();
    const lastMonth = NOON - 30 * 86_400;
    await didWork("collect", lastMonth, { runs: 5, requests: 5 });
    await didWork("collect", NOON - 5 * HOUR, { runs: 7, requests: 7 });
    await didWork("collect", NOON, { runs: 1, requests: 1 });
    expect(await used(get)).toEqual([13, 8]);
    // The running hour grows, and so does one that was read before it was settled.
    await didWork("collect", NOON, { runs: 1, requests: 1 });
    await didWork("collect", NOON - 2 * HOUR, { runs: 10, requests: 10 });
    expect(await used(get)).toEqual([24, 19]);
    expect(await used(workerNow())).toEqual([24, 19]);
  });

  test("is kept for a while, and made anew for whom that will not do", async () => {
    const get = workerNow();
    const first = await get("/metrics");
    expect(rowsReadFor(first)).toBeGreaterThan(0);
    await didWork("store", NOON, { runs: 1 });
    const second = await get("/metrics");
    expect(second.headers.get("server-timing")).toContain("cache");
    expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
    const past = await get("/metrics", { "cache-control": "no-cache" });
    expect(past.headers.get("etag")).not.toBe(first.headers.get("etag"));
  });

  test("refuses a parameter that cannot be meant, and fails as a problem where the monitor does not answer", async () => {
    expect(await problemIn(await workerNow()("/metrics?series=some"))).toMatchObject({
      status: 400,
      code: "invalid_input",
    });
    const silent = workerNow(NOW, {
      MONITOR: monitorThat(() => new Response("", { status: 500 })),
    });
    expect(await problemIn(await silent("/metrics"))).toMatchObject({
      status: 503,
      code: "queue_unavailable",
    });
  });
});
