import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accountSteps } from "../scripts/deployment/verify-account.ts";
import { createSystemClient } from "../scripts/deployment/system-client.ts";
import { isSound, takeSteps, type StepResult } from "../scripts/deployment/verify-step.ts";
import { systemSteps } from "../scripts/deployment/verify-system.ts";
import { readWorkerConfigs } from "../scripts/deployment/worker-config.ts";
import type { RunWrangler } from "../scripts/deployment/wrangler.ts";
import { environmentOf } from "./deployment-scenario.ts";

const NOW = 1_767_225_600;
const HOUR = 3_600;
const SERIES = "binance:BTC-USDT:1m";
const FILE = "/v1/archive/a.parquet";
const FIRST = 1_700_000_040;
const SCRIPT = "/dashboard/assets/index-1.js";

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

const queue = { queue: "candles", backlog_messages: 0, oldest_message_at: null };
const stats = { at: NOW, queues: [queue], dead_letters: { open: 0 } };
const latestAt = (timestamp: number) => ({ latest: [{ candle: { timestamp } }] });
const file = { url: FILE, series: SERIES, state: "current", rows: 10, first_timestamp: FIRST };

/** What a system that works answers, by method and path; `no key` stands before what shows none. */
const SOUND: Readonly<Record<string, Answer>> = {
  "GET /health": { body: { status: "ok", time: NOW, sources: { binance: "ok" } } },
  "GET /": { body: `<script type="module" src="${SCRIPT}"></script>` },
  [`GET ${SCRIPT}`]: { body: "" },
  "no key POST /trigger": { status: 401, body: { detail: "no key" } },
  "POST /trigger": { body: { message: "Queued 3 candles" } },
  "GET /v1/series": {
    body: {
      series: [{ id: SERIES, source: "binance", symbol: "BTC-USDT", timeframe: "1m", tier: 1 }],
    },
  },
  "GET /v1/latest": { body: latestAt(NOW - 60) },
  "GET /stats": { body: stats },
  "GET /v1/archive": { body: { files: [file] } },
  [`GET ${FILE}`]: { body: "PAR1" },
  "GET /v1/candles": { body: { candles: [{ timestamp: FIRST }] } },
};

/** What the verification finds of a system that works but for `changes`. */
async function verifyWith(
  changes: Readonly<Record<string, Answer>>,
  key: string | null = "a key",
): Promise<StepResult[]> {
  const answers = { ...SOUND, ...changes };
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const { method, url, headers } = new Request(input, init);
    const name = `${method} ${new URL(url).pathname}`;
    const isOpen = (headers.get("authorization") ?? "") === "";
    const { status = 200, body } = (isOpen ? answers[`no key ${name}`] : undefined) ??
      answers[name] ?? { status: 404, body: { detail: `nothing at ${name}` } };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status }));
  });
  const steps = systemSteps({
    client: createSystemClient("https://candles.example", key ?? undefined),
    progress: () => undefined,
    wait: (milliseconds) => {
      vi.setSystemTime(Date.now() + milliseconds);
      return Promise.resolve();
    },
    patienceMs: 0,
  });
  return takeSteps(steps, () => undefined);
}

