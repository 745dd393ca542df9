import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
/** Open time of the newest closed minute, unix seconds. */
const NEWEST = START_MS / 1_000 - 20 - 60;

interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly parameter?: string;
}

describe("POST /trigger", () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 1 });
  });

  afterAll(() => system.close());

  async function stored(symbol: string): Promise<{ rows: number; oldest: number; newest: number }> {
    const [row] = await system.rows<{ rows: number; oldest: number; newest: number }>(
      "SELECT COUNT(*) AS rows, MIN(timestamp) AS oldest, MAX(timestamp) AS newest FROM price_data WHERE symbol = ?",
      symbol,
    );
    return row ?? { rows: 0, oldest: 0, newest: 0 };
  }

  async function untilStored(symbol: string, rows: number) {
    return system.until(`${rows} candles of ${symbol} are stored`, async () => {
      const found = await stored(symbol);
      return found.rows >= rows ? found : undefined;
    });
  }

  test("queues 2,000 candles in 200 batches of ten and says how to go on", async () => {
    const request = { source: "binance", symbol: "BTC-USDC", timeframe: "1m", toTs: NEWEST };
    const answer = await system.post("/trigger", request);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      inserted: 2_000,
      message: "Queued 2000 candles for BTC-USDC in 200 batches",
      next_trigger: `POST /trigger with toTs=${NEWEST - 2_000 * 60}`,
    });
    const found = await untilStored("BTC-USDC", 2_000);
    expect(found).toEqual({ rows: 2_000, oldest: NEWEST - 1_999 * 60, newest: NEWEST });
  });

  test("changes nothing when it is repeated", async () => {
    const sql = "SELECT * FROM price_data WHERE symbol = 'BTC-USDC' ORDER BY timestamp";
    const before = await system.rows(sql);
    system.harness.clearLogs();
    await system.post("/trigger", {
      source: "binance",
      symbol: "BTC-USDC",
      timeframe: "1m",
      limit: 500,
      toTs: NEWEST,
    });
    await system.until("the repeated candles are consumed", async () => {
      const ignored = system.events("candles.stored").map((event) => Number(event["ignored"]));
      return ignored.reduce((sum, count) => sum + count, 0) === 500 || undefined;
    });
    expect(await system.rows(sql)).toEqual(before);
    expect(await system.rows("SELECT * FROM candle_revisions")).toEqual([]);
  });

  test.each([
    { source: "kraken", symbol: "ETH-USD", timeframe: "1h", limit: 700 },
    { source: "coinbase", symbol: "ETH-USD", timeframe: "1h", limit: 800 },
    { source: "cryptocompare", symbol: "SOL-USD", timeframe: "1d", limit: 400 },
  ])("fetches $limit candles of $source:$symbol:$timeframe", async (request) => {
    const answer = await system.post("/trigger", request);
    expect(await answer.json()).toMatchObject({ inserted: request.limit });
    await untilStored(request.symbol, request.limit);
  });

  test("says why it queued nothing where a source does not reach so far back", async () => {
    const answer = await system.post("/trigger", {
      source: "kraken",
      symbol: "BTC-USD",
      timeframe: "1m",
      toTs: NEWEST - 86_400,
    });
    expect(await answer.json()).toMatchObject({
      inserted: 0,
      message:
        "Queued 0 candles for BTC-USD in 0 batches: kraken serves its newest 720 candles alone, and has none of them in this range",
    });
  });

  test.each([
    ["an unknown source", { source: "mtgox" }, "source"],
    ["a symbol without a dash", { symbol: "BTCUSDT" }, "symbol"],
    ["a symbol in a source's own spelling", { symbol: "XBT-USDT" }, "symbol"],
    ["an unknown timeframe", { timeframe: "7m" }, "timeframe"],
    ["a limit of 0", { limit: 0 }, "limit"],
    ["a limit of 2,001", { limit: 2_001 }, "limit"],
    ["a limit that is text", { limit: "10" }, "limit"],
    ["a fraction as limit", { limit: 1.5 }, "limit"],
    ["a time in milliseconds", { toTs: START_MS }, "toTs"],
    ["a negative time", { toTs: -60 }, "toTs"],
    ["a time in the future", { toTs: 4_000_000_000 }, "toTs"],
    ["an unknown parameter", { from: 1 }, "from"],
  ])("refuses %s and names it", async (_, wrong, parameter) => {
    const right = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", limit: 10 };
    const answer = await system.post("/trigger", { ...right, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const problem = (await answer.json()) as Problem;
    expect(problem).toMatchObject({ status: 400, parameter });
    const [value] = Object.values(wrong);
    expect(problem.detail).toContain(JSON.stringify(value));
  });

  test.each([
    ["no JSON", "{", 400],
    ["a list", [], 400],
    ["two megabytes", `{"source":"${"x".repeat(2_000_000)}"}`, 413],
    ["a market that the source does not have", { symbol: "NOSUCH-USDT" }, 404],
    [
      "a timeframe that the source does not have",
      { source: "kraken", symbol: "BTC-USD", timeframe: "3m" },
      400,
    ],
  ])("answers %s with a problem and queues nothing", async (_, body, status) => {
    const right = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", limit: 10 };
    const isPartial = typeof body === "object" && !Array.isArray(body);
    system.harness.clearLogs();
    const answer = await system.post("/trigger", isPartial ? { ...right, ...body } : body);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      status,
      "application/problem+json",
    ]);
    expect(system.events("trigger.queued")).toEqual([]);
  });

  test("passes on what a source answers when it fails, and keeps what was queued before", async () => {
    system.simulator.inject({
      kind: "status",
      host: "api.binance.com",
      pathIncludes: `endTime=${(NEWEST + 60) * 1_000 - 1}`,
      status: 500,
    });
    const answer = await system.post("/trigger", {
      source: "binance",
      symbol: "ADA-USDT",
      timeframe: "1m",
      toTs: NEWEST,
    });
    expect(answer.status).toBe(502);
    const problem = (await answer.json()) as Problem;
    expect(problem.detail).toContain("1000 candles were queued before");
    await untilStored("ADA-USDT", 1_000);
  });
});

