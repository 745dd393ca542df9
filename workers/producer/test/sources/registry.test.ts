import type { SourceId } from "@candlehouse/shared/core/source";
import { SOURCES } from "@candlehouse/shared/core/source";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { describe, expect, it } from "vitest";
import { allSources, createRegistry, sourceOf } from "../../src/sources/registry.ts";
import type { Source } from "../../src/sources/source.ts";

/** All sources, one of them changed. */
function withKraken(change: Partial<Source>): readonly Source[] {
  return allSources().map((source) => (source.id === "kraken" ? { ...source, ...change } : source));
}

describe("the registry", () => {
  it("holds each known source once", () => {
    expect(allSources().map(({ id }) => id)).toEqual(SOURCES);
    expect(SOURCES.map((id) => sourceOf(id).id)).toEqual(SOURCES);
  });

  it("names a source that is missing", () => {
    expect(() => createRegistry(allSources().slice(1))).toThrow(
      'sources ["binance"] are not in the registry',
    );
  });

  it("names a source that is there twice", () => {
    expect(() => createRegistry([...allSources(), sourceOf("kraken")])).toThrow(
      'source "kraken" is in the registry twice',
    );
  });

  it.each<[string, Partial<Source>, RegExp]>([
    ["an unknown id", { id: "mtgox" as SourceId }, /"mtgox" is none of binance/],
    ["an unknown timeframe", { timeframes: ["1m", "7m" as Timeframe] }, /unknown: \["1m","7m"\]/],
    ["no timeframe", { timeframes: [] }, /no timeframe/],
    ["no host", { hosts: [] }, /no host/],
    ["a host that is an address", { hosts: ["https://api.kraken.com"] }, /no host name/],
    ["empty pages", { candlesPerRequest: 0 }, /gives 0 candles a request/],
    [
      "a page that is longer in name alone",
      { longerPages: { "1m": 720 } },
      /gives 720 candles a request where it gives 720/,
    ],
    ["a plan above its rate", { requestsPerMinute: 61 }, /plans 61 .* lets 60 through/],
    [
      "a key without a name",
      { keyNeededSince: "2026-05-21", keyName: null },
      /needs a key that has no name/,
    ],
    [
      "a burst below one request",
      { rate: { burst: 1, perSecond: 1, requestWeight: 2, weightPerMinuteMax: null } },
      /lets no request through/,
    ],
  ])("refuses a source with %s", (_name, change, sentence) => {
    expect(() => createRegistry(withKraken(change))).toThrow(sentence);
  });
});
