import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatFixed, largest, parseDecimal, smallest } from "../src/decimal.ts";
import type { Simulator } from "../src/index.ts";
import {
  ask,
  DAY_MS,
  hasRecordings,
  HOUR_MS,
  MINUTE_MS,
  NOW_MS,
  RECORDINGS,
  standingSimulator,
} from "./ask.ts";

type TradeRow = [string, string, number, "b" | "s", "m" | "l", string, number];
type CandleRow = [number, string, string, string, string, string, string, number];
interface Answer {
  error: string[];
  result?: Record<string, unknown>;
}

const NS_PER_MS = 1_000_000n;
const simulator = await standingSimulator();

/** Asks Kraken after a pause in which its limit has refilled. */
async function kraken(to: Simulator, path: string): Promise<Answer> {
  to.setClock({ nowMs: to.nowMs() - 30_000 });
  await ask(to, "/api.kraken.com/0/public/Time");
  to.setClock({ nowMs: to.nowMs() + 30_000 });
  return (await ask<Answer>(to, `/api.kraken.com/0/public/${path}`)).body;
}

async function page(
  to: Simulator,
  pair: string,
  since: bigint,
): Promise<{ rows: TradeRow[]; last: bigint }> {
  const { result = {} } = await kraken(to, `Trades?pair=${pair}&since=${since}&count=1000`);
  const { last, ...pairs } = result;
  return { rows: Object.values(pairs)[0] as TradeRow[], last: BigInt(last as string) };
}

/** Every trade from `fromMs` on, page by page. */
async function tradesFrom(to: Simulator, pair: string, fromMs: number): Promise<TradeRow[]> {
  const trades: TradeRow[] = [];
  let since = BigInt(fromMs) * NS_PER_MS - 1n;
  for (;;) {
    const { rows, last } = await page(to, pair, since);
    trades.push(...rows);
    if (rows.length < 1_000) {
      return trades;
    }
    since = last;
  }
}

async function ohlc(to: Simulator, pair: string, minutes: number): Promise<CandleRow[]> {
  const { result = {} } = await kraken(to, `OHLC?pair=${pair}&interval=${minutes}`);
  const { last: _last, ...pairs } = result;
  return (Object.values(pairs)[0] as CandleRow[]).slice(0, -1);
}

/** `trades` as candles without their average price, reckoned here. */
function candlesOf(trades: readonly TradeRow[], seconds: number, decimals: number): unknown[] {
  const groups = new Map<number, TradeRow[]>();
  for (const trade of trades) {
    const time = Math.floor(trade[2] / seconds) * seconds;
    groups.set(time, [...(groups.get(time) ?? []), trade]);
  }
  return [...groups].map(([time, group]) => {
    const prices = group.map(([price]) => parseDecimal(price));
    const volume = group.reduce((sum, [, part]) => sum + parseDecimal(part), 0n);
    return [
      time,
      formatFixed(prices[0] ?? 0n, decimals),
      formatFixed(prices.reduce(largest) ?? 0n, decimals),
      formatFixed(prices.reduce(smallest) ?? 0n, decimals),
      formatFixed(prices.at(-1) ?? 0n, decimals),
      formatFixed(volume, 8),
      group.length,
    ];
  });
}

function withoutAverage([time, open, high, low, close, , volume, count]: CandleRow): unknown[] {
  return [time, open, high, low, close, volume, count];
}

/** The candles of `rows` that something traded in. */
function traded(rows: readonly CandleRow[]): unknown[][] {
  return rows.filter((row) => row[7] > 0).map(withoutAverage);
}

