import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planCollection, SHARD_WINDOWS_MAX, TICK_SHARDS_MAX } from "./collect-plan.ts";
import {
  CATCH_UP_SECONDS_MAX,
  OVERLAP_CANDLES,
  planNewest,
  progressOf,
  type SeriesProgress,
  type SourceLimits,
} from "./collect-window.ts";
import type { SourceId } from "./source.ts";
import { closeTimeOf, newestClosed, TIMEFRAMES } from "./timeframe.ts";

/** 2026-11-22T12:00:00Z */
const NOON = 1_795_348_800;
const MINUTE = 60;

const limits: SourceLimits = {
  settleSeconds: 3,
  candlesPerRequest: 1_000,
  newestOnly: null,
  requestsPerMinute: 1_200,
};

const series: SeriesProgress = {
  source: "binance",
  symbol: "BTC-USDT",
  timeframe: "1m",
  nativeSymbol: "BTCUSDT",
  tier: 1,
  watermark: NOON - 2 * MINUTE,
  askedUntil: null,
  catchUp: null,
  retryAt: null,
  failureCount: 0,
};

function plan(list: readonly SeriesProgress[], nowSeconds = NOON, own = limits) {
  return planCollection(list, new Map<SourceId, SourceLimits>([["binance", own]]), nowSeconds);
}

const WEEK = 7 * 86_400;

/** Of a source that keeps its minutes for a week. */
const kept: SeriesProgress = { ...series, source: "cryptocompare" };

function planKept(one: SeriesProgress) {
  return planCollection([one], new Map([["cryptocompare", limits] as const]), NOON);
}

