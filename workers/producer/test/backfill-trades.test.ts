import { rollUpTrades, type Trade } from "@candlehouse/shared/core/trade-candles";
import type { PartialCandle } from "@candlehouse/shared/core/partial-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { describe, expect, test } from "vitest";
import { fetchTrades } from "../src/backfill-trades.ts";
import { kraken } from "../src/sources/kraken.ts";
import { krakenTrades } from "../src/sources/kraken-trades.ts";
import { stopper } from "../../archiver/test/stoppable.ts";
import { contextOf, putJob } from "./backfill-warehouse.ts";

const START = Date.UTC(2025, 0, 1) / 1_000;
const NS = 1_000_000_000n;
const PAGE = 20;

/** A trade every `seconds`, for two hours; each third one at the time of the one before. */
function tradesEvery(seconds: number): Trade[] {
  return Array.from({ length: 7_200 / seconds }, (_, place): Trade => {
    const second = START + (place % 3 === 2 ? place - 1 : place) * seconds;
    const price = 100 + ((place * 37) % 91) / 10;
    return { id: place + 1, timeNs: BigInt(second) * NS + NS / 2n, price, volume: 0.1 };
  });
}

/** Answers as Kraken does, a few trades a page; of some requests, only the first rows. */
function answerTrades(trades: readonly Trade[], cutShort: (request: number) => number | undefined) {
  let requests = 0;
  return async (request: Request): Promise<Response> => {
    requests += 1;
    const since = BigInt(new URL(request.url).searchParams.get("since") ?? "");
    const rows = trades
      .filter(({ timeNs }) => timeNs > since)
      .slice(0, Math.min(PAGE, cutShort(requests) ?? PAGE));
    const last = rows.at(-1)?.timeNs ?? since;
    const pair = rows.map(({ price, volume, timeNs, id }) => {
      return [String(price), String(volume), Number(timeNs) / 1e9, "b", "m", "", id];
    });
    const date = new Date((START + 86_400 * 300) * 1_000).toUTCString();
    const body = { error: [], result: { XXBTZUSD: pair, last: String(last) } };
    return new Response(JSON.stringify(body), { headers: { date } });
  };
}

/** Makes the candles of an hour, in steps of which each gets `answers` of the source. */
async function walk(
  timeframe: Timeframe,
  fetch: (request: Request) => Promise<Response>,
  answers = Infinity,
) {
  const { gate } = stopper(undefined);
  let left = 0;
  const grant = (ask: number): number | undefined => {
    const granted = Math.min(ask, left);
    left -= granted;
    return ask > 0 && granted === 0 ? undefined : granted;
  };
  const context = { ...contextOf({ fetch, gate, grant }), source: () => kraken };
  const job = await putJob(`trades-${timeframe}-${answers}-${Math.random()}`, "me");
  const of = {
    job,
    series: { source: "kraken", symbol: "BTC-USD", timeframe },
    nativeSymbol: "XBTUSD",
  } as const;
  const end = START + 3_600;
  const candles = [];
  let [cursor, requests, steps, kept] = [START, 0, 0, 0];
  for (let partial: PartialCandle | null = null; cursor < end && steps < 100; steps += 1) {
    left = answers;
    const range = { start: cursor, end };
    const stretch = await fetchTrades(context, of, {
      history: krakenTrades,
      wanted: [range],
      range,
      partial,
      deadlineMs: Infinity,
    });
    candles.push(...stretch.candles);
    ({ until: cursor } = stretch);
    requests += stretch.requests;
    // It goes through D1.
    const text = JSON.stringify(stretch.partial);
    partial = JSON.parse(text);
    kept = Math.max(kept, text.length);
  }
  return { candles, cursor, requests, steps, kept };
}

function hourOf(trades: readonly Trade[], timeframe: Timeframe) {
  return rollUpTrades(trades, timeframe).filter(({ timestamp }) => timestamp < START + 3_600);
}

describe("candles that are made of trades", () => {
  test.each(["1h", "15m", "1m"] as const)(
    "of any size come whole over any number of steps, and no page twice (%s)",
    async (timeframe) => {
      const trades = tradesEvery(1);
      const fetch = answerTrades(trades, () => undefined);
      const { candles, cursor, requests, steps, kept } = await walk(timeframe, fetch, 7);
      expect(cursor).toBe(START + 3_600);
      expect(candles).toEqual(hourOf(trades, timeframe));
      expect(steps).toBeGreaterThan(20);
      expect(requests).toBeLessThan(3_600 / (PAGE - 2) + 2 * steps);
      expect(kept).toBeLessThan(1_000);
    },
  );

  test.each([0, 1])("are whole though a page in their midst has %i trades", async (rows) => {
    const trades = tradesEvery(60);
    const fetch = answerTrades(trades, (request) => (request === 2 ? rows : undefined));
    const { candles } = await walk("1m", fetch);
    expect(candles).toEqual(hourOf(trades, "1m"));
  });

  test("end with the last trade that there is", async () => {
    const trades = tradesEvery(60).slice(0, 31);
    const { candles, cursor, requests } = await walk(
      "15m",
      answerTrades(trades, () => undefined),
    );
    expect(candles).toEqual(rollUpTrades(trades, "15m"));
    expect(cursor).toBe(START + 3_600);
    expect(requests).toBe(2 + 3);
  });

  test("are none where there was no trade at all", async () => {
    const { candles, cursor } = await walk(
      "1h",
      answerTrades([], () => undefined),
    );
    expect([candles, cursor]).toEqual([[], START + 3_600]);
  });
});