describe("a source without its key", () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS }, { CRYPTOCOMPARE_API_KEY: "" });
  });

  afterAll(() => system.close());

  test("is off, costs no request, and says which key it needs and since when", async () => {
    await system.addSeries({ source: "cryptocompare", symbol: "BTC-USD", timeframe: "1m" });
    await system.tick();
    const answer = await system.get("/v1/sources");
    const { sources } = (await answer.json()) as { sources: { source: string }[] };
    expect(sources).toMatchObject([{ source: "cryptocompare", state: "off" }]);
    expect(sources[0]).toMatchObject({
      reason:
        "cryptocompare is off: it has answered nothing without a key since 2026-05-21; set CRYPTOCOMPARE_API_KEY to collect from it",
    });
    expect(system.simulator.requests()).toEqual([]);
  });

  test("answers a trigger with the same words", async () => {
    const answer = await system.post("/trigger", {
      source: "cryptocompare",
      symbol: "BTC-USD",
      timeframe: "1h",
    });
    expect(answer.status).toBe(503);
    const problem = (await answer.json()) as Problem;
    expect(problem.detail).toContain("set CRYPTOCOMPARE_API_KEY to collect from it");
  });
});

describe("writing", () => {
  const request = { source: "binance", symbol: "BTC-USDT", timeframe: "1h", limit: 1 };

  async function statusWith(system: System, key: string | undefined): Promise<number> {
    const headers = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    const body = JSON.stringify(request);
    return (await system.harness.fetch("/trigger", { method: "POST", headers, body })).status;
  }

  test("is refused to everybody where no key is configured", async () => {
    const system = await startSystem({ startMs: START_MS }, { OPEN_WRITES: "" });
    expect(await statusWith(system, undefined)).toBe(403);
    expect(await statusWith(system, "any")).toBe(403);
    await system.close();
  });

  test("needs the key whose hash is configured", async () => {
    const hash = createHash("sha256").update("correct-horse").digest("hex");
    const variables = { OPEN_WRITES: "", BOOTSTRAP_KEY_SHA256: hash };
    const system = await startSystem({ startMs: START_MS }, variables);
    expect(await statusWith(system, undefined)).toBe(401);
    expect(await statusWith(system, "wrong-horse")).toBe(401);
    expect(await statusWith(system, "correct-horse")).toBe(200);
    await system.close();
  });
});
