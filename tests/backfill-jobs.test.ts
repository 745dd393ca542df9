import { startSimulator } from "@candlehouse/exchange-simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type Answer, type System } from "./system.ts";

const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;
const DAY = 86_400;
const SPEED = 300;

interface Job {
  readonly id: string;
  readonly batch: string;
  readonly series: string;
  readonly state: string;
  readonly candles_due: number;
  readonly candles_stored: number;
  readonly candles_absent: number;
  readonly requests: number;
  readonly errors: readonly { readonly code: string }[];
  readonly message: string | null;
  readonly finished_at: number | null;
}

interface Started {
  readonly id: string;
  readonly jobs: readonly { readonly id: string; readonly missing?: number }[];
  readonly message: string;
}

let system: System;

beforeAll(async () => {
  const keys = { MASSIVE_API_KEY: "simulated" };
  system = await startSystem({ startMs: NOW * 1_000, speed: SPEED }, keys);
});

afterAll(() => system.close());

async function start(order: object): Promise<Started> {
  const answer = await system.post("/v1/backfills", order);
  expect([200, 202]).toContain(answer.status);
  return (await answer.json()) as Started;
}

async function jobsOf(answer: Answer): Promise<Job[]> {
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { jobs: Job[] }).jobs;
}

function ended(id: string): Promise<Job[]> {
  return system.until(`backfill ${id} has ended`, async () => {
    const jobs = await jobsOf(await system.get(`/v1/backfills/${id}`));
    return jobs.every(({ finished_at: at }) => at !== null) ? jobs : undefined;
  });
}

function move(id: string, what: "pause" | "resume"): Promise<Answer> {
  return system.post(`/v1/backfills/${id}/${what}`, {});
}

describe("a backfill of Kraken beyond its newest candles", () => {
  const END = NOW - 2 * DAY;
  const START = END - 300 * 60;

  test("is made of trades, and equals the candles that Kraken gave at the time", async () => {
    const order = { source: "kraken", symbol: "BTC-USD", timeframe: "1m", start: START, end: END };
    const [job] = await ended((await start(order)).id);
    const had = (await candlesAtTheTime(START, END)).filter(([, , , , , trades]) => trades > 0);
    const held = await system.rows<{ timestamp: number; open: number; trades: number }>(
      `SELECT timestamp, open, high, low, close, trades, volume_from FROM price_data
       WHERE source = 'kraken' AND timeframe = '1m' AND timestamp < ? ORDER BY timestamp`,
      END,
    );
    expect(held.length).toBeGreaterThan(250);
    expect(held.map((row) => Object.values(row).slice(0, 6).map(Number))).toEqual(had);
    expect(job).toMatchObject({
      state: "complete",
      candles_due: 300,
      candles_stored: held.length,
      candles_absent: 300 - held.length,
    });
  });

  test("is made of both where the range reaches into the newest", async () => {
    const from = Math.floor(system.simulator.nowMs() / 60_000) * 60 - 800 * 60;
    const order = { source: "kraken", symbol: "ETH-USD", timeframe: "1m", start: from };
    const [job] = await ended((await start(order)).id);
    expect(job?.state).toBe("complete");
    const paths = new Set(
      system.simulator
        .requests()
        .filter(({ query }) => query.includes("pair=ETHUSD"))
        .map(({ path }) => path),
    );
    expect([...paths].toSorted()).toEqual(["/0/public/OHLC", "/0/public/Trades"]);
  });
});

