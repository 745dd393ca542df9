import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Simulator } from "../src/index.ts";
import { ask, FIXTURES, hasFixtures, NOW_MS, standingSimulator } from "./ask.ts";

const why = hasFixtures ? "" : ` (skipped: no folder ${FIXTURES})`;

interface Case {
  name?: string;
  url?: string;
  status?: number;
  body: unknown;
}

function fixture(path: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, path), "utf8"));
}

function caseOf(path: string, name: string): Case {
  const found = (fixture(path) as { cases: Case[] }).cases.find(
    (one) => one.name === name || one.url?.startsWith(name),
  );
  if (found === undefined) {
    throw new Error(`No case "${name}" in ${path}`);
  }
  return found;
}

/** What a value is made of: its keys in order and the kinds of its leaves; of a list, the kinds of its rows. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isRow = value.every((field) => typeof field !== "object");
    const shapes = value.map(shapeOf);
    return isRow ? shapes : [...new Set(shapes.map((shape) => JSON.stringify(shape)))];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, field]) => [name, shapeOf(field)]);
  }
  return typeof value;
}

/** The body of the first of up to 400 answers that `stop` is true for. */
async function askUntil(
  simulator: Simulator,
  path: string,
  stop: (answer: { status: number; body: unknown }) => boolean,
): Promise<unknown> {
  for (let time = 0; time < 400; time += 1) {
    const answer = await ask(simulator, path);
    if (stop(answer)) {
      return answer.body;
    }
  }
  return undefined;
}

describe.skipIf(!hasFixtures)(`answers have the shape of recorded ones${why}`, async () => {
  const simulator = await standingSimulator();

  test("Kraken OHLC, with 721 rows and the committed candle as last", async () => {
    const recorded = fixture("kraken/kraken.http_ohlc.json") as {
      result: { XBTUSDT: unknown[][]; last: number };
    };
    const { body } = await ask<typeof recorded>(
      simulator,
      "/api.kraken.com/0/public/OHLC?pair=XBTUSDT&interval=1",
    );
    expect(shapeOf(body)).toEqual(shapeOf(recorded));
    expect(body.result.XBTUSDT).toHaveLength(recorded.result.XBTUSDT.length);
    expect(recorded.result.last).toBe(recorded.result.XBTUSDT.at(-2)?.[0]);
    const quiet = recorded.result.XBTUSDT.find((row) => row[7] === 0)?.slice(5);
    expect(body.result.XBTUSDT.find((row) => row[7] === 0)?.slice(5)).toEqual(quiet);
  });

  test("Kraken AssetPairs", async () => {
    const recorded = fixture("kraken/kraken.http_asset_pairs.json") as {
      result: { XBTUSDT: object };
    };
    const { body } = await ask<typeof recorded>(
      simulator,
      "/api.kraken.com/0/public/AssetPairs?pair=XBTUSDT",
    );
    expect(Object.keys(body.result.XBTUSDT)).toEqual(Object.keys(recorded.result.XBTUSDT));
    for (const [name, value] of Object.entries(recorded.result.XBTUSDT)) {
      expect(typeof body.result.XBTUSDT[name as never]).toBe(typeof value);
    }
  });

  test("Coinbase Advanced candles, 350 at its cap, newest first", async () => {
    const recorded = fixture("coinbase/advanced.candles.ETH-USD.ONE_DAY.350rows.json") as {
      candles: { start: string }[];
    };
    const end = Math.floor(NOW_MS / 86_400_000) * 86_400;
    const { body } = await ask<typeof recorded>(
      simulator,
      `/api.coinbase.com/api/v3/brokerage/market/products/ETH-USD/candles?granularity=ONE_DAY&start=${end - 349 * 86_400}&end=${end}`,
    );
    expect(shapeOf(body)).toEqual(shapeOf(recorded));
    expect(body.candles).toHaveLength(recorded.candles.length);
    expect(Math.sign(Number(body.candles[0]?.start) - Number(body.candles[1]?.start))).toBe(1);
  });

  test("CryptoCompare histoday v2", async () => {
    const { body: recorded } = fixture("cryptocompare/histoday.v2.success.json") as Case;
    const { body } = await ask(
      simulator,
      "/min-api.cryptocompare.com/data/v2/histoday?fsym=BTC&tsym=USD&limit=2&api_key=x",
    );
    expect(shapeOf(body)).toEqual(shapeOf(recorded));
  });

  test("CoinGecko ohlc", async () => {
    const recorded = caseOf(
      "coingecko/ohlc.examples.json",
      "/coins/bitcoin/ohlc?vs_currency=usd&days=1",
    );
    const { body } = await ask(
      simulator,
      "/api.coingecko.com/api/v3/coins/bitcoin/ohlc?vs_currency=usd&days=1",
    );
    expect(shapeOf(body)).toEqual(shapeOf(recorded.body));
  });

  test.each([
    ["binance", "invalid symbol", "/api.binance.com/api/v3/klines?symbol=NOPE&interval=1m"],
    ["kraken", "unknown pair", "/api.kraken.com/0/public/OHLC?pair=NOPE"],
    ["kraken", "bad args", "/api.kraken.com/0/public/OHLC?pair=XBTUSD&interval=7"],
    [
      "cryptocompare",
      "no key, since 2026-05-21",
      "/min-api.cryptocompare.com/data/v2/histoday?fsym=BTC&tsym=USD",
    ],
    ["coingecko", "unknown id", "/api.coingecko.com/api/v3/coins/nope/ohlc?vs_currency=usd&days=1"],
  ])("the %s error: %s", async (source, name, path) => {
    const recorded = caseOf(`errors/${source}.json`, name);
    const { status, body } = await ask(simulator, path);
    expect({ status, body }).toEqual({ status: recorded.status, body: recorded.body });
  });

  test("CryptoCompare's unknown pair", async () => {
    const recorded = caseOf("errors/cryptocompare.json", "unknown pair");
    const { status, body } = await ask(
      simulator,
      "/min-api.cryptocompare.com/data/v2/histoday?fsym=NOPE&tsym=USD&e=Binance&api_key=x",
    );
    expect(status).toBe(recorded.status);
    // The recording went through another language, which did not keep the order of the keys.
    expect(body).toMatchObject({ Response: "Error", Type: 1, Aggregated: false, Data: [] });
    expect(new Set(Object.keys(body as object))).toEqual(
      new Set(Object.keys(recorded.body as object)),
    );
  });

  test("rate limits say what the sources say", async () => {
    expect(
      await askUntil(
        simulator,
        "/api.binance.com/api/v3/exchangeInfo?symbol=BTCUSDT",
        ({ status }) => status === 429,
      ),
    ).toEqual(caseOf("errors/binance.json", "weight exceeded").body);
    expect(
      await askUntil(simulator, "/api.coingecko.com/api/v3/ping", ({ status }) => status === 429),
    ).toEqual(caseOf("errors/coingecko.json", "rate limit").body);
    const refused = await askUntil(
      simulator,
      "/api.kraken.com/0/public/Time",
      ({ body }) => !Object.hasOwn(body as object, "result"),
    );
    expect(refused).toEqual(
      caseOf("errors/kraken.json", "public rate limit (verbatim: status 200, no result key)").body,
    );
  });
});
