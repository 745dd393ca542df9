import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
/** Simulated seconds a real one: a minute is a quarter of a second. */
const SPEED = 240;
const MINUTE_MS = 60_000;
const CHECK_MS = 5 * MINUTE_MS;

interface Alert {
  readonly id: string;
  readonly severity: string;
  readonly state: string;
  readonly message: string;
  readonly runbook: string;
  readonly raised_at: number;
  readonly resolved_at: number | null;
  readonly raised_count: number;
}

interface Source {
  readonly source: string;
  readonly state: string;
  readonly series: number;
  readonly late: number;
  readonly last_error: { readonly series: string; readonly code: string } | null;
  readonly hosts: readonly {
    readonly host: string;
    readonly state: string;
    readonly reason: string | null;
    readonly strikes: number;
    readonly used_ratio: number;
  }[];
}

describe("alerts", () => {
  let system: System;
  let checkedMs = 0;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: SPEED });
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
  });

  afterAll(() => system.close());

  async function alerts(query = ""): Promise<Alert[]> {
    const answer = await system.get(`/v1/alerts${query}`);
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { alerts: Alert[] }).alerts;
  }

  async function sourceOf(name: string): Promise<Source | undefined> {
    const answer = await system.get("/v1/sources");
    expect(answer.status).toBe(200);
    const { sources } = (await answer.json()) as { sources: Source[] };
    return sources.find(({ source }) => source === name);
  }

  /** Collects in each simulated minute of the next `minutes`, and in the one after them. */
  async function collect(minutes: number): Promise<void> {
    const endMs = system.simulator.nowMs() + minutes * MINUTE_MS;
    await system.tick();
    while (system.simulator.nowMs() < endMs) {
      const leftMs = MINUTE_MS - (system.simulator.nowMs() % MINUTE_MS);
      await new Promise((resolve) => setTimeout(resolve, leftMs / SPEED));
      await system.tick();
    }
  }

  /** Has the monitor look now, or five minutes after its last look where that is later. */
  async function check(): Promise<void> {
    const nowMs = Math.floor(system.simulator.nowMs() / MINUTE_MS) * MINUTE_MS;
    checkedMs = Math.max(nowMs, checkedMs + CHECK_MS);
    const scheduledTime = new Date(checkedMs);
    // Never the full hour: what is looked at then is not what this is about.
    scheduledTime.setUTCMinutes(Math.max(1, scheduledTime.getUTCMinutes()));
    await system.harness
      .getWorker("candlehouse-monitor")
      .scheduled({ cron: "*/5 * * * *", scheduledTime });
  }

  test("there are none while everything is well, and the hosts are open", async () => {
    await collect(1);
    await check();
    expect(await alerts()).toEqual([]);
    // On a machine that is busy, ten of these minutes pass soon.
    const binance = await system.until("binance is up to date", async () => {
      await system.tick();
      const found = await sourceOf("binance");
      return found?.late === 0 ? found : undefined;
    });
    expect(binance).toMatchObject({ state: "ok", series: 1, late: 0, last_error: null });
    expect(binance?.hosts).toMatchObject([
      { host: "api.binance.com", state: "open", strikes: 0 },
      { host: "data-api.binance.vision", state: "open", used_ratio: 0 },
    ]);
  });

  test("a source that fails fires one that says why, and its host falls silent", async () => {
    system.simulator.inject({ kind: "status", host: "api.kraken.com", status: 520, times: null });
    // By two candles and ten minutes it is late.
    await collect(12);
    await check();
    const firing = await alerts("?state=firing");
    expect(firing).toMatchObject([
      {
        id: "source_failing:kraken",
        severity: "warning",
        runbook: "docs/alerts.md#source_failing",
        raised_count: 1,
      },
    ]);
    expect(firing[0]?.message).toMatch(
      /^kraken fails since 2026-03-02 \d\d:\d\d UTC, and 1 series of it with it: source_unavailable: .*520/,
    );
    expect(system.events("alert.raised")).toMatchObject([{ subject: "kraken" }]);
    const kraken = await sourceOf("kraken");
    expect(kraken).toMatchObject({
      state: "failing",
      late: 1,
      last_error: { series: "kraken:BTC-USD:1m", code: "source_unavailable" },
    });
    expect(kraken?.hosts[0]?.strikes).toBeGreaterThanOrEqual(3);
    expect(["silent", "probing"]).toContain(kraken?.hosts[0]?.state);
    expect(kraken?.hosts[0]?.reason).toBe("unavailable");
  });

  test("a message that cannot be stored fires one of its own", async () => {
    const env = await system.harness.getWorker("candlehouse-producer").getEnv();
    const candles = env["CANDLES"] as { send(body: unknown): Promise<unknown> };
    await candles.send({ v: 1, source: "binance", origin: "collect", candles: [["BTC-USDT"]] });
    await system.until("the dead letter is kept", async () => {
      const [letter] = await system.rows("SELECT id FROM dead_letters");
      return letter;
    });
    await check();
    expect((await alerts("?state=firing")).map(({ id }) => id).toSorted()).toEqual([
      "dead_letters_open",
      "source_failing:kraken",
    ]);
  });

  test("both resolve once the source is well and the letter is settled", async () => {
    system.simulator.clearFaults();
    await system.rows("UPDATE dead_letters SET state = 'discarded'");
    // Its host is left alone for some minutes more.
    await system.until("kraken is well again", async () => {
      await collect(1);
      return (await sourceOf("kraken"))?.state === "ok" ? true : undefined;
    });
    await check();
    expect(await alerts("?state=resolved")).toEqual([]);
    await check();
    expect(await alerts("?state=firing")).toEqual([]);
    const resolved = await alerts("?state=resolved");
    expect(resolved.map(({ id }) => id).toSorted()).toEqual([
      "dead_letters_open",
      "source_failing:kraken",
    ]);
    for (const { raised_at: raisedAt, resolved_at: resolvedAt } of resolved) {
      expect(resolvedAt).toBeGreaterThan(raisedAt);
    }
    expect(system.events("alert.resolved")).toHaveLength(2);
  });

  test("each check is counted in the ledger", async () => {
    const rows = await system.rows<{ runs: number }>(
      "SELECT runs FROM cost_ledger WHERE work = 'monitor'",
    );
    const checks = system.events("alerts.checked").length;
    expect(checks).toBe(5);
    expect(rows.reduce((sum, { runs }) => sum + runs, 0)).toBe(checks);
  });
});
