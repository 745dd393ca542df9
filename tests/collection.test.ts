import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const MINUTE_MS = 60_000;
/** Twenty seconds into a minute, so that all sources but CoinGecko have settled. */
const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
/** Open time of the newest closed minute at the start, unix seconds. */
const NEWEST_AT_START = START_MS / 1_000 - 20 - 60;

const SERIES = [
  { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
  { source: "coinbase", symbol: "BTC-USD", timeframe: "1m" },
  { source: "cryptocompare", symbol: "BTC-USD", timeframe: "1m" },
  { source: "coingecko", symbol: "BTC-USD", timeframe: "4h" },
] as const;

/** Sources that have a candle for every minute, with or without a trade. */
const GAPLESS = ["binance", "kraken", "cryptocompare"];
const HOSTS = ["data-api.binance.vision", "api.kraken.com", "min-api.cryptocompare.com"];

interface Stored {
  readonly source: string;
  readonly oldest: number;
  readonly newest: number;
  readonly rows: number;
}

interface SourceState {
  readonly state: string;
  readonly reason_code: string | null;
  readonly reason: string | null;
}

function expectNoHole(series: Stored | undefined): void {
  expect(series).toBeDefined();
  const { oldest, newest, rows } = series ?? { oldest: 0, newest: 0, rows: 0 };
  expect(rows).toBe((newest - oldest) / 60 + 1);
}

describe("collection", () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 0 });
    await system.addSeries(...SERIES);
  });

  afterAll(() => system.close());

  async function stored(): Promise<Map<string, Stored>> {
    const rows = await system.rows<Stored>(
      `SELECT source, MIN(timestamp) AS oldest, MAX(timestamp) AS newest, COUNT(*) AS rows
       FROM price_data WHERE timeframe = '1m' GROUP BY source`,
    );
    return new Map(rows.map((row) => [row.source, row]));
  }

  /** Waits until the gapless sources, or those named, hold the newest closed minute. */
  async function untilCurrent(sources = GAPLESS): Promise<Map<string, Stored>> {
    const newest = Math.floor(system.simulator.nowMs() / MINUTE_MS) * 60 - 60;
    return system.until(`${sources.join(", ")} hold ${newest}`, async () => {
      const bySource = await stored();
      return sources.every((source) => bySource.get(source)?.newest === newest)
        ? bySource
        : undefined;
    });
  }

  function passMinutes(minutes: number): void {
    system.simulator.setClock({ nowMs: system.simulator.nowMs() + minutes * MINUTE_MS });
  }

  async function stateOf(source: string): Promise<SourceState | undefined> {
    const [row] = await system.rows<SourceState>(
      "SELECT state, reason_code, reason FROM source_state WHERE source = ?",
      source,
    );
    return row;
  }

  test("stores the candles of five sources, and the open candle of none", async () => {
    await system.tick();
    const bySource = await untilCurrent();
    expect(bySource.get("coinbase")?.newest).toBeLessThanOrEqual(NEWEST_AT_START);
    const daily = await system.rows<{ source: string; newest: number }>(
      "SELECT source, MAX(timestamp) AS newest FROM price_data WHERE timeframe = '4h'",
    );
    expect(daily).toEqual([{ source: "coingecko", newest: Date.UTC(2026, 2, 2, 4) / 1_000 }]);
  });

  test("adds one candle a series each minute, and sends no candle twice", async () => {
    const before = await stored();
    system.harness.clearLogs();
    for (let minute = 0; minute < 3; minute += 1) {
      passMinutes(1);
      await system.tick();
      await untilCurrent();
    }
    const after = await stored();
    for (const source of GAPLESS) {
      expect((after.get(source)?.rows ?? 0) - (before.get(source)?.rows ?? 0)).toBe(3);
    }
    const sent = system.events("source.collected").map(({ source, candles }) => [source, candles]);
    expect(sent.filter(([source]) => source === "binance")).toEqual([
      ["binance", 1],
      ["binance", 1],
      ["binance", 1],
    ]);
  });

  test("catches up after a pause without a hole", async () => {
    passMinutes(200);
    await system.tick();
    const bySource = await untilCurrent();
    GAPLESS.forEach((source) => expectNoHole(bySource.get(source)));
  });

  test("keeps a candle that its source restates, and records the revision", async () => {
    const timestamp = Math.floor(system.simulator.nowMs() / MINUTE_MS) * 60 - 60;
    const sql = "SELECT close FROM price_data WHERE source = 'binance' AND timestamp = ?";
    const [before] = await system.rows<{ close: number }>(sql, timestamp);
    system.simulator.inject({
      kind: "restate",
      host: "api.binance.com",
      symbol: "BTCUSDT",
      pathIncludes: "interval=1m",
      timestamp: timestamp * 1_000,
      factor: 1.01,
    });
    passMinutes(1);
    await system.tick();
    const revision = await system.until("the revision is recorded", async () => {
      const [row] = await system.rows<{ timestamp: number; close: number }>(
        "SELECT timestamp, close FROM candle_revisions WHERE source = 'binance'",
      );
      return row;
    });
    expect(revision.timestamp).toBe(timestamp);
    expect(revision.close).not.toBe(before?.close);
    expect(await system.rows(sql, timestamp)).toEqual([before]);
    system.simulator.clearFaults();
  });

  test("lets a source that fails cost no other source anything, and collects its minutes later", async () => {
    system.simulator.inject({ kind: "status", host: "api.kraken.com", status: 520, times: null });
    passMinutes(2);
    await system.tick();
    await untilCurrent(["binance", "cryptocompare"]);
    expect(await stateOf("kraken")).toMatchObject({
      state: "failing",
      reason_code: "source_unavailable",
    });
    const series = (await (await system.get("/v1/series?source=kraken")).json()) as {
      series: { late_seconds: number; last_error: { code: string; message: string } }[];
    };
    expect(series.series[0]?.late_seconds).toBeGreaterThanOrEqual(120);
    expect(series.series[0]?.last_error).toMatchObject({ code: "source_unavailable" });
    system.simulator.clearFaults();
    passMinutes(1);
    await system.tick();
    const bySource = await untilCurrent();
    expectNoHole(bySource.get("kraken"));
    expect(await stateOf("kraken")).toMatchObject({ state: "ok", reason: null });
  });

  test("switches Binance's host where the first one refuses our country", async () => {
    system.simulator.inject({ kind: "status", host: "api.binance.com", status: 451, times: null });
    system.simulator.clearRequests();
    passMinutes(1);
    await system.tick();
    const bySource = await untilCurrent();
    expectNoHole(bySource.get("binance"));
    const hosts = system.simulator
      .requests()
      .filter(({ host }) => host.includes("binance"))
      .map(({ host, status }) => [host, status]);
    expect(hosts).toEqual([
      ["api.binance.com", 451],
      ["data-api.binance.vision", 200],
    ]);
    // The refusal is remembered: the next minute does not ask the first host again.
    system.simulator.clearRequests();
    passMinutes(1);
    await system.tick();
    await untilCurrent();
    const asked = system.simulator.requests().map(({ host }) => host);
    expect(asked).not.toContain("api.binance.com");
    system.simulator.clearFaults();
  });

  test("remembers a ban through a restart of the limiter, and keeps silent until it ends", async () => {
    system.simulator.inject({
      kind: "status",
      host: "min-api.cryptocompare.com",
      status: 429,
      headers: { "Retry-After": "6" },
    });
    passMinutes(1);
    await system.tick();
    const bannedMs = Date.now();
    expect(await stateOf("cryptocompare")).toMatchObject({ state: "failing" });
    await system.harness
      .getWorker("candlehouse-producer")
      .evictDurableObject("HostLimiter", { name: "min-api.cryptocompare.com" });
    system.simulator.clearRequests();
    passMinutes(1);
    await system.tick();
    expect(Date.now() - bannedMs).toBeLessThan(6_000);
    const asked = system.simulator.requests().map(({ host }) => host);
    expect(asked).not.toContain("min-api.cryptocompare.com");
    await new Promise((resolve) => setTimeout(resolve, bannedMs + 6_100 - Date.now()));
    await system.tick();
    const bySource = await untilCurrent();
    expectNoHole(bySource.get("cryptocompare"));
  });

  test.each([
    { kind: "cut" },
    { kind: "garbage" },
    { kind: "truncate", rows: 1 },
    { kind: "status", status: 500 },
  ] as const)("loses nothing by an answer that is spoiled: $kind", async (fault) => {
    GAPLESS.forEach((_, index) =>
      system.simulator.inject({ ...fault, host: HOSTS[index] ?? "", times: 1 }),
    );
    passMinutes(2);
    await system.tick();
    system.simulator.clearFaults();
    passMinutes(1);
    await system.tick();
    const bySource = await untilCurrent();
    for (const source of GAPLESS) {
      expectNoHole(bySource.get(source));
    }
  });

  test("asks less and less for a market that the source does not know, and collects the others", async () => {
    await system.addSeries({ source: "binance", symbol: "NOSUCH-USDT", timeframe: "1m" });
    passMinutes(1);
    await system.tick();
    passMinutes(1);
    await system.tick();
    await untilCurrent();
    const [row] = await system.rows<Record<string, unknown>>(
      "SELECT failure_count, retry_at - last_error_at AS pause, last_error_code FROM series WHERE symbol = 'NOSUCH-USDT'",
    );
    expect(row).toEqual({ failure_count: 2, pause: 90, last_error_code: "source_unknown_symbol" });
    expect(await stateOf("binance")).toMatchObject({ state: "ok" });
  });

  test("notes how far a market is known to be quiet, and stores nothing in its place", async () => {
    await system.addSeries({ source: "coinbase", symbol: "ATOM-USD", timeframe: "1m" });
    await system.tick();
    for (let minute = 0; minute < 3; minute += 1) {
      passMinutes(30);
      await system.tick();
    }
    const answers = await system.until("the quiet market is collected", async () => {
      const [row] = await system.rows<{ rows: number; minutes: number }>(
        `SELECT COUNT(*) AS rows, (MAX(timestamp) - MIN(timestamp)) / 60 + 1 AS minutes
         FROM price_data WHERE symbol = 'ATOM-USD'`,
      );
      return row !== undefined && row.minutes > 350 ? row : undefined;
    });
    expect(answers.rows).toBeLessThan(answers.minutes);
  });
});
