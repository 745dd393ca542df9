import { describe, expect, test } from "vitest";
import {
  coinbaseCandles,
  hasRecordings,
  krakenCandles,
  skipReason,
} from "../../test/recordings.ts";
import type { Candle } from "./candle.ts";
import {
  COMPARE_CONTEXT_CANDLES,
  compareCloses,
  summarise,
  type CompareRange,
} from "./consensus.ts";
import { rollUp } from "./rollup.ts";
import type { SourceId } from "./source.ts";

const HOUR = 3_600;
const RANGE = { timeframe: "1h", from: 0, to: 200 * HOUR } as const;

type Changes = Readonly<Record<number, Partial<Candle>>>;

/** `count` hours of a market at 100 that moves a little, the same at each source but for `changes`. */
function hours(count: number, volume: number | null, changes: Changes = {}): Candle[] {
  return Array.from({ length: count }, (_, index) => {
    const price = 100 + Math.sin(index) * 0.1;
    return {
      timestamp: index * HOUR,
      open: price,
      high: price + 0.1,
      low: price - 0.1,
      close: price,
      volume_from: volume,
      volume_to: null,
      trades: null,
      ...changes[index],
    };
  });
}

function compare(given: Partial<Record<SourceId, Candle[]>>, range: Partial<CompareRange> = {}) {
  const sources = (["binance", "kraken", "coinbase"] as const).flatMap((source) =>
    given[source] === undefined ? [] : [{ source, candles: given[source] }],
  );
  return compareCloses(sources, { ...RANGE, ...range });
}

/** A close, with bounds that hold it. */
function closeAt(close: number): Partial<Candle> {
  return { close, high: Math.max(close, 101), low: Math.min(close, 99) };
}

