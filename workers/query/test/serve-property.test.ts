import type { Candle } from "@candlehouse/shared/core/candle";
import { parseIndicators } from "@candlehouse/shared/core/indicator";
import { FILL_MODES, type ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { servePages, serveRange } from "../src/serve/serve-candles.ts";
import { PLAIN, type ServeQuery } from "../src/serve/serve-query.ts";
import { clearCandles, putFiles } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";
import { modelRows, type Revision, type Stored } from "./serve-model.ts";

const MARKET = { source: "binance", symbol: "BTC-USDT" } as const;
const HALF = 43_200;
const DAY = 86_400;
const WEEK = 7 * DAY;
/** A Monday. */
const START = Date.UTC(2000, 0, 3) / 1_000;
/** A file a year: twenty of them take more than one look at the manifest. */
const DAYS = 20 * 365;
/** In the middle of a week, so that the last candles of all coarser timeframes are open. */
const NOW = START + DAYS * DAY + 3_600;

const TARGETS: readonly Timeframe[] = ["1d", "3d", "1w", "1M"];

const timeOf = (day: number) => START + day * DAY;

/** Prices go their own way in each candle, with digits that sums of doubles would lose. */
function candleOf(timestamp: number, step: number, change = 0): Candle {
  const slot = Math.round((timestamp - START) / HALF) + 3 * change + (step === WEEK ? 5 : 0);
  const open = 1_000 + ((slot * 7_919 + step) % 10_007) / 100;
  const close = 1_000 + ((slot * 6_101 + step) % 10_009) / 100;
  return candleAt(timestamp, {
    open,
    close,
    high: Math.max(open, close) + 0.25,
    low: Math.min(open, close) - 0.1,
    volume_from: slot % 97 === 0 ? null : (slot % 1_000) / 1_000 + 0.1,
    volume_to: slot % 13 === 0 ? "1234567890.123456789" : slot + 0.1,
    trades: slot % 89 === 0 ? null : slot,
  });
}

/** Numbers of candles of a timeframe: some stretches of those that there could be. */
function runsOf(slots: number) {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 800 }),
  );
  const run = fc.record({ from: fc.integer({ min: 0, max: slots - 1 }), length });
  const holes = fc.array(fc.integer({ min: 0, max: slots - 1 }), { maxLength: 30 });
  return fc
    .tuple(fc.array(run, { maxLength: 6 }), fc.boolean(), holes)
    .map(([list, all, without]) => {
      const held = new Set<number>();
      for (const { from, length: count } of all ? [{ from: 0, length: slots }] : list) {
        for (let slot = from; slot < Math.min(from + count, slots); slot += 1) {
          held.add(slot);
        }
      }
      without.forEach((slot) => held.delete(slot));
      return [...held].toSorted((a, b) => a - b);
    });
}

function layoutOf(timeframe: Timeframe, step: number) {
  const slots = Math.floor((DAYS * DAY) / step);
  const at = (slot: number) => START + slot * step;
  return fc
    .record({
      slots: runsOf(slots),
      boundary: fc.integer({ min: 0, max: slots }),
      overlap: fc.constantFrom(0, 0, 20, 400),
      revised: fc.array(
        fc.record({
          pick: fc.nat(),
          seen: fc.integer({ min: 0, max: 30 * 365 }),
          change: fc.integer({ min: 1, max: 500 }),
        }),
        { maxLength: 12 },
      ),
    })
    .map(({ slots: held, boundary, overlap, revised }): Stored => {
      const revisions = new Map<string, Revision>();
      for (const { pick, seen, change } of held.length === 0 ? [] : revised) {
        const timestamp = at(held[pick % held.length] ?? 0);
        const seenAtMs = (timestamp + step + seen * DAY) * 1_000;
        const candle = candleOf(timestamp, step, change);
        revisions.set(`${timestamp} ${seenAtMs}`, { candle, seenAtMs });
      }
      return {
        timeframe,
        // Where a candle is in both, the file has the first values.
        hot: held
          .filter((slot) => slot >= boundary)
          .map((slot) => candleOf(at(slot), step, slot < boundary + overlap ? 3 : 0)),
        cold: held
          .filter((slot) => slot < boundary + overlap)
          .map((slot) => candleOf(at(slot), step)),
        revisions: [...revisions.values()],
      };
    });
}

const layouts = fc.tuple(layoutOf("12h", HALF), layoutOf("1d", DAY), layoutOf("1w", WEEK));

const query = fc.record({
  timeframe: fc.constantFrom(...TARGETS),
  start: fc.integer({ min: -400, max: DAYS }),
  length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: DAYS })),
  /** Ranges begin and end anywhere. */
  offset: fc.constantFrom(0, 0, 3_601),
  limit: fc.integer({ min: 1, max: 400 }),
  fill: fc.constantFrom(...FILL_MODES),
  revisions: fc.constantFrom("first" as const, "latest" as const),
  asOf: fc.option(fc.integer({ min: 0, max: DAYS }), { nil: undefined }),
  incomplete: fc.constantFrom("mark" as const, "drop" as const),
  indicators: fc.constantFrom(
    "",
    "",
    "sma:5,volume_sma:3,vwap",
    "ema:3,rsi:4,atr:3",
    "macd:3:5:2,bollinger:4:2",
  ),
  finest: fc.constantFrom("1d" as const, "12h" as const, undefined),
});

type Query = typeof query extends fc.Arbitrary<infer Value> ? Value : never;

function queryOf({
  timeframe,
  start,
  length,
  offset,
  asOf,
  indicators,
  finest,
  ...rest
}: Query): ServeQuery {
  return {
    ...PLAIN,
    ...rest,
    wanted: [{ ...MARKET, timeframe, finest }],
    start: timeOf(start) + offset,
    end: timeOf(start + length) + offset,
    asOf: asOf === undefined ? undefined : timeOf(asOf) + 7_200,
    indicators: indicators === "" ? [] : parseIndicators(indicators),
  };
}