describe("a backfill", () => {
  const order = {
    source: "binance",
    symbol: "ETH-USDT",
    timeframe: "1h",
    start: "2026-05-01",
    end: "2026-05-31T00:00:00Z",
  };

  test("that is only tried counts what is missing and starts nothing", async () => {
    const dry = await start({ ...order, dry_run: true });
    expect(dry).toMatchObject({ dry_run: true, jobs: [{ missing: 720, candles_due: 720 }] });
    expect(dry.message).toContain("720 candles are missing");
    expect((await system.get(`/v1/backfills/${dry.id}`)).status).toBe(404);
  });

  test("is listed newest first, a page at a time", async () => {
    const symbols = ["SOL-USDT", "XRP-USDT", "ADA-USDT"];
    const { id } = await start({ source: "binance", symbols, timeframes: ["1h", "1d"], days: 20 });
    const jobs = await ended(id);
    expect(jobs.map(({ series }) => series).toSorted()).toEqual(
      symbols.flatMap((symbol) => [`binance:${symbol}:1d`, `binance:${symbol}:1h`]).toSorted(),
    );
    expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(["complete"]));
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const path = `/v1/backfills?source=binance&limit=4${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = (await (await system.get(path)).json()) as {
        jobs: Job[];
        next_cursor: string | null;
      };
      seen.push(...page.jobs.map((job) => job.id));
      cursor = page.next_cursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(jobs.map((job) => job.id)));
  });

  test("of a market that the source does not have fails, and says so", async () => {
    const { id } = await start({ ...order, symbol: "NOSUCH-USDT" });
    const [job] = await ended(id);
    expect(job).toMatchObject({
      state: "failed",
      candles_stored: 0,
      errors: [{ code: "source_unknown_symbol" }],
    });
    expect(job?.message).toContain("could not be fetched or stored (binance answered 400");
  });

  test("of a tier is one of each of its enabled series", async () => {
    await system.addSeries(
      { source: "coinbase", symbol: "BTC-USD", timeframe: "1h", tier: 3 },
      { source: "coinbase", symbol: "ETH-USD", timeframe: "1h", tier: 3 },
      { source: "coinbase", symbol: "SOL-USD", timeframe: "1h", tier: 4 },
    );
    const { id } = await start({ source: "coinbase", tier: 3, timeframe: "1h", days: 25 });
    const jobs = await ended(id);
    expect(jobs.map(({ series, state }) => [series, state])).toEqual([
      ["coinbase:BTC-USD:1h", "complete"],
      ["coinbase:ETH-USD:1h", "complete"],
    ]);
  });

  test("tells what lies beyond a source's reach, without asking for it", async () => {
    const { id } = await start({
      source: "coingecko",
      symbol: "BTC-USD",
      timeframe: "4h",
      days: 60,
    });
    const [job] = await ended(id);
    expect(job?.state).toBe("incomplete");
    expect(job?.message).toContain("older than coingecko still gives");
    expect(
      await system.rows("SELECT DISTINCT outcome FROM asked_ranges WHERE source = 'coingecko'"),
    ).toEqual([{ outcome: "beyond_reach" }]);
  });
});

describe("a backfill of days of all markets at once", () => {
  const SYMBOLS = ["AAPL-USD", "MSFT-USD"];
  const START = Date.UTC(2026, 3, 1) / 1_000;
  const END = Date.UTC(2026, 5, 1) / 1_000;

  test("asks once a day for all symbols, and stores what each of them has", async () => {
    const order = { source: "massive", symbols: SYMBOLS, timeframe: "1d", grouped: true };
    const { id } = await start({ ...order, start: START, end: END });
    const [job] = await ended(id);
    const requests = system.simulator.requests().filter(({ path }) => path.includes("/grouped/"));
    expect(new Set(requests.map(({ path }) => path)).size).toBe((END - START) / DAY);
    // Memorial Day has no market at all: a weekday like that is asked for once more.
    expect(requests.length).toBe((END - START) / DAY + 1);
    const held = await system.rows<{ symbol: string; candles: number }>(
      `SELECT symbol, COUNT(*) AS candles FROM price_data WHERE source = 'massive'
       GROUP BY symbol ORDER BY symbol`,
    );
    expect(held.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
    const candles = held.reduce((sum, row) => sum + row.candles, 0);
    expect(candles).toBeGreaterThan(60);
    expect(job).toMatchObject({
      state: "complete",
      series: "massive:2 symbols:1d",
      candles_due: 2 * 61,
      candles_stored: candles,
      candles_absent: 2 * 61 - candles,
    });
  });
});

describe("by hand", () => {
  const order = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", days: 200 };
  const fixed = { ...order, days: undefined, start: "2025-12-01", end: "2026-06-15" };

  test("a backfill is paused, resumed and cancelled, and what it stored stays", async () => {
    const { id, jobs } = await start(fixed);
    await system.until("it is under way", async () => {
      const [job] = await jobsOf(await system.get(`/v1/backfills/${id}`));
      return job !== undefined && job.candles_stored > 0 ? true : undefined;
    });
    const [paused] = await jobsOf(await move(id, "pause"));
    expect(paused?.state).toBe("paused");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const [later] = await jobsOf(await system.get(`/v1/backfills/${id}`));
    expect(later).toMatchObject({ state: "paused", candles_stored: paused?.candles_stored });

    const again = await start({ ...fixed, start: "2026-01-01" });
    expect(again.jobs.map((job) => job.id)).toEqual(jobs.map((job) => job.id));
    expect(again.message).toContain("was open already");

    const [resumed] = await jobsOf(await move(id, "resume"));
    expect(["queued", "running"]).toContain(resumed?.state);
    await system.until("it goes on", async () => {
      const [job] = await jobsOf(await system.get(`/v1/backfills/${id}`));
      return (job?.candles_stored ?? 0) > (paused?.candles_stored ?? 0) ? true : undefined;
    });
    const cancel = await system.harness.fetch(`/v1/backfills/${id}`, { method: "DELETE" });
    const [cancelled] = await jobsOf(cancel);
    expect(cancelled).toMatchObject({ state: "cancelled" });
    expect(cancelled?.message).toMatch(/^Cancelled by hand; the \d+ candles/);
    expect((await jobsOf(await move(id, "resume")))[0]?.state).toBe("cancelled");
  });

  test.each([
    [{}, "source"],
    [{ source: "binance", timeframe: "1m", days: 1 }, "symbol"],
    [{ ...order, symbols: ["ETH-USDT"] }, "symbols"],
    [{ ...order, symbol: "BTCUSDT" }, "symbol"],
    [{ ...order, timeframe: "7m" }, "timeframe"],
    [{ ...order, source: "kraken", symbol: "BTC-USD", timeframe: "3m" }, "timeframe"],
    [{ ...order, days: 0 }, "days"],
    [{ ...order, start: "2026-01-01" }, "days"],
    [{ ...order, days: undefined, start: "tomorrow" }, "start"],
    [{ ...order, days: undefined, start: 1_000_000_000 }, "start"],
    [{ ...order, days: undefined, start: "2026-06-01", end: "2027-01-01" }, "end"],
    [{ ...order, days: undefined, start: "2026-06-02", end: "2026-06-01" }, "start"],
    [{ ...order, timeframe: "1M", days: 1 }, "days"],
    [{ ...order, grouped: true }, "grouped"],
    [{ source: "binance", tier: 1, days: 5 }, "tier"],
    [{ ...order, speed: "fast" }, "speed"],
  ])("an order that cannot be meant is refused: %j names %s", async (body, parameter) => {
    const answer = await system.post("/v1/backfills", body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_input", parameter });
  });

  test("there is no backfill of an id that nobody gave", async () => {
    for (const id of ["0123456789ab", "nonsense"]) {
      expect((await system.get(`/v1/backfills/${id}`)).status).toBe(404);
    }
  });
});

/** What Kraken's OHLC said right after the range, by a simulator whose clock shows that time. */
async function candlesAtTheTime(from: number, to: number) {
  const simulator = await startSimulator({ startMs: (to + 30) * 1_000, speed: 0 });
  const url = `${simulator.url}/api.kraken.com/0/public/OHLC?pair=XBTUSD&interval=1`;
  const { result } = (await (await fetch(url)).json()) as { result: Record<string, unknown> };
  await simulator.close();
  const rows = Object.entries(result).find(([name]) => name !== "last")?.[1] as (
    | string
    | number
  )[][];
  return rows
    .map(([time, open, high, low, close, , , trades]) =>
      [time, open, high, low, close, trades].map(Number),
    )
    .filter(([time = 0]) => time >= from && time < to) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ][];
}