describe("compareCloses", () => {
  test("has a median of the closes that counts each by its volume", () => {
    const { consensus, sources } = compare({
      binance: hours(3, 5, { 1: closeAt(100.2) }),
      kraken: hours(3, 2, { 1: closeAt(100.4) }),
      coinbase: hours(3, 2, { 1: closeAt(100.6) }),
    });
    expect(consensus[1]).toBe(100.2);
    const deviations = sources.map(({ deviations: of }) => of[1] ?? Number.NaN);
    expect(deviations[0]).toBe(0);
    expect(deviations[1]).toBeCloseTo(0.2 / 100.2, 12);
    expect(deviations[2]).toBeCloseTo(0.4 / 100.2, 12);
  });

  test("gives no vote to a source without volume, and one to each where none has volume", () => {
    const closes = [closeAt(100.1), closeAt(100.2), closeAt(100.5)] as const;
    const given = (volumes: readonly (number | null)[]) => ({
      binance: hours(3, volumes[0] ?? null, { 1: closes[0] }),
      kraken: hours(3, volumes[1] ?? null, { 1: closes[1] }),
      coinbase: hours(3, volumes[2] ?? null, { 1: closes[2] }),
    });
    expect(compare(given([null, null, 1])).consensus[1]).toBe(100.5);
    expect(compare(given([null, null, null])).consensus[1]).toBe(100.2);
    expect(compare(given([0, 0, 0])).consensus[1]).toBe(100.2);
  });

  test("has no consensus where one source alone has a candle", () => {
    const { timestamps, consensus, sources } = compare({
      binance: hours(4, 1).filter((_, index) => index !== 1),
      kraken: hours(3, 1),
    });
    expect(timestamps).toEqual([0, HOUR, 2 * HOUR, 3 * HOUR]);
    expect(consensus.map((value) => value === null)).toEqual([false, true, false, true]);
    expect(sources[0]?.closes[1]).toBeNull();
    expect(sources[1]?.deviations[1]).toBeNull();
  });

  test("marks the source that leaves the others, and what its own neighbours say of it", () => {
    const { sources } = compare({
      binance: hours(100, 5),
      kraken: hours(100, 5, { 60: closeAt(70) }),
      coinbase: hours(100, 5),
    });
    expect(sources.map(({ deviates }) => deviates.filter(Boolean).length)).toEqual([0, 1, 0]);
    expect(sources[1]?.deviates[60]).toBe(true);
    expect(sources.map(({ outliers }) => outliers.map(({ field }) => field))).toEqual([
      [],
      ["low", "close"],
      [],
    ]);
  });

  test("does not believe a bad print because much was traded at it", () => {
    const { consensus, sources } = compare({
      binance: hours(100, 1),
      kraken: hours(100, 1, { 60: { ...closeAt(70), volume_from: 1_000 } }),
    });
    expect(consensus[60]).toBe(hours(100, 1)[60]?.close);
    expect(sources.map(({ deviates }) => deviates[60])).toEqual([false, true]);
  });

  test("believes a crash that all sources saw", () => {
    const crash = { 60: closeAt(70) };
    const { consensus, sources } = compare({
      binance: hours(100, 1, crash),
      kraken: hours(100, 3, crash),
    });
    expect(consensus[60]).toBe(70);
    expect(sources.flatMap(({ deviates }) => deviates.filter(Boolean))).toEqual([]);
    expect(sources.map(({ outliers }) => outliers.length > 0)).toEqual([true, true]);
  });

  test("measures a deviation by what is usual for the source: a premium that lasts is not marked", () => {
    const dear: Changes = Object.fromEntries(
      hours(100, 1).map(({ close }, index) => [index, closeAt(Number(close) * 1.03)]),
    );
    const { sources } = compare({ binance: hours(100, 5), kraken: hours(100, 1, dear) });
    expect(sources[1]?.deviations[50]).toBeCloseTo(0.03);
    expect(sources[1]?.deviates).not.toContain(true);
  });

  test("has no score where too little is known around a deviation", () => {
    const { sources } = compare({ binance: hours(6, 1), kraken: hours(6, 1) });
    expect(sources[0]?.scores).toEqual([null, null, null, null, null, null]);
    const more = compare({ binance: hours(7, 1), kraken: hours(7, 1) });
    expect(more.sources[0]?.scores).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  test("answers the range alone, and says the same of it however much more is given", () => {
    const given = {
      binance: hours(300, 1),
      kraken: hours(300, 2, { 150: closeAt(97), 152: closeAt(60) }),
    };
    const range = { from: 145 * HOUR, to: 155 * HOUR };
    const near = ({ timestamp }: Candle): boolean =>
      timestamp >= (145 - COMPARE_CONTEXT_CANDLES) * HOUR &&
      timestamp < (155 + COMPARE_CONTEXT_CANDLES) * HOUR;
    const all = compare(given, range);
    expect(all.timestamps).toHaveLength(10);
    expect(
      compare({ binance: given.binance.filter(near), kraken: given.kraken.filter(near) }, range),
    ).toEqual(all);
  });
});

describe("summarise", () => {
  test("counts candles and marks, and tells the usual and the largest deviation", () => {
    const { sources } = compare({
      binance: hours(100, 5),
      kraken: hours(99, 1, { 60: closeAt(70) }),
    });
    const [binance, kraken] = sources.map(summarise);
    expect(binance).toEqual({
      candles: 100,
      medianDeviation: 0,
      maxDeviation: 0,
      deviating: 0,
      outliers: 0,
    });
    expect(kraken).toMatchObject({ candles: 99, medianDeviation: 0, deviating: 1, outliers: 1 });
    expect(kraken?.maxDeviation).toBeCloseTo(-0.3, 2);
  });

  test("knows no deviation of a source that is alone", () => {
    const { sources } = compare({ binance: hours(10, 1) });
    expect(sources.map(summarise)).toEqual([
      { candles: 10, medianDeviation: null, maxDeviation: null, deviating: 0, outliers: 0 },
    ]);
  });
});

/** Those of the first half of 2018. */
function around2018(candles: readonly Candle[]): Candle[] {
  return candles.filter(
    ({ timestamp }) =>
      timestamp >= Date.UTC(2018, 0, 1) / 1_000 && timestamp < Date.UTC(2018, 6, 1) / 1_000,
  );
}

/** The deviations that are marked in spring 2018: source, time, consensus, close. */
function marksOf(timeframe: "4h" | "1d", coinbase: Candle[], kraken: Candle[]) {
  const compared = compareCloses(
    [
      { source: "coinbase", candles: around2018(coinbase) },
      { source: "kraken", candles: around2018(kraken) },
    ],
    { timeframe, from: Date.UTC(2018, 2, 1) / 1_000, to: Date.UTC(2018, 5, 1) / 1_000 },
  );
  return compared.sources.flatMap(({ source, closes, deviates }) =>
    compared.timestamps.flatMap((time, place) =>
      deviates[place] === true
        ? [[source, new Date(time * 1_000).toISOString(), compared.consensus[place], closes[place]]]
        : [],
    ),
  );
}

describe.skipIf(!hasRecordings)(`recorded candles of Coinbase and Kraken${skipReason}`, () => {
  test("show by four hours that the close of 2018-04-03 is Coinbase's alone", () => {
    const marks = marksOf("4h", coinbaseCandles(), rollUp(krakenCandles("XBTUSD_60"), "1h", "4h"));
    expect(marks).toEqual([["coinbase", "2018-04-03T20:00:00.000Z", 7414.8, 5200]]);
  }, 30_000);

  test("show the same by days, where more was traded at the bad price than at the good one", () => {
    const marks = marksOf(
      "1d",
      rollUp(coinbaseCandles(), "4h", "1d"),
      krakenCandles("XBTUSD_1440"),
    );
    expect(marks).toEqual([["coinbase", "2018-04-03T00:00:00.000Z", 7414.8, 5200]]);
  }, 30_000);
});
