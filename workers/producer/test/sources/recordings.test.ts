import { findCandleFault } from "@candlehouse/shared/core/candle";
import type { SourceId } from "@candlehouse/shared/core/source";
import { addCandles, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/sources/registry.ts";
import type { ParsedCandles } from "../../src/sources/source.ts";
import { answerOf } from "./answers.ts";
import { expectContract, requestFor, toText } from "./test-source.ts";

/** Recordings lie beside the repository, not in it. */
const SHARED = join(import.meta.dirname, "../../../../../shared");
const FIXTURES = join(SHARED, "fixtures");
const MARKET_DATA = join(SHARED, "market-data");
const ABSENT = "skipped where the folder of recordings beside the repository is absent";

function readJson(...path: readonly string[]): unknown {
  return JSON.parse(readFileSync(join(...path), "utf8"));
}

/** Parses `body` as the answer to the window of `count` candles from `start`, and checks the contract. */
function parse(
  id: SourceId,
  timeframe: Timeframe,
  [start, count]: readonly [number, number],
  body: unknown,
  nowSeconds: number,
): ParsedCandles {
  const source = sourceOf(id);
  const request = requestFor(source, timeframe, start, count);
  const answer = answerOf(body, nowSeconds);
  const parsed = source.parseCandles(request, answer);
  expectContract(source, request, answer, parsed);
  expect(parsed.candles.map((candle) => findCandleFault(candle, timeframe, nowSeconds))).toEqual(
    parsed.candles.map(() => undefined),
  );
  return parsed;
}

/** The digits of a recorded number, without zeros that say nothing. */
function digits(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

type BinanceRow = readonly [number, string, string, string, string, string, number, string, number];

describe.skipIf(!existsSync(MARKET_DATA))(`recorded candles (${ABSENT})`, () => {
  const folder = join(MARKET_DATA, "binance-rest");
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
    : [];

  it.each(files.filter((file) => file.endsWith(".json")).toSorted())(
    "of Binance come out as they went in: %s",
    (file) => {
      const rows = readJson(folder, file) as readonly BinanceRow[];
      const timeframe = file.includes("1d") ? "1d" : "1h";
      const start = (rows[0]?.[0] ?? 0) / 1_000;
      const now = addCandles((rows.at(-1)?.[0] ?? 0) / 1_000, timeframe, 1) + 3;
      const { candles } = parse("binance", timeframe, [start, 1_000], rows, now);
      expect(candles.map(toText)).toEqual(
        rows.map((row) => ({
          timestamp: row[0] / 1_000,
          open: digits(row[1]),
          high: digits(row[2]),
          low: digits(row[3]),
          close: digits(row[4]),
          volume_from: digits(row[5]),
          volume_to: digits(row[7]),
          trades: row[8],
        })),
      );
    },
  );

  it("of Coinbase come out as they went in, page by page, the bad print of 2018-04-03 too", () => {
    const name = "Coinbase-BTC-USD-PT4H-20160518_20251028.json";
    const file = readJson(MARKET_DATA, "coinbase", name) as {
      candles: readonly { start: string }[];
    };
    const times = file.candles.map(({ start }) => Number(start));
    const now = (times.at(-1) ?? 0) + 14_400 + 5;
    let parsed = 0;
    for (let at = times[0] ?? now; at < now - 5; at += 350 * 14_400) {
      const page = file.candles.filter((_, index) => isWithin(times[index], at, 350 * 14_400));
      const body = { candles: page.toReversed() };
      const { candles } = parse("coinbase", "4h", [at, 350], body, now);
      expect(candles).toHaveLength(page.length);
      const bad = candles.find(({ timestamp }) => timestamp === 1_522_785_600);
      expect(bad === undefined || bad.low === 5_200).toBe(true);
      parsed += candles.length;
    }
    expect(parsed).toBe(20_695);
  });
});

function isWithin(time: number | undefined, start: number, length: number): boolean {
  return time !== undefined && time >= start && time < start + length;
}

describe.skipIf(!existsSync(FIXTURES))(`recorded answers (${ABSENT})`, () => {
  it("of Kraken give 720 candles, 215 of them without a trade, and not the open one", () => {
    const body = readJson(FIXTURES, "kraken", "kraken.http_ohlc.json");
    const { candles } = parse("kraken", "1m", [1_762_777_020, 720], body, 1_762_820_250);
    expect(candles).toHaveLength(720);
    expect(candles.filter(({ trades }) => trades === 0)).toHaveLength(215);
    expect(candles.at(-1)?.timestamp).toBe(1_762_820_160);
    expect(candles[0]).toEqual({
      timestamp: 1_762_777_020,
      open: 106_038.2,
      high: 106_038.2,
      low: 106_038.2,
      close: 106_038.2,
      volume_from: 0,
      volume_to: null,
      trades: 0,
    });
  });

  it("of Coinbase give 349 candles of 350 rows, oldest first, and not the open one", () => {
    const body = readJson(FIXTURES, "coinbase", "advanced.candles.ETH-USD.ONE_DAY.350rows.json");
    const newest = 1_761_004_800;
    const window = [newest - 349 * 86_400, 350] as const;
    const { candles } = parse("coinbase", "1d", window, body, newest + 3_600);
    expect(candles).toHaveLength(349);
    expect(candles.at(-1)).toEqual({
      timestamp: newest - 86_400,
      open: 3_984.11,
      high: 4_086,
      low: 3_908.36,
      close: 3_980.42,
      volume_from: 100_967.70620232,
      volume_to: null,
      trades: null,
    });
  });

  it("of CryptoCompare give base and quote volume, and no count of trades", () => {
    const { body } = readJson(FIXTURES, "cryptocompare", "histoday.v2.success.json") as {
      body: unknown;
    };
    const { candles } = parse("cryptocompare", "1d", [1_779_926_400, 2], body, 1_780_200_000);
    expect(candles[0]).toEqual({
      timestamp: 1_779_926_400,
      open: 74_348.55,
      high: 74_478.39,
      low: 72_476.19,
      close: 73_531.95,
      volume_from: 27_233.93,
      volume_to: 1_995_371_003.86,
      trades: null,
    });
  });

  it("of CryptoCompare whose rows break open, high, low and close are not mended", () => {
    const source = sourceOf("cryptocompare");
    const name = "histohour.v1.aggregate3-invalid-ohlc.json";
    const { body } = readJson(FIXTURES, "cryptocompare", name) as { body: { Data: unknown } };
    const request = requestFor(source, "1h", 1_507_885_200, 4);
    const answer = answerOf({ Response: "Success", Data: { Data: body.Data } }, 1_508_000_000);
    const { candles } = source.parseCandles(request, answer);
    expect(candles[1]).toMatchObject({ close: 0.004_043, high: 0.004_031 });
    expect(candles.map((candle) => findCandleFault(candle, "1h", 1_508_000_000))).toEqual([
      undefined,
      "close 0.004043 is outside low 0.004003 and high 0.004031",
    ]);
  });

  it("of CoinGecko give the second row, under its open time and without volume", () => {
    const { cases } = readJson(FIXTURES, "coingecko", "ohlc.examples.json") as {
      cases: readonly { body: unknown }[];
    };
    const window = [1_779_195_600, 3] as const;
    const { candles } = parse("coingecko", "30m", window, cases[0]?.body, 1_779_202_800);
    expect(candles).toEqual([
      {
        timestamp: 1_779_199_200,
        open: 76_712,
        high: 76_712,
        low: 76_321,
        close: 76_422,
        volume_from: null,
        volume_to: null,
        trades: null,
      },
    ]);
  });

  it.each<[SourceId, Readonly<Record<string, string>>]>([
    [
      "binance",
      {
        "invalid symbol": "source_unknown_symbol",
        "weight exceeded": "source_rate_limited",
        "ip ban": "source_rate_limited",
        "geo block": "source_blocked",
        WAF: "source_blocked",
      },
    ],
    [
      "kraken",
      {
        "public rate limit (verbatim: status 200, no result key)": "source_rate_limited",
        "counter rate limit": "source_rate_limited",
        "unknown pair": "source_unknown_symbol",
        "bad args": "source_answer_unreadable",
        down: "source_unavailable",
        busy: "source_unavailable",
        cloudflare: "source_unavailable",
      },
    ],
    [
      "cryptocompare",
      {
        "rate limit month": "source_rate_limited",
        "rate limit (2020 free plan)": "source_rate_limited",
        "unknown pair": "source_unknown_symbol",
        "no key, since 2026-05-21": "source_off",
      },
    ],
    ["coingecko", { "rate limit": "source_rate_limited", "unknown id": "source_unknown_symbol" }],
  ])("of %s that are errors are each of the right class", (id, expected) => {
    const { cases } = readJson(FIXTURES, "errors", `${id}.json`) as {
      cases: readonly { name: string; status: number; body: unknown; headers?: object }[];
    };
    const codes = cases.map(({ name, status, body, headers }) => {
      const answer = answerOf(body ?? undefined, 1_780_000_000, status, { ...headers });
      return [name, sourceOf(id).readError(answer)?.code];
    });
    expect(Object.fromEntries(codes)).toEqual(expected);
  });
});
