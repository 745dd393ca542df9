import { startSimulator, type Simulator } from "@candlehouse/exchange-simulator";
import { addCandles, newestClosed, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { rollUpTrades } from "@candlehouse/shared/core/trade-candles";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type {
  CandleRequest,
  GroupedDays,
  HttpAnswer,
  HttpRequest,
  Trade,
  TradeHistory,
} from "../../src/sources/source.ts";

/** 2024-03-20 18:34:27 UTC, a Wednesday. */
const NOW_MS = Date.UTC(2024, 2, 20, 18, 34, 27);
const NS_PER_SECOND = 1_000_000_000n;
const DAY = 86_400;

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7, startMs: NOW_MS, speed: 0 });
});

afterAll(async () => {
  await simulator.close();
});

async function ask({ host, path, query, headers }: HttpRequest): Promise<HttpAnswer> {
  const url = `${simulator.url}/${host}${path}?${new URLSearchParams({ ...query }).toString()}`;
  const response = await fetch(url, { headers: { ...headers } });
  const body: unknown = await response.json();
  const nowSeconds = Date.parse(response.headers.get("date") ?? "") / 1_000;
  return { status: response.status, headers: response.headers, body, nowSeconds };
}

/** Asks after a pause in which Kraken's limit has refilled. */
async function askLater(request: HttpRequest): Promise<HttpAnswer> {
  simulator.setClock({ nowMs: simulator.nowMs() + 20_000 });
  return ask(request);
}

function tradesOfKraken(): TradeHistory {
  const { trades } = sourceOf("kraken");
  if (trades === null) {
    throw new Error("kraken has no trades");
  }
  return trades;
}

function groupedOfMassive(): GroupedDays {
  const { grouped } = sourceOf("massive");
  if (grouped === null) {
    throw new Error("massive has no grouped days");
  }
  return grouped;
}

/** The trades from `start` (inclusive) to `end` (exclusive), unix seconds. */
async function readTrades(symbol: string, start: number, end: number): Promise<Trade[]> {
  const history = tradesOfKraken();
  const found: Trade[] = [];
  let sinceNs = BigInt(start) * NS_PER_SECOND;
  for (;;) {
    const answer = await askLater(
      history.toTradesRequest(symbol, sinceNs, "api.kraken.com", undefined),
    );
    expect(sourceOf("kraken").readError(answer)).toBeUndefined();
    const { trades, nextNs } = history.parseTrades(answer);
    found.push(...trades);
    if (trades.length < history.tradesPerRequest || nextNs >= BigInt(end) * NS_PER_SECOND) {
      return found.filter(({ timeNs }) => timeNs < BigInt(end) * NS_PER_SECOND);
    }
    sinceNs = nextNs;
  }
}

describe("candles made of Kraken's trades", () => {
  it.each<readonly [string, Timeframe, number]>([
    ["XBTUSD", "1m", 200],
    ["XBTUSDC", "1m", 700],
    ["XBTUSDC", "15m", 96],
    ["T0004USD", "1h", 48],
  ])(
    "of %s are the candles that it gives in %s, where something was traded",
    async (pair, timeframe, count) => {
      const kraken = sourceOf("kraken");
      const end = addCandles(newestClosed(simulator.nowMs() / 1_000, timeframe, 5), timeframe, 1);
      const start = addCandles(end, timeframe, -count);
      const request: CandleRequest = { symbol: "", nativeSymbol: pair, timeframe, start, end };
      const answer = await askLater(kraken.toHttpRequest(request, "api.kraken.com", undefined));
      const { candles } = kraken.parseCandles(request, answer);
      const made = rollUpTrades(await readTrades(pair, start, end), timeframe);
      expect(made).toEqual(candles.filter(({ trades }) => trades !== 0));
      expect(made.length).toBeGreaterThan(20);
    },
  );

  it("are had from where its candles reach no more, and not from minutes that it has lost", async () => {
    const start = Date.UTC(2022, 5, 1, 10) / 1_000;
    const startMs = (start + 600) * 1_000;
    simulator.inject({ kind: "absent", symbol: "XBTUSD", startMs, endMs: startMs + 1_800_000 });
    const trades = await readTrades("XBTUSD", start, start + 3_600);
    simulator.clearFaults();
    const times = rollUpTrades(trades, "1m").map(({ timestamp }) => (timestamp - start) / 60);
    expect(times.filter((minute) => minute >= 10 && minute < 40)).toEqual([]);
    expect(times[0]).toBeLessThan(10);
    expect(times.at(-1)).toBeGreaterThan(40);
  });
});

/** Asks for the grouped day of `date` (unix milliseconds), and gives what reads the answer. */
async function answeredDay(date: number) {
  const day = date / 1_000 / DAY;
  const answer = await ask(groupedOfMassive().toGroupedRequest(day, "api.massive.com", "key"));
  return () => groupedOfMassive().parseGrouped(day, answer, new Set(["AAPL"]));
}

describe("grouped days of Massive", () => {
  it("are the candles of its days, stock by stock", async () => {
    const massive = sourceOf("massive");
    const day = Date.UTC(2024, 2, 19) / 1_000 / DAY;
    const host = "api.massive.com";
    const wanted = new Set(["AAPL", "MSFT", "NVDA"]);
    const { candles, markets } = groupedOfMassive().parseGrouped(
      day,
      await ask(groupedOfMassive().toGroupedRequest(day, host, "key")),
      wanted,
    );
    expect(new Set(candles.keys())).toEqual(wanted);
    expect(markets).toBeGreaterThanOrEqual(5);
    for (const [nativeSymbol, candle] of candles) {
      const window = { start: day * DAY, end: (day + 1) * DAY };
      const request: CandleRequest = { symbol: "", nativeSymbol, timeframe: "1d", ...window };
      const answer = await ask(massive.toHttpRequest(request, host, "key"));
      expect(massive.parseCandles(request, answer).candles).toEqual([candle]);
    }
  });

  it("are none for a Sunday, and none yet for a day of which the session is not over", async () => {
    expect((await answeredDay(Date.UTC(2024, 2, 17)))()).toEqual({
      candles: new Map(),
      markets: 0,
    });
    expect(await answeredDay(Date.UTC(2024, 2, 20))).toThrow("has not closed 2024-03-20 yet");
  });
});

function daysFrom(start: number): CandleRequest {
  const nativeSymbol = "AAPL";
  return { symbol: "AAPL-USD", nativeSymbol, timeframe: "1d", start, end: start + 2 * DAY };
}

describe("a free key of Massive", () => {
  it("is told apart by what it may not see: what is too old, and what is not over", async () => {
    simulator.setClock({ nowMs: NOW_MS + 3_600_000 });
    const massive = sourceOf("massive");
    const codeFor = async (start: number): Promise<string | undefined> => {
      const request = massive.toHttpRequest(daysFrom(start), "api.massive.com", "free");
      return massive.readError(await ask(request))?.code;
    };
    expect(await codeFor(Date.UTC(2024, 2, 18) / 1_000)).toBeUndefined();
    expect(await codeFor(Date.UTC(2020, 2, 18) / 1_000)).toBe("source_beyond_reach");
    expect(await codeFor(Date.UTC(2024, 2, 19) / 1_000)).toBe("source_answer_unreadable");
    expect(await codeFor(Date.UTC(2024, 2, 18) / 1_000)).toBeUndefined();
    expect(await codeFor(Date.UTC(2024, 2, 18) / 1_000)).toBeUndefined();
    expect(await codeFor(Date.UTC(2024, 2, 18) / 1_000)).toBe("source_rate_limited");
  });
});