async function store(all: readonly Stored[]): Promise<void> {
  await clearCandles();
  await env.DB.exec("DELETE FROM candle_revisions");
  const insert = env.DB.prepare(
    `INSERT INTO candle_revisions (source, symbol, timeframe, timestamp, seen_at_ms, open, high, low,
      close, volume_from, volume_to, trades) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { timeframe, hot, cold, revisions } of all) {
    await storeCandles({ ...MARKET, timeframe }, hot);
    await putFiles({ ...MARKET, timeframe }, cold);
    const rows = revisions.map(({ candle, seenAtMs }) => {
      const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
      const values = [open, high, low, close, volume_from, volume_to, trades];
      return insert.bind(MARKET.source, MARKET.symbol, timeframe, timestamp, seenAtMs, ...values);
    });
    if (rows.length > 0) {
      await env.DB.batch(rows);
    }
  }
}

async function allPages(given: ServeQuery): Promise<ServedCandle[]> {
  const rows: ServedCandle[] = [];
  let positions: readonly number[] | undefined;
  do {
    const served = await servePages(env, { ...given, positions }, NOW);
    const candles = served.pages[0]?.candles ?? [];
    expect(candles.length).toBeLessThanOrEqual(given.limit);
    // A page that another one follows is full.
    expect(served.positions === undefined || candles.length === given.limit).toBe(true);
    rows.push(...candles);
    positions = served.positions;
  } while (positions !== undefined);
  return rows;
}

async function wholeRange(given: ServeQuery): Promise<ServedCandle[]> {
  const { parts } = await serveRange(env, given, NOW);
  const rows: ServedCandle[] = [];
  for await (const { candles } of parts) {
    rows.push(...candles);
  }
  return rows;
}

function bare(rows: readonly ServedCandle[]) {
  return rows.map(({ indicators: _indicators, ...candle }) => candle);
}

/** Values of indicators may differ in digits that prices of a thousand do not show. */
function expectRows(rows: readonly ServedCandle[], model: readonly ServedCandle[]): void {
  expect(bare(rows)).toEqual(bare(model));
  for (const [index, { indicators }] of model.entries()) {
    const values = rows[index]?.indicators;
    expect(values?.map((value) => value === null)).toEqual(
      indicators?.map((value) => value === null),
    );
    for (const [place, value] of (indicators ?? []).entries()) {
      const difference = Math.abs((values?.[place] ?? 0) - (value ?? 0));
      expect(difference).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value ?? 0)));
    }
  }
}

describe("any hot, cold and revised candles", () => {
  test("are served by pages and as a stream as one would make the rows in memory", async () => {
    const property = fc.asyncProperty(
      layouts,
      fc.array(query, { minLength: 4, maxLength: 4 }),
      async (stored, queries) => {
        await store(stored);
        for (const one of queries) {
          const given = queryOf(one);
          const model = modelRows(stored, one.timeframe, given, NOW);
          expectRows(
            await allPages({ ...given, limit: Math.max(given.limit, Math.ceil(model.length / 8)) }),
            model,
          );
          expectRows(await wholeRange(given), model);
          const newest = await servePages(env, { ...given, start: undefined }, NOW);
          const before = modelRows(stored, one.timeframe, { ...given, start: undefined }, NOW);
          expectRows(newest.pages[0]?.candles ?? [], before.slice(-given.limit));
        }
      },
    );
    await fc.assert(property, { numRuns: 8 });
  }, 240_000);
});

describe("a settled answer", () => {
  const quietRun = fc.record({
    from: fc.integer({ min: 0, max: 300 }),
    length: fc.integer({ min: 20, max: 400 }),
    quiet: fc.integer({ min: 0, max: 200 }),
    start: fc.integer({ min: 0, max: 399 }),
    count: fc.integer({ min: 1, max: 30 }),
    indicators: fc.constantFrom("", "sma:5", "rsi:2", "rsi:4", "ema:3,atr:2", "vwap"),
    finest: fc.constantFrom("1d" as const, "12h" as const, undefined),
  });

  test("is the same whatever is stored later: older, coarser and finer candles", async () => {
    let settled = 0;
    const property = fc.asyncProperty(quietRun, layouts, async (one, later) => {
      const { from, length, quiet, start, count, indicators, finest } = one;
      await clearCandles();
      const days = Array.from({ length }, (_, day): Candle => {
        const candle = candleOf(timeOf(from + day), DAY);
        return day < quiet
          ? { ...candle, open: 1_050, close: 1_050, high: 1_200, low: 900 }
          : candle;
      });
      await storeCandles({ ...MARKET, timeframe: "1d" }, days);
      const first = from + Math.min(start, length - 1);
      const given: ServeQuery = {
        ...PLAIN,
        wanted: [{ ...MARKET, timeframe: "1d", finest }],
        start: timeOf(first),
        end: timeOf(Math.min(first + count, from + length)),
        limit: 1_000,
        indicators: indicators === "" ? [] : parseIndicators(indicators),
      };
      const before = await servePages(env, given, NOW);
      expect(before.steady).toBe(false);
      if (!before.settled) {
        return;
      }
      settled += 1;
      for (const { timeframe, hot, cold } of later) {
        await storeCandles({ ...MARKET, timeframe }, [...hot, ...cold]);
      }
      const after = await servePages(env, given, NOW);
      expect(after.settled).toBe(true);
      expect(after.pages).toEqual(before.pages);
    });
    await fc.assert(property, { numRuns: 60 });
    expect(settled).toBeGreaterThan(10);
  }, 120_000);
});
