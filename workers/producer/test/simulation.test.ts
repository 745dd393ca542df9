import {
  createExecutionContext,
  createScheduledController,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { sumCounts, type LedgerTally } from "@candlehouse/shared/core/ledger";
import { newestClosed, timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { expandFleet } from "../src/fleet.ts";
import worker from "../src/index.ts";
import { CollectedFleet, noUnits } from "../src/simulation/collected-fleet.ts";
import { namedFleet } from "../src/simulation/fleets.ts";
import { simulateFleets } from "../src/simulation/command.ts";
import { collectedUntil } from "../src/simulation/collect-month.ts";
import { simulateMonth } from "../src/simulation/month.ts";
import { binance } from "../src/sources/binance.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const fetched = vi.spyOn(globalThis, "fetch");

const LATENCY = { requestMs: 100, limiterMs: 6 };
const MINUTE = 60;
const QUARTER = 900;

/** Thirteen tokens, three timeframes: 39 windows where all close together. */
const FLEET = expandFleet({
  tiers: {
    "1": ["BTC", "ETH", "SOL", "XRP", "ADA", "DOGE", "BNB"],
    "2": ["UNI", "LINK", "DOT", "AVAX", "LTC", "ATOM"],
  },
  sources: { binance: { quote: "USDT", timeframes: ["1m", "5m", "15m"] } },
});

/** A quarter of an hour that is over, and minutes around it: nothing has to be waited for. */
const CLOSE = Math.floor((Date.now() / 1_000 - 1_200) / QUARTER) * QUARTER;
const START = CLOSE - 4 * MINUTE;
const TICKS = 12;

/** Binance's candles of the range that is asked for: the same values always. */
async function answerAsBinance(input: RequestInfo | URL): Promise<Response> {
  const query = new URL(new Request(input).url).searchParams;
  const stepMs = timeframeSeconds(query.get("interval") as Timeframe) * 1_000;
  const rows: unknown[] = [];
  const end = Number(query.get("endTime"));
  for (let time = Number(query.get("startTime")); time <= end; time += stepMs) {
    rows.push([time, "1", "2", "0.5", "1.5", "3", time + stepMs - 1, "4", 7]);
  }
  return Response.json(rows, { headers: { date: new Date().toUTCString() } });
}

const INSERT = `
INSERT OR IGNORE INTO price_data (source, symbol, timeframe, timestamp, open, high, low, close,
  volume_from, volume_to, trades)
SELECT 'binance', value ->> 0, value ->> 1, value ->> 2, '1', '2', '0.5', '1.5', '3', '4', 7
FROM json_each(?1)`;

/** Stores what has closed and settled at `askAt`, as the consumer would: the newest four of each series. */
async function storeUntil(askAt: number): Promise<void> {
  const rows = FLEET.flatMap(({ symbol, timeframe }) => {
    const newest = newestClosed(askAt, timeframe, binance.settleSeconds);
    const step = timeframeSeconds(timeframe);
    return [0, 1, 2, 3].map((back) => [symbol, timeframe, newest - back * step]);
  });
  await env.DB.prepare(INSERT).bind(JSON.stringify(rows)).run();
}

async function tick(nowSeconds: number): Promise<void> {
  const context = createExecutionContext();
  const scheduledTime = new Date(nowSeconds * 1_000);
  const controller = createScheduledController({ scheduledTime, cron: "* * * * *" });
  await worker.scheduled(controller, env, { ...context, exports });
  await waitOnExecutionContext(context);
}

/** What a minute does to the bucket of a host: it is full again. */
async function fillBucket(): Promise<void> {
  const [host = ""] = binance.hosts;
  await runInDurableObject(exports.HostLimiter.getByName(host), (_object, state) =>
    state.storage.deleteAll(),
  );
}

async function ledger(): Promise<LedgerTally> {
  const { results } = await env.DB.prepare("SELECT * FROM cost_ledger").all<LedgerTally>();
  return sumCounts(results);
}

beforeEach(async () => {
  fetched.mockReset();
  fetched.mockImplementation(answerAsBinance);
  await env.DB.batch(
    ["cost_ledger", "series", "price_data", "source_state"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
});

describe("a simulated fleet", () => {
  test("is billed what the producer is billed for it, tick by tick", async () => {
    const rows = FLEET.map((one) => [one.symbol, one.timeframe, one.nativeSymbol, one.tier]);
    await env.DB.prepare(
      `INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
       SELECT 'binance', value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
    await storeUntil(START - MINUTE + binance.settleSeconds + 1);
    const simulated = new CollectedFleet(collectedUntil(FLEET, START), LATENCY);
    const units = noUnits();
    for (let now = START; now < START + TICKS * MINUTE; now += MINUTE) {
      await fillBucket();
      await tick(now);
      await storeUntil(now + binance.settleSeconds + 1);
      await simulated.tick(now, units);
    }
    const real = await ledger();
    const { rows_read, ...exact } = units.collect;
    expect(real).toMatchObject({ ...exact, duration_ms: real.duration_ms });
    // Twelve minutes, two fives and a quarter of thirteen tokens.
    expect(real.candles).toBe(13 * (12 + 2 + 1));
    expect(Math.abs(rows_read / real.rows_read - 1)).toBeLessThan(0.03);
  });
});

describe("a simulated month", () => {
  test("that is repeated from a state it was in before is the one that is worked out in full", async () => {
    const fleet = namedFleet("tokens-13-hourly") ?? [];
    const settings = { startSeconds: Date.UTC(2026, 10, 1) / 1_000, hotDays: 20, latency: LATENCY };
    const inFull = new CollectedFleet(collectedUntil(fleet, settings.startSeconds), LATENCY);
    const units = noUnits();
    for (let minute = 0; minute < 2 * 1_440; minute += 1) {
      await inFull.tick(settings.startSeconds + minute * MINUTE, units);
    }
    const month = await simulateMonth(fleet, { ...settings, days: 2 });
    expect(month.computedMinutes).toBeLessThan(200);
    expect(month.works.get("collect")).toEqual(units.collect);
    expect(month.works.get("store")).toEqual(units.store);
    expect(month.candles).toBe(39 * 48);
  });
});

describe("the bill of a fleet", () => {
  test("is told as text, line by line, and as JSON", async () => {
    const order = { fleets: [{ name: "tokens-13-hourly" }], days: 1 };
    const text = await simulateFleets({ ...order, isJson: false });
    expect(text.split("\n").slice(0, 3)).toEqual([
      "tokens-13-hourly: 39 series, 936 candles in 1 day",
      expect.stringMatching(/^billed +used +included +beyond +USD$/),
      expect.stringMatching(/^D1 rows written +[\d,]+ +50,000,000 +0 +0\.00$/),
    ]);
    // Two messages a source and hour, each written, read and deleted.
    expect(text).toMatch(/^Queue operations +432 /m);
    expect(text).toContain("no series was ever left to a later minute");
    const [month] = JSON.parse(await simulateFleets({ ...order, isJson: true }));
    expect(month).toMatchObject({
      fleet: "tokens-13-hourly",
      series: 39,
      candles: 936,
      usd_beyond_the_plan: 0,
    });
  });

  test("of a fleet that its sources do not serve is refused", async () => {
    const file = {
      tiers: { "1": ["BTC"] },
      sources: { coinbase: { quote: "USD", timeframes: ["1w"] } },
    };
    const order = { days: 1, isJson: false };
    await expect(simulateFleets({ ...order, fleets: [{ name: "f", file }] })).rejects.toThrow(
      "does not serve",
    );
    await expect(simulateFleets({ ...order, fleets: [{ name: "mine" }] })).rejects.toThrow(
      "there is no fleet mine",
    );
  });
});