describe("planCollection", () => {
  test("asks in the tick of its close for the minute that has just closed", () => {
    const { shards, due } = plan([series]);
    expect(due).toBe(1);
    expect(shards).toEqual([
      {
        source: "binance",
        askAt: NOON + 4,
        windows: [
          {
            kind: "newest",
            symbol: "BTC-USDT",
            nativeSymbol: "BTCUSDT",
            timeframe: "1m",
            start: NOON - 4 * MINUTE,
            end: NOON,
            watermark: NOON - 2 * MINUTE,
            askedUntil: null,
            failureCount: 0,
          },
        ],
      },
    ]);
  });

  test("leaves a series alone whose newest closed candle is stored", () => {
    expect(plan([{ ...series, watermark: NOON - MINUTE }]).due).toBe(0);
  });

  test("serves all timeframes by one cron: each is due once its own candle has closed", () => {
    const watermarks = { "1m": NOON - MINUTE, "1h": NOON - 7_200, "1d": NOON - 43_200 - 86_400 };
    const list = Object.entries(watermarks).map(([timeframe, watermark]) => ({
      ...series,
      timeframe: timeframe as "1m",
      watermark,
    }));
    const windows = plan(list).shards.flatMap((shard) => shard.windows);
    expect(windows.map(({ timeframe }) => timeframe)).toEqual(["1h"]);
  });

  test("leaves a series alone that the source has said to have nothing for", () => {
    expect(plan([{ ...series, askedUntil: NOON }]).due).toBe(0);
  });

  test("waits with a failed series until its retry", () => {
    expect(plan([{ ...series, retryAt: NOON + 60 }]).due).toBe(0);
    expect(plan([{ ...series, retryAt: NOON + 4 }]).due).toBe(1);
  });

  test("leaves out the series of a source that is off", () => {
    expect(plan([{ ...series, source: "kraken" }])).toMatchObject({ due: 0, shards: [] });
  });

  test("spreads a thousand due series over invocations of a bounded size", () => {
    const list = Array.from({ length: 1_000 }, (_, index) => ({
      ...series,
      symbol: `T${index}-USDT`,
    }));
    const { shards, due, deferred } = plan(list);
    expect([due, deferred, shards.length]).toEqual([1_000, 0, 20]);
    expect(Math.max(...shards.map(({ windows }) => windows.length))).toBe(SHARD_WINDOWS_MAX);
  });

  test("makes larger shards rather than more than one cron may call, and leaves nothing out", () => {
    // What the sources of this version allow a minute, all of it due at once.
    const allowed = { binance: 1_200, coinbase: 400, cryptocompare: 240, massive: 240, kraken: 50 };
    const own = Object.entries(allowed).map(
      ([source, requestsPerMinute]) =>
        [source as SourceId, { ...limits, requestsPerMinute }] as const,
    );
    const list = own.flatMap(([source, { requestsPerMinute }]) =>
      Array.from({ length: requestsPerMinute }, (_, index) => {
        const symbol = `C${index}-USDT`;
        return { ...series, source, symbol, nativeSymbol: symbol };
      }),
    );
    const { shards, due, deferred } = planCollection(list, new Map(own), NOON);
    expect([due, deferred]).toEqual([2_130, 0]);
    expect(shards.length).toBeLessThanOrEqual(TICK_SHARDS_MAX);
    const asked = shards.flatMap(({ source, windows }) => windows.map((w) => source + w.symbol));
    expect(new Set(asked).size).toBe(2_130);
    expect(Math.max(...shards.map(({ windows }) => windows.length))).toBeLessThan(100);
  });

  test("asks the better tier first where both have waited as long", () => {
    const list = [4, 2, 1, 3].map((tier) => ({ ...series, symbol: `T${tier}-USDT`, tier }));
    const windows = plan(list).shards.flatMap((shard) => shard.windows);
    expect(windows.map(({ symbol }) => symbol)).toEqual([
      "T1-USDT",
      "T2-USDT",
      "T3-USDT",
      "T4-USDT",
    ]);
  });

  test("asks the one that has waited longer first within a tier", () => {
    const late = { ...series, symbol: "LATE-USDT", watermark: NOON - 10 * MINUTE };
    const [first] = plan([series, late]).shards.flatMap((shard) => shard.windows);
    expect(first?.symbol).toBe("LATE-USDT");
  });

  test("starves no series where a source allows less than its due work", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        (tiers, requestsPerMinute) => {
          let list = tiers.map((tier, index) => ({ ...series, symbol: `T${index}-USD`, tier }));
          const served = new Set<string>();
          // Eight times as many minutes as a fair turn takes: the weight of the best tier.
          const minutes = Math.ceil((tiers.length / requestsPerMinute) * 8) + 10;
          for (let minute = 0; minute < minutes; minute += 1) {
            const now = NOON + minute * MINUTE;
            const { shards } = plan(list, now, { ...limits, requestsPerMinute });
            const asked = new Set(shards.flatMap(({ windows }) => windows.map((w) => w.symbol)));
            asked.forEach((symbol) => served.add(symbol));
            list = list.map((one) =>
              asked.has(one.symbol) ? { ...one, watermark: now - MINUTE } : one,
            );
          }
          expect(served.size).toBe(tiers.length);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("planNewest", () => {
  test("gives a new series its newest 300 candles", () => {
    const { window, left } = planNewest({ ...series, watermark: null }, limits, NOON + 3);
    expect([window.start, window.end, left]).toEqual([NOON - 300 * MINUTE, NOON, null]);
  });

  test("asks for what is current first after a long pause, and leaves the rest for later", () => {
    const behind = { ...series, watermark: NOON - 5_000 * MINUTE };
    const { window, left, beyondReach } = planNewest(behind, limits, NOON + 3);
    expect([window.start, window.end]).toEqual([NOON - 1_000 * MINUTE, NOON]);
    expect(left).toEqual({ from: NOON - 4_999 * MINUTE, until: NOON - 1_000 * MINUTE });
    expect(beyondReach).toBe(0);
  });

  test("leaves to a backfill what lies further back than a series catches up by itself", () => {
    const behind = { ...series, watermark: NOON - CATCH_UP_SECONDS_MAX - 600 * MINUTE };
    const { left, beyondReach } = planNewest(behind, limits, NOON);
    expect(left?.from).toBe(NOON - CATCH_UP_SECONDS_MAX);
    expect(beyondReach).toBe(599);
  });

  test("asks a silent market from where it was last asked, with half a page of overlap", () => {
    const silent = { ...series, watermark: NOON - 5_000 * MINUTE, askedUntil: NOON - 10 * MINUTE };
    const { window, left } = planNewest(silent, limits, NOON + 3);
    expect([window.start, left]).toEqual([NOON - 510 * MINUTE, null]);
  });

  test("begins where the source's reach begins, and counts what is lost", () => {
    const kraken = { ...limits, candlesPerRequest: 720, newestOnly: 720 };
    const behind = { ...series, watermark: NOON - 1_000 * MINUTE };
    const { window, left, beyondReach } = planNewest(behind, kraken, NOON + 3);
    expect([window.start, window.end, left]).toEqual([NOON - 720 * MINUTE, NOON, null]);
    expect(beyondReach).toBe(279);
  });

  test("re-reads the last stored candles, and asks for no candle that is not closed, in every timeframe", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TIMEFRAMES),
        fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
        fc.integer({ min: 0, max: 40 }),
        (timeframe, now, behind) => {
          let watermark = newestClosed(now, timeframe, limits.settleSeconds);
          for (let step = 0; step < behind; step += 1) {
            watermark = newestClosed(watermark, timeframe, 0);
          }
          const { window } = planNewest({ ...series, timeframe, watermark }, limits, now);
          let at = window.start;
          for (let step = 1; step < OVERLAP_CANDLES; step += 1) {
            at = closeTimeOf(at, timeframe);
          }
          expect(at).toBe(watermark);
          expect(window.end).toBeLessThanOrEqual(now - limits.settleSeconds);
        },
      ),
    );
  });
});