const statesOf = (results: readonly StepResult[]) =>
  Object.fromEntries(results.map(({ name, state }) => [name, state]));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW * 1_000 });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the steps that look at a system", () => {
  test("find nothing wrong where it works", async () => {
    const results = await verifyWith({});
    expect(results.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(results).toHaveLength(8);
  });

  test("take the finest candles that a fleet has, such as hours", async () => {
    const hours = {
      series: [
        { id: "kraken:BTC-USD:1d", source: "kraken", symbol: "BTC-USD", timeframe: "1d", tier: 1 },
        { id: "kraken:BTC-USD:1h", source: "kraken", symbol: "BTC-USD", timeframe: "1h", tier: 1 },
      ],
    };
    const changes = { "GET /v1/series": { body: hours } };
    const lateBy = (seconds: number) => ({
      ...changes,
      "GET /v1/latest": { body: latestAt(NOW - seconds) },
    });
    const results = await verifyWith(lateBy(2 * HOUR));
    expect(results.find(({ name }) => name === "trigger")?.detail).toContain("kraken:BTC-USD:1h");
    expect(isSound(results)).toBe(true);
    expect(statesOf(await verifyWith(lateBy(3 * HOUR)))).toMatchObject({ candles: "failed" });
  });

  test("take what is traded day and night before stocks, and know that those rest on weekends", async () => {
    const stocks = [
      {
        id: "massive:AAPL-USD:1m",
        source: "massive",
        symbol: "AAPL-USD",
        timeframe: "1m",
        tier: 1,
      },
    ];
    const days = [
      { id: "kraken:BTC-USD:1d", source: "kraken", symbol: "BTC-USD", timeframe: "1d", tier: 2 },
    ];
    const changes = { "GET /v1/latest": { body: latestAt(NOW - 60 * HOUR) } };
    const both = { body: { series: [...stocks, ...days] } };
    const mixed = await verifyWith({ ...changes, "GET /v1/series": both });
    expect(mixed.find(({ name }) => name === "trigger")?.detail).toContain("kraken:BTC-USD:1d");
    const alone = { body: { series: stocks } };
    const results = await verifyWith({ ...changes, "GET /v1/series": alone });
    expect(statesOf(results)).toMatchObject({ trigger: "ok", candles: "ok" });
  });

  const waiting = { queue: "candles", backlog_messages: 5, oldest_message_at: NOW - 600 };

  test.each<[step: string, what: string, changes: Readonly<Record<string, Answer>>]>([
    ["health", "the database is away", { "GET /health": { status: 503, body: {} } }],
    ["dashboard", "the page is another one", { "GET /": { body: "<h1>It works</h1>" } }],
    ["dashboard", "its script is gone", { [`GET ${SCRIPT}`]: { status: 404, body: "" } }],
    [
      "writes closed",
      "anybody may write",
      { "no key POST /trigger": { status: 400, body: { detail: "expected a source" } } },
    ],
    ["trigger", "the source fails", { "POST /trigger": { status: 502, body: {} } }],
    ["trigger", "nothing is collected", { "GET /v1/series": { body: { series: [] } } }],
    ["candles", "none arrives", { "GET /v1/latest": { body: latestAt(NOW - HOUR) } }],
    ["monitor", "it tells of no queue", { "GET /stats": { body: { ...stats, queues: [] } } }],
    ["monitor", "it does not answer", { "GET /stats": { status: 503, body: {} } }],
    [
      "backlog",
      "what waits does not fall",
      { "GET /stats": { body: { ...stats, queues: [waiting] } } },
    ],
    ["archive", "a file is cut", { [`GET ${FILE}`]: { body: "AR1x" } }],
    ["archive", "a file is gone", { [`GET ${FILE}`]: { status: 404, body: "" } }],
    ["archive", "a query finds nothing in it", { "GET /v1/candles": { body: { candles: [] } } }],
  ])("fail at %s where %s", async (step, _, changes) => {
    const results = await verifyWith(changes);
    const failed = results.find(({ state }) => state === "failed");
    expect(failed).toMatchObject({ name: step, advice: expect.stringMatching(/./) });
    expect(isSound(results)).toBe(false);
  });

  test("look at nothing that needs a key where none is given, and find it wrong where it is refused", async () => {
    const refused = { status: 401, body: { detail: "no key" } };
    const changes = {
      "GET /v1/series": refused,
      "GET /stats": refused,
      "GET /v1/archive": refused,
    };
    const results = await verifyWith(changes, null);
    expect(statesOf(results)).toEqual({
      health: "ok",
      dashboard: "ok",
      "writes closed": "ok",
      trigger: "skipped",
      candles: "skipped",
      monitor: "skipped",
      backlog: "skipped",
      archive: "skipped",
    });
    expect(results.at(-1)?.detail).toBe("reading needs a key: set CANDLEHOUSE_KEY");
    expect(isSound(await verifyWith(changes))).toBe(false);
  });

  test("look at no archive where there is no file", async () => {
    const results = await verifyWith({ "GET /v1/archive": { body: { files: [] } } });
    expect(statesOf(results)).toMatchObject({ archive: "skipped" });
    expect(isSound(results)).toBe(true);
  });
});

describe("the step that asks whether the monitor ran", () => {
  /** What it finds where the ledger says this. */
  async function ranWith(row: Readonly<Record<string, unknown>>): Promise<StepResult | undefined> {
    const run: RunWrangler = () =>
      Promise.resolve({
        succeeded: true,
        stdout: JSON.stringify([{ results: [{ now: NOW, ...row }] }]),
        reason: "",
      });
    const steps = accountSteps({
      environment: environmentOf("trial", 1),
      configs: readWorkerConfigs(),
      run,
      locate: () => Promise.resolve({ databases: ["candlehouse-trial"], configFile: "" }),
    });
    const step = steps.find(({ name }) => name === "monitor ran");
    const alone = step === undefined ? [] : [{ ...step, needs: [] }];
    const [result] = await takeSteps(alone, () => undefined);
    return result;
  }

  test.each([
    ["it did within two hours", { hour: NOW - HOUR, first: NOW - 9 * HOUR }, "ok"],
    ["it did not for longer", { hour: NOW - 3 * HOUR, first: NOW - 9 * HOUR }, "failed"],
    ["it never did, while others work", { hour: null, first: NOW - 9 * HOUR }, "failed"],
    ["all has just begun", { hour: null, first: NOW - HOUR }, "skipped"],
    ["nothing has", { hour: null, first: null }, "skipped"],
  ])("says so where %s", async (_, row, state) => {
    expect(await ranWith(row)).toMatchObject({ state });
  });
});
