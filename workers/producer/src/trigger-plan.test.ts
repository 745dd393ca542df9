import { InvalidInputError, UnknownSymbolError } from "@candlehouse/shared/core/errors";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KnownSeries } from "@candlehouse/shared/d1/collection-table";
import { allSources, sourceOf } from "./sources/registry.ts";
import { planTrigger } from "./trigger-plan.ts";
import { TRIGGER_CANDLES_MAX, type TriggerRequest } from "./trigger-request.ts";

/** 2026-11-22T12:00:30Z */
const NOW = 1_795_348_830;
const NOON = 1_795_348_800;

const request: TriggerRequest = {
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  limit: 2_000,
};

const unknown: KnownSeries = { nativeSymbol: null, collected: false, watermark: null };

function pagesOf(own: Partial<TriggerRequest> = {}): readonly (readonly [number, number])[] {
  const wanted = { ...request, ...own };
  const source = sourceOf(wanted.source);
  return planTrigger(source, unknown, wanted, NOW).pages.map(({ start, end }) => [start, end]);
}

describe("planTrigger", () => {
  test("asks for the newest closed candles, oldest page first", () => {
    expect(pagesOf()).toEqual([
      [NOON - 120_000, NOON - 60_000],
      [NOON - 60_000, NOON],
    ]);
  });

  test("takes toTs for any time within the newest candle wanted", () => {
    const whole = pagesOf({ toTs: NOON - 600, limit: 10 });
    expect(whole).toEqual([[NOON - 1_140, NOON - 540]]);
    expect(pagesOf({ toTs: NOON - 541, limit: 10 })).toEqual(whole);
  });

  test("never asks for the candle that is still open", () => {
    expect(pagesOf({ toTs: NOW, limit: 1 })).toEqual([[NOON - 60, NOON]]);
  });

  test("asks a source that serves its newest candles alone for no older ones", () => {
    expect(pagesOf({ source: "kraken", symbol: "BTC-USD" })).toEqual([[NOON - 720 * 60, NOON]]);
    expect(pagesOf({ source: "kraken", symbol: "BTC-USD", toTs: NOON - 86_400 })).toEqual([]);
  });

  test("refuses a timeframe that the source does not serve, and a time in the future", () => {
    expect(() => pagesOf({ source: "kraken", timeframe: "3m" })).toThrow(InvalidInputError);
    expect(() => pagesOf({ toTs: NOW + 1 })).toThrow(InvalidInputError);
  });

  test("covers the range once, in pages that each source can answer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...allSources()),
        fc.integer({ min: 1, max: TRIGGER_CANDLES_MAX }),
        fc.integer({ min: 0, max: 5_000_000 }),
        fc.nat(),
        (source, limit, ago, pick) => {
          const timeframe = source.timeframes[pick % source.timeframes.length] ?? "1m";
          const wanted = { ...request, source: source.id, timeframe, limit, toTs: NOW - ago };
          const named = { ...unknown, nativeSymbol: "BTC" };
          const { pages } = planTrigger(source, named, wanted, NOW);
          pages.forEach((page, index) => {
            expect(page.start).toBe(index === 0 ? page.start : pages[index - 1]?.end);
            expect(page.end).toBeGreaterThan(page.start);
            expect(() => source.toHttpRequest(page, source.hosts[0] ?? "", "key")).not.toThrow();
          });
        },
      ),
    );
  });

  test("prefers the name that an operator gave, and refuses a market that cannot be", () => {
    const kraken = sourceOf("kraken");
    const wanted = { ...request, symbol: "BTC-USD", limit: 1 };
    const named = { ...unknown, nativeSymbol: "XXBTZUSD" };
    expect(planTrigger(kraken, unknown, wanted, NOW).pages[0]?.nativeSymbol).toBe("XBTUSD");
    expect(planTrigger(kraken, named, wanted, NOW).pages[0]?.nativeSymbol).toBe("XXBTZUSD");
    const nowhere = { ...wanted, symbol: "NOSUCH-USD", timeframe: "4h" } as const;
    expect(() => planTrigger(sourceOf("coingecko"), unknown, nowhere, NOW)).toThrow(
      UnknownSymbolError,
    );
  });

  test("leaves what lies before its pages to the cron, where the cron collects the series", () => {
    const late = { nativeSymbol: null, collected: true, watermark: NOON - 3_600 };
    const wanted = { ...request, limit: 10 };
    const binance = sourceOf("binance");
    expect(planTrigger(binance, late, wanted, NOW).left).toEqual([
      {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        from: NOON - 3_540,
        until: NOON - 600,
      },
    ]);
    expect(planTrigger(binance, { ...late, collected: false }, wanted, NOW).left).toEqual([]);
    expect(planTrigger(binance, { ...late, watermark: NOON - 660 }, wanted, NOW).left).toEqual([]);
  });
});
