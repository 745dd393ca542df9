import { env, exports } from "cloudflare:workers";
import { newTally } from "@candlehouse/shared/core/ledger";
import type { Outcome } from "@candlehouse/shared/core/rate-limit";
import type { OpenCandlesAnswer } from "@candlehouse/shared/core/open-candle";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { collectorTools } from "../src/collector-tools.ts";
import { askOpenCandles, KEPT_SHARE } from "../src/open-candles.ts";
import { sourceOf } from "../src/sources/registry.ts";
import type { Source } from "../src/sources/source.ts";
import { done, refused } from "./ask.ts";

const MARKET = {
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  nativeSymbol: "BTCUSDT",
} as const;

let tests = 0;

/** Binance at two hosts that nobody else asks: what a limiter knows stays from test to test. */
function freshSource(): Source {
  tests += 1;
  return { ...sourceOf("binance"), hosts: [`first-${tests}.test`, `second-${tests}.test`] };
}

/** Rows of the running minute and the one before, as Binance has them at this moment. */
function rowsNow(): unknown[] {
  const open = Math.floor(Date.now() / 60_000) * 60_000;
  return [open - 60_000, open].map((time) => [
    time,
    "1",
    "2",
    "0.5",
    "1.5",
    "3",
    time + 59_999,
    "4",
    7,
  ]);
}

/** The real tools, limiter and all, but for the exchange, which answers as `respond` does. */
function toolsWith(respond: (request: Request) => Promise<Response>, source = freshSource()) {
  const [first = ""] = source.hosts;
  const tools = collectorTools(env, exports, newTally(), source, source.rate.burst * KEPT_SHARE);
  const asked: string[] = [];
  const outcomes: Outcome[] = [];
  return {
    source,
    asked,
    outcomes,
    /** Has the limiter of the first host hear `told`, and takes `taken` requests from it. */
    useLimiter: (told: readonly Outcome[], taken: number) =>
      exports.HostLimiter.getByName(first).exchange(source.rate, told, taken),
    tools: {
      ...tools,
      access: {
        ...tools.access,
        fetch: (request: Request) => {
          asked.push(new URL(request.url).hostname);
          return respond(request);
        },
      },
      reserve: (...[host, policy, told, ask]: Parameters<typeof tools.reserve>) => {
        outcomes.push(...told);
        return tools.reserve(host, policy, told, ask);
      },
    },
  };
}

describe("asking a source for its open candle", () => {
  test("gives the newest candles and says which is open", async () => {
    const { source, tools, asked, outcomes } = toolsWith(async () => Response.json(rowsNow()));
    const { candles } = await askOpenCandles(source, MARKET, tools);
    expect(candles.at(-1)).toMatchObject({ close: 1.5, volume_to: 4, trades: 7, closed: false });
    expect(asked).toEqual([source.hosts[0]]);
    // A good answer is not worth a call that is billed.
    expect(outcomes).toEqual([]);
  });

  test("leaves what is in the bucket to collection, unless there is plenty", async () => {
    const { source, tools, asked, useLimiter } = toolsWith(async () => Response.json(rowsNow()));
    await useLimiter([], 20);
    expect((await askOpenCandles(source, MARKET, tools)).candles).toEqual([]);
    expect(asked).toEqual([]);
  });

  test("goes to the next host where one refuses the country", async () => {
    const { source, tools, asked, useLimiter } = toolsWith(async () => Response.json(rowsNow()));
    await useLimiter([{ kind: "blocked" }], 0);
    expect((await askOpenCandles(source, MARKET, tools)).candles).not.toEqual([]);
    expect(asked).toEqual([source.hosts[1]]);
  });

  test("leaves a host alone that asked for silence", async () => {
    const { source, tools, asked, useLimiter } = toolsWith(async () => Response.json(rowsNow()));
    await useLimiter([{ kind: "rate_limited", retryAfterMs: 60_000 }], 0);
    expect((await askOpenCandles(source, MARKET, tools)).candles).toEqual([]);
    expect(asked).toEqual([]);
  });

  test("tells the limiter when the source refuses", async () => {
    const { source, tools, asked, outcomes } = toolsWith(
      async () => new Response("{}", { status: 429, headers: { "retry-after": "30" } }),
    );
    expect((await askOpenCandles(source, MARKET, tools)).candles).toEqual([]);
    expect(asked).toEqual([source.hosts[0]]);
    expect(outcomes).toEqual([{ kind: "rate_limited", retryAfterMs: 30_000 }]);
  });

  test("gives up on a slow source, and does not call that a failure", async () => {
    const { source, tools, asked, outcomes } = toolsWith(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener("abort", () => reject(request.signal.reason));
        }),
    );
    const startMs = Date.now();
    expect((await askOpenCandles(source, MARKET, tools)).candles).toEqual([]);
    expect(Date.now() - startMs).toBeLessThan(3_000);
    expect(asked).toHaveLength(1);
    expect(outcomes).toEqual([]);
  });

  test("asks nobody who is off, has no such candles, or does not serve the timeframe", async () => {
    for (const [id, timeframe] of [
      ["cryptocompare", "1m"],
      ["coingecko", "30m"],
      ["massive", "1m"],
      ["kraken", "3m"],
    ] as const) {
      const source = sourceOf(id);
      const { tools, asked } = toolsWith(async () => Response.json([]), source);
      const series = { source: id, symbol: "BTC-USD", timeframe, nativeSymbol: "BTC-USD" };
      expect([id, (await askOpenCandles(source, series, tools)).candles]).toEqual([id, []]);
      expect(asked).toEqual([]);
    }
  });
});

describe("GET /v1/open-candles", () => {
  beforeEach(async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    await env.DB.prepare("DELETE FROM series").run();
  });

  test("asks for nothing that is not collected", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    const answer = await done("GET", "/v1/open-candles?series=binance:ETH-USDT:1m");
    expect(answer).toEqual({ series: [{ series: "binance:ETH-USDT:1m", candles: [] }] });
    await done("POST", "/v1/series", { series: "binance:ETH-USDT:1m" });
    await env.DB.prepare("UPDATE series SET enabled = 0").run();
    await done("GET", "/v1/open-candles?series=binance:ETH-USDT:1m");
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  test("answers each series in its place, once asked for several readers", async () => {
    await done("POST", "/v1/series", { series: "binance:BTC-USDT:1m" });
    const fetched = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async () => Response.json(rowsNow()));
    const path = "/v1/open-candles?series=kraken:NO-USD:1m&series=binance:BTC-USDT:1m";
    const answers = await Promise.all([1, 2, 3].map(() => done("GET", path)));
    for (const { series } of answers as OpenCandlesAnswer[]) {
      expect(series.map((one) => [one.series, one.candles.length > 0])).toEqual([
        ["kraken:NO-USD:1m", false],
        ["binance:BTC-USDT:1m", true],
      ]);
    }
    expect(fetched).toHaveBeenCalledTimes(1);
    fetched.mockRestore();
    const stored = await env.DB.prepare("SELECT COUNT(*) FROM price_data").first("COUNT(*)");
    expect(stored).toBe(0);
  });

  test("says what cannot be meant", async () => {
    expect(await refused("GET", "/v1/open-candles?series=nothing")).toMatchObject({
      status: 400,
      parameter: "series",
    });
    const many = Array.from({ length: 21 }, (_, index) => `series=binance:A${index}-USDT:1m`);
    expect(await refused("GET", `/v1/open-candles?${many.join("&")}`)).toMatchObject({
      status: 400,
      parameter: "series",
    });
  });
});