describe("Kraken Trades", () => {
  test.each([
    ["XBTUSD", 1, 1],
    ["XBTUSDC", 1, 1],
    ["T0003USD", 4, 1],
    ["XBTUSDC", 1, 60],
  ])("of %s roll up to its own candles, digit by digit", async (pair, decimals, minutes) => {
    const candles = await ohlc(simulator, pair, minutes);
    const fromS = minutes === 1 ? NOW_MS / 1_000 - 4 * 3_600 : NOW_MS / 1_000 - 36 * 3_600;
    const firstS = candles.map((row) => row[0]).find((time) => time >= fromS) ?? 0;
    const trades = await tradesFrom(simulator, pair, firstS * 1_000);
    const openS = Math.floor(NOW_MS / 1_000 / (minutes * 60)) * minutes * 60;
    const closed = trades.filter(([, , time]) => time < openS);
    const expected = traded(candles).filter((row) => Number(row[0]) >= firstS);
    expect(expected.length).toBeGreaterThan(10);
    expect(candlesOf(closed, minutes * 60, decimals)).toEqual(expected);
  });

  test("come oldest first, 1,000 a page, each once, and the last page is shorter", async () => {
    const fromMs = NOW_MS - HOUR_MS;
    const first = await page(simulator, "XBTUSD", BigInt(fromMs) * NS_PER_MS - 1n);
    expect(first.rows).toHaveLength(1_000);
    const trades = await tradesFrom(simulator, "XBTUSD", fromMs);
    const ids = trades.map((row) => row[6]);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    const times = trades.map((row) => row[2]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(fromMs / 1_000);
    expect(times.at(-1)).toBeLessThanOrEqual(NOW_MS / 1_000);
  });

  test("since is exclusive, in nanoseconds or seconds; last is the newest trade's time", async () => {
    const sinceS = NOW_MS / 1_000 - 600;
    const { rows, last } = await page(simulator, "XBTUSDC", BigInt(Math.floor(sinceS)));
    expect(String(last)).toMatch(/^\d{19}$/);
    expect(Number(last / 1_000n)).toBeCloseTo((rows.at(-1)?.[2] ?? 0) * 1e6, -1);
    const again = await page(simulator, "XBTUSDC", last - 1n);
    expect(again.rows).toEqual(rows.slice(-1));
    const none = await page(simulator, "XBTUSDC", last);
    expect(none).toEqual({ rows: [], last });
  });

  test("without since are the newest ones", async () => {
    const { result = {} } = await kraken(simulator, "Trades?pair=XBTUSD&count=5");
    const rows = result["XXBTZUSD"] as TradeRow[];
    expect(rows).toHaveLength(5);
    expect(rows.at(-1)?.[2]).toBeGreaterThan(NOW_MS / 1_000 - 300);
  });

  test("reach back to the market's first day, where its candles do not", async () => {
    const { rows } = await page(simulator, "SOLUSD", 0n);
    expect(rows[0]?.[2]).toBeLessThan(Date.parse("2021-06-18") / 1_000);
  });

  test("of a restated minute are those of its new candle", async () => {
    const closedMs = Math.floor(NOW_MS / MINUTE_MS) * MINUTE_MS - 5 * MINUTE_MS;
    simulator.inject({ kind: "restate", timestamp: closedMs, factor: 1.01 });
    const candle = (await ohlc(simulator, "XBTUSD", 1)).find((row) => row[0] * 1_000 === closedMs);
    const trades = await tradesFrom(simulator, "XBTUSD", closedMs);
    const own = trades.filter((row) => Math.floor(row[2] / 60) * 60_000 === closedMs);
    expect(candlesOf(own, 60, 1)).toEqual(candle === undefined ? [] : [withoutAverage(candle)]);
    simulator.clearFaults();
  });

  test("share Kraken's limit with the other requests, and its words", async () => {
    simulator.setClock({ nowMs: NOW_MS + DAY_MS });
    const answers: Answer[] = [];
    for (let time = 0; time < 16; time += 1) {
      const path = "/api.kraken.com/0/public/Trades?pair=XBTUSDC";
      answers.push((await ask<Answer>(simulator, path)).body);
    }
    expect(answers[14]?.error).toEqual([]);
    expect(answers[15]).toEqual({ error: ["EGeneral:Too many requests"] });
    simulator.setClock({ nowMs: NOW_MS + 2 * DAY_MS });
    for (const [query, error] of [
      ["pair=NOPE", "EQuery:Unknown asset pair"],
      ["pair=XBTUSD&since=yesterday", "EGeneral:Invalid arguments"],
      ["pair=XBTUSD&count=1001", "EGeneral:Invalid arguments"],
      ["since=0", "EGeneral:Invalid arguments"],
    ]) {
      const { body } = await ask<Answer>(simulator, `/api.kraken.com/0/public/Trades?${query}`);
      expect(body).toEqual({ error: [error] });
    }
    simulator.setClock({ nowMs: NOW_MS });
  });
});

test.skipIf(!hasRecordings)(
  "Kraken Trades of a recorded market roll up to its recorded minutes (skipped without recordings)",
  async () => {
    const recorded = readFileSync(join(RECORDINGS, "kraken-ohlcvt/XBTUSDC_1.2023Q1.csv"), "utf8")
      .trim()
      .split("\n")
      .slice(1_000, 1_120)
      .map((line) => line.split(","));
    const firstMs = Number(recorded[0]?.[0]) * 1_000;
    const lastMs = Number(recorded.at(-1)?.[0]) * 1_000;
    const nowMs = lastMs + 2 * MINUTE_MS;
    const replay = await standingSimulator({ recordings: RECORDINGS, startMs: nowMs });
    const trades = await tradesFrom(replay, "XBTUSDC", firstMs);
    const own = trades.filter((row) => row[2] * 1_000 < lastMs + MINUTE_MS);
    const expected = recorded.map((fields) => [
      Number(fields[0]),
      ...fields.slice(1, 5).map((price) => formatFixed(parseDecimal(price), 2)),
      formatFixed(parseDecimal(fields[5] ?? ""), 8),
      Number(fields[6]),
    ]);
    expect(candlesOf(own, 60, 2)).toEqual(expected);
  },
);