describe("catching up", () => {
  test("takes one page a tick of what was left, after all that is due, the oldest first", () => {
    const old = { from: NOON - 9_000 * MINUTE, until: NOON - 3_000 * MINUTE };
    const young = { from: NOON - 5_000 * MINUTE, until: NOON - 4_500 * MINUTE };
    const list = [
      { ...series, symbol: "YOUNG-USDT", watermark: NOON - MINUTE, catchUp: young },
      { ...series, symbol: "OLD-USDT", watermark: NOON - MINUTE, catchUp: old },
      series,
    ];
    const windows = plan(list).shards.flatMap((shard) => shard.windows);
    expect(windows.map(({ kind, symbol, start, end }) => [kind, symbol, start, end])).toEqual([
      ["newest", "BTC-USDT", NOON - 4 * MINUTE, NOON],
      ["catch_up", "OLD-USDT", old.from, old.from + 1_000 * MINUTE],
      ["catch_up", "YOUNG-USDT", young.from, young.until],
    ]);
    const narrow = plan(list, NOON, { ...limits, requestsPerMinute: 1 });
    expect(narrow.shards.flatMap((shard) => shard.windows).map(({ kind }) => kind)).toEqual([
      "newest",
    ]);
  });

  describe("from a source that keeps its minutes for a week", () => {
    test("leaves no more behind than can still be had, and counts what is lost", () => {
      const { left, beyondReach } = planKept({ ...kept, watermark: NOON - WEEK - 3_600 });
      expect(left).toMatchObject([{ from: NOON - WEEK, until: NOON - 1_000 * MINUTE }]);
      expect(beyondReach).toBe(59);
    });

    test("passes over what was left behind and can be had no more", () => {
      const catchUp = { from: NOON - WEEK - 86_400, until: NOON - WEEK + 3_600 };
      const windows = planKept({ ...kept, catchUp }).shards.flatMap((shard) => shard.windows);
      expect(windows.map(({ kind, start, end }) => [kind, start, end])).toEqual([
        ["newest", NOON - 4 * MINUTE, NOON],
        ["catch_up", NOON - WEEK, NOON - WEEK + 3_600],
      ]);
    });

    test("gives up what was left behind where all of it is too old, and asks for none of it", () => {
      const catchUp = { from: NOON - WEEK - 86_400, until: NOON - WEEK - 3_600 };
      const windows = planKept({ ...kept, catchUp }).shards.flatMap((shard) => shard.windows);
      expect(windows).toMatchObject([{ kind: "newest", givenUpUntil: catchUp.until }]);
    });
  });

  test("asks for every candle since the last stored one, however long the pauses were", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6_000 }), { maxLength: 6 }), (pauses) => {
        const first = NOON;
        let now = NOON + 3;
        let one: SeriesProgress = { ...series, watermark: first - MINUTE };
        const asked = new Set<number>();
        const tick = (): void => {
          const { shards, left } = plan([one], now);
          for (const { from, until } of left) {
            const known = one.catchUp ?? { from, until };
            one = {
              ...one,
              catchUp: { from: Math.min(known.from, from), until: Math.max(known.until, until) },
            };
          }
          for (const window of shards.flatMap(({ windows }) => windows)) {
            for (let at = window.start; at < window.end; at += MINUTE) {
              asked.add(at);
            }
            if (window.kind === "newest") {
              one = { ...one, watermark: window.end - MINUTE };
            } else if (one.catchUp !== null) {
              const from = window.end;
              one = {
                ...one,
                catchUp: from >= one.catchUp.until ? null : { ...one.catchUp, from },
              };
            }
          }
        };
        for (const pause of pauses) {
          now += pause * MINUTE;
          tick();
        }
        for (let ticks = 0; one.catchUp !== null && ticks < 100; ticks += 1) {
          now += MINUTE;
          tick();
        }
        const until = progressOf(one) ?? 0;
        for (let at = first; at < until; at += MINUTE) {
          expect(asked.has(at)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
