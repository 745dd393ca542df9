import { describe, expect, test } from "vitest";
import type { Sample } from "./sample.ts";
import { judge, type Outcome } from "./verdict.ts";

const MINUTES = 30;

/** A sample of a run in which all is well, `at` seconds after its begin. */
function sampleAt(at: number): Sample {
  return {
    at,
    memory: { workerd: 600, node: 900 },
    load: 2,
    backlogMessages: 17,
    backlogSeconds: 5,
    deadLetters: 0,
    inserted: at * 10,
    revised: 0,
    alerts: 0,
    lateness: {
      binance: { median: 60, most: 180, empty: 0 },
      coinbase: { median: 120, most: 900, empty: 0 },
      kraken: { median: 300, most: 1_200, empty: 0 },
    },
  };
}

/** A sample every ten seconds, some of them changed. */
function samples(change: (sample: Sample) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: MINUTES * 6 }, (_, index) => sampleAt((index + 1) * 10)).map(
    (sample) => ({ ...sample, ...change(sample) }),
  );
}

/** The same in the last five minutes alone. */
function atTheEnd(change: Partial<Sample>): Sample[] {
  return samples(({ at }) => (at > (MINUTES - 5) * 60 ? change : {}));
}

/** The queue is long at one moment, so many seconds after the begin. */
function longQueueAt(second: number): Sample[] {
  return samples(({ at }) => (at === second ? { backlogMessages: 9_000 } : {}));
}

const GOOD: Outcome = {
  samples: samples(),
  kills: [180, 810],
  comparison: { series: 3, candles: 9_000, lost: [], invented: [], empty: [], restated: 2 },
  drainSeconds: 533,
};

/** What does not hold of a run that is good but for `change`. */
function failedOf(change: Partial<Outcome>): string[] {
  return judge({ ...GOOD, ...change }).flatMap(({ what, holds }) => (holds ? [] : [what]));
}

function withComparison(change: Partial<Outcome["comparison"]>): Partial<Outcome> {
  return { comparison: { ...GOOD.comparison, ...change } };
}

function latenessOf(source: string, most: number): Partial<Sample> {
  const { lateness } = sampleAt(0);
  return { lateness: { ...lateness, [source]: { median: 1, most, empty: 0 } } };
}

describe("the verdict on a load run", () => {
  test("is good at every bound", () => {
    expect(failedOf({})).toEqual([]);
    const atBounds = atTheEnd({
      memory: { workerd: 750, node: 9_000 },
      backlogMessages: 600,
      backlogSeconds: 60,
      ...latenessOf("binance", 300),
    });
    expect(failedOf({ samples: atBounds })).toEqual([]);
  });

  test.each<readonly [what: RegExp, change: Partial<Outcome>]>([
    [/^memory of workerd/, { samples: atTheEnd({ memory: { workerd: 751, node: 900 } }) }],
    [/^memory of workerd/, { samples: atTheEnd({ memory: { workerd: 0, node: 900 } }) }],
    [/^messages in the queue/, { samples: atTheEnd({ backlogMessages: 601 }) }],
    [/^seconds the oldest of them waited/, { samples: atTheEnd({ backlogSeconds: 61 }) }],
    [/series of binance waited/, { samples: atTheEnd(latenessOf("binance", 301)) }],
    [/series of coinbase waited/, { samples: atTheEnd(latenessOf("coinbase", 901)) }],
    [/series of kraken waited/, { samples: atTheEnd(latenessOf("kraken", 1_201)) }],
    [/^seconds until all that was closed/, { drainSeconds: null }],
    [/are not stored$/, withComparison({ lost: ["kraken:BTC-USD:1m 2026-11-23T00:00:00Z"] })],
    [/the market has not/, withComparison({ invented: ["kraken:BTC-USD:1m 2026-11-23"] })],
    [/^series without a candle/, withComparison({ empty: ["kraken:BTC-USD:1m"] })],
    [/^candles that were compared/, withComparison({ candles: 0 })],
    [/^open dead letters/, { samples: samples(({ at }) => ({ deadLetters: at === 300 ? 1 : 0 })) }],
  ])("fails by %s alone", (what, change) => {
    expect(failedOf(change)).toEqual([expect.stringMatching(what)]);
  });

  test("looks at one bad moment of the last five minutes, and at none before", () => {
    expect(failedOf({ samples: longQueueAt(1_500) })).toEqual([]);
    expect(failedOf({ samples: longQueueAt(1_510) })).toHaveLength(1);
  });

  test("compares no memory in a run that is too short for it", () => {
    expect(failedOf({ samples: samples().slice(0, 29) })).toEqual([]);
  });

  test("is bad of a run that saw nothing", () => {
    expect(failedOf({ samples: [] })).toEqual([expect.stringMatching(/^times that the system/)]);
  });
});
