import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import { UnknownSymbolError } from "@candlehouse/shared/core/errors";
import { describe, expect, test } from "vitest";
import type { ShardReport } from "./collect-shard.ts";
import type { SentWindow } from "./send-unstored.ts";
import { shardRecordOf } from "./shard-record.ts";

const NOW = 1_795_348_804;
const NOON = 1_795_348_800;

const window: CandleWindow = {
  kind: "newest",
  symbol: "ATOM-USD",
  nativeSymbol: "ATOM-USD",
  timeframe: "1m",
  start: NOON - 3_600,
  end: NOON,
  watermark: NOON - 1_800,
  askedUntil: null,
  failureCount: 0,
};

const nothing: ShardReport = {
  requests: 0,
  candles: 0,
  messages: 0,
  answered: [],
  failed: [],
  unreached: [],
  closed: null,
};

function answered(timestamps: readonly number[], own: Partial<CandleWindow> = {}): SentWindow {
  const candles = timestamps.map((timestamp) => ({
    timestamp,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume_from: null,
    volume_to: null,
    trades: null,
  }));
  const page = { candles, coveredStart: window.start, coveredEnd: window.end, usedWeight: null };
  return { window: { ...window, ...own }, page, unstored: 0, awaited: 0 };
}

function record(report: Partial<ShardReport>) {
  return shardRecordOf("coinbase", { ...nothing, ...report }, NOW);
}

describe("shardRecordOf", () => {
  test("writes nothing of a series that has a new candle: the candle says as much", () => {
    const { silent, failed, recovered } = record({ answered: [answered([NOON - 60])] });
    expect([silent, failed, recovered]).toEqual([[], [], []]);
  });

  test("notes how far a silent market was asked, but not the last ten minutes, which may be late", () => {
    const { silent } = record({ answered: [answered([NOON - 1_800])] });
    expect(silent).toEqual([{ symbol: "ATOM-USD", timeframe: "1m", askedUntil: NOON - 600 }]);
  });

  test("notes what was left behind and is given up, once the newest candles were answered", () => {
    const { caughtUp } = record({
      answered: [answered([NOON - 60], { givenUpUntil: NOON - 700_000 })],
    });
    expect(caughtUp).toEqual([{ symbol: "ATOM-USD", timeframe: "1m", until: NOON - 700_000 }]);
    expect(record({ answered: [answered([NOON - 60])] }).caughtUp).toEqual([]);
  });

  test("notes a silence only as far as the answer speaks for", () => {
    const past = answered([], { end: NOON - 1_200 });
    const page = { ...past.page, coveredEnd: NOON - 1_200 };
    expect(record({ answered: [{ ...past, page }] }).silent).toMatchObject([
      { askedUntil: NOON - 1_200 },
    ]);
  });

  test("does not note again what is known", () => {
    const known = answered([], { askedUntil: NOON - 600 });
    expect(record({ answered: [known] }).silent).toEqual([]);
  });

  test("doubles the pause with each failure, up to an hour", () => {
    const error = new UnknownSymbolError("coinbase does not know NOSUCH-USD");
    const pauses = [0, 1, 2, 5, 6, 20].map((failureCount) => {
      const [failure] = record({ failed: [{ window: { ...window, failureCount }, error }] }).failed;
      return (failure?.retryAt ?? 0) - NOW;
    });
    expect(pauses).toEqual([30, 90, 210, 1_890, 3_570, 3_570]);
  });

  test("calls a source failing where it is closed or nothing succeeded, and says why", () => {
    const error = new UnknownSymbolError("coinbase does not know NOSUCH-USD");
    const failed = [{ window, error }];
    expect(record({ failed })).toMatchObject({
      state: "failing",
      code: "source_unknown_symbol",
      reason: error.message,
    });
    expect(record({ failed, answered: [answered([NOON - 60])] })).toMatchObject({ state: "ok" });
    const closed = { code: "source_blocked", reason: "api.coinbase.com is left alone" } as const;
    expect(record({ closed })).toMatchObject({ state: "failing", ...closed });
  });

  test("clears the failures of a series that has answered", () => {
    const again = answered([NOON - 60], { failureCount: 3 });
    expect(record({ answered: [again] }).recovered).toEqual([
      { symbol: "ATOM-USD", timeframe: "1m" },
    ]);
  });

  test("moves a catch-up on once its page is stored, and past a page that is empty", () => {
    const catchUp = { kind: "catch_up", start: NOON - 3_600, end: NOON - 1_800 } as const;
    const some = answered([NOON - 3_600, NOON - 3_000], catchUp);
    expect(record({ answered: [some] })).toMatchObject({
      silent: [],
      caughtUp: [{ symbol: "ATOM-USD", timeframe: "1m", until: NOON - 2_940 }],
    });
    expect(record({ answered: [{ ...some, unstored: 1, awaited: 1 }] }).caughtUp).toEqual([]);
    // A candle that was sent as a revision is stored already.
    expect(record({ answered: [{ ...some, unstored: 1 }] }).caughtUp).toHaveLength(1);
    const none = answered([], catchUp);
    const page = { ...none.page, coveredEnd: NOON - 1_800 };
    expect(record({ answered: [{ ...none, page }] }).caughtUp).toMatchObject([
      { until: NOON - 1_800 },
    ]);
  });
});
