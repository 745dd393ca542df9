import { startSimulator, type Simulator } from "@candlehouse/exchange-simulator";
import { findCandleFault } from "@candlehouse/shared/core/candle";
import { traitsOf } from "@candlehouse/shared/core/source-traits";
import {
  addCandles,
  newestClosed,
  timeframeSeconds,
  type Timeframe,
} from "@candlehouse/shared/core/timeframe";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { allSources, sourceOf } from "../../src/sources/registry.ts";
import {
  pageSizeOf,
  type CandleRequest,
  type HttpAnswer,
  type Source,
} from "../../src/sources/source.ts";
import { expectContract, requestFor } from "./test-source.ts";

/** 2026-03-18 10:07:21 UTC, and it stays so: all that is asked is asked at one moment. */
const NOW_MS = Date.UTC(2026, 2, 18, 10, 7, 21);

/** A Wednesday, two in the afternoon in New York; a whole number of weeks later it is one again. */
const AFTERNOON_MS = Date.UTC(2010, 2, 17, 18, 7, 21);

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7, startMs: NOW_MS, speed: 0 });
});

afterAll(async () => {
  await simulator.close();
});

/** A new minute for every test: no test meets the rate limit that another one has used up. */
let minutes = 0;
beforeEach(() => {
  minutes += 10;
  simulator.setClock({ nowMs: NOW_MS + minutes * 60_000, speed: 0 });
});

/** Sets the clock to an afternoon in New York where the markets of `source` close at night: another one each time. */
function waitForSession(source: Source): void {
  if (traitsOf(source.id).sessions) {
    simulator.setClock({ nowMs: AFTERNOON_MS + minutes * 7 * 86_400_000, speed: 0 });
  }
}

async function ask(source: Source, request: CandleRequest, key = "key"): Promise<HttpAnswer> {
  const { host, path, query, headers } = source.toHttpRequest(request, source.hosts[0] ?? "", key);
  const url = `${simulator.url}/${host}${path}?${new URLSearchParams({ ...query }).toString()}`;
  const response = await fetch(url, { headers: { ...headers } });
  const body: unknown = await response.json();
  const nowSeconds = Date.parse(response.headers.get("date") ?? "") / 1_000;
  return { status: response.status, headers: response.headers, body, nowSeconds };
}

/** Candles of a page: as many as the source gives, but not more minutes than are quickly made up. */
function pageOf(source: Source, timeframe: Timeframe): number {
  const most = Math.floor((40 * 86_400) / timeframeSeconds(timeframe));
  return Math.max(8, Math.min(pageSizeOf(source, timeframe), most));
}

/** Windows of a series: the newest candle alone, with the open one, a page, one in the middle. */
function windowsOf(source: Source, timeframe: Timeframe): readonly (readonly [number, number])[] {
  const newest = newestClosed(simulator.nowMs() / 1_000, timeframe, source.settleSeconds);
  const page = pageOf(source, timeframe);
  const before = (count: number): number => addCandles(newest, timeframe, -count);
  return [
    [newest, 1],
    [before(4), 7],
    [before(page - 1), page],
    [before(Math.floor((page * 3) / 4)), Math.floor(page / 2)],
  ];
}

const SERIES = allSources().flatMap((source) =>
  source.timeframes.map((timeframe) => [source.id, timeframe] as const),
);

describe("a source that is asked over HTTP", () => {
  it.each(SERIES)(
    "%s gives %s candles of every window that keep the contract",
    async (id, timeframe) => {
      const source = sourceOf(id);
      waitForSession(source);
      for (const [start, count] of windowsOf(source, timeframe)) {
        const request = requestFor(source, timeframe, start, count);
        const answer = await ask(source, request);
        expect(source.readError(answer)).toBeUndefined();
        const parsed = source.parseCandles(request, answer);
        expectContract(source, request, answer, parsed);
        const newest = newestClosed(answer.nowSeconds, timeframe, source.settleSeconds);
        expect(parsed.coveredStart).toBe(request.start);
        expect(parsed.coveredEnd).toBe(Math.min(request.end, addCandles(newest, timeframe, 1)));
        expect(parsed.candles.length).toBeGreaterThan(0);
        for (const candle of parsed.candles) {
          expect(findCandleFault(candle, timeframe, answer.nowSeconds)).toBeUndefined();
        }
      }
    },
  );

  it.each(SERIES)(
    "%s gives the same %s candles in one window as in two halves",
    async (id, timeframe) => {
      const source = sourceOf(id);
      waitForSession(source);
      const half = Math.floor(pageOf(source, timeframe) / 4);
      const newest = newestClosed(simulator.nowMs() / 1_000, timeframe, source.settleSeconds);
      const start = addCandles(newest, timeframe, -2 * half);
      const read = async (from: number, count: number) => {
        const request = requestFor(source, timeframe, from, count);
        return source.parseCandles(request, await ask(source, request)).candles;
      };
      const whole = await read(start, 2 * half);
      const first = await read(start, half);
      const second = await read(addCandles(start, timeframe, half), half);
      expect(whole).toEqual([...first, ...second]);
      expect(whole.length).toBeGreaterThan(0);
    },
  );

  it.each(
    allSources()
      .filter(({ id }) => !traitsOf(id).sessions)
      .map(({ id }) => [id] as const),
  )("%s says that it does not know a market", async (id) => {
    const source = sourceOf(id);
    const [timeframe = "1m"] = source.timeframes;
    const [[start, count] = [0, 1]] = windowsOf(source, timeframe);
    const request = {
      ...requestFor(source, timeframe, start, count),
      nativeSymbol: "NOSUCH-COIN",
    };
    expect(source.readError(await ask(source, request))?.code).toBe("source_unknown_symbol");
  });

  it.each([["massive"], ["finnhub"]] as const)(
    "%s answers about a stock that it does not know as about one that does not trade",
    async (id) => {
      const source = sourceOf(id);
      const request = { ...requestFor(source, "1h", 1_773_824_400, 5), nativeSymbol: "NOSUCH" };
      const answer = await ask(source, request);
      expect(source.readError(answer)).toBeUndefined();
      expect(source.parseCandles(request, answer).candles).toEqual([]);
    },
  );

  it("cryptocompare says that a key is needed", async () => {
    const source = sourceOf("cryptocompare");
    const request = requestFor(source, "1h", addCandles(0, "1h", 400_000), 1);
    const asked = source.toHttpRequest(request, source.hosts[0] ?? "", "key");
    const query = new URLSearchParams({ ...asked.query }).toString();
    const response = await fetch(`${simulator.url}/${asked.host}${asked.path}?${query}`);
    const answer = {
      status: response.status,
      headers: response.headers,
      body: await response.json(),
      nowSeconds: simulator.nowMs() / 1_000,
    };
    expect(source.readError(answer)?.code).toBe("source_off");
  });

  it("binance tells how much weight the address has used", async () => {
    const source = sourceOf("binance");
    const [[start, count] = [0, 1]] = windowsOf(source, "1m");
    const answer = await ask(source, requestFor(source, "1m", start, count));
    expect(source.usedWeight(answer.headers)).toBeGreaterThanOrEqual(source.rate.requestWeight);
  });
});
