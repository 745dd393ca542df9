import { describe, expect, test } from "vitest";
import { etaOf, freshProgress, noteFailure, NOTHING_MISSING, rateOf } from "./backfill-job.ts";
import { backfillMessage, finalStateOf } from "./backfill-message.ts";
import { SourceUnavailableError } from "./errors.ts";

const range = { start: 1_690_000_020, end: 1_690_000_020 + 1_000 * 60 };
const JOB = {
  source: "kraken",
  symbol: "BTC-USD",
  timeframe: "1m",
  request: { ...range, markets: [{ symbol: "BTC-USD", nativeSymbol: "XBTUSD" }], isGrouped: false },
} as const;

describe("how a backfill ends", () => {
  test("is complete where the source has no more", () => {
    const tally = { ...NOTHING_MISSING, absent: 40 };
    expect(finalStateOf(tally)).toBe("complete");
    expect(backfillMessage(JOB, 900, tally)).toBe(
      "960 of 1000 candles of kraken:BTC-USD:1m are held, 900 of them stored by this backfill; 40 are missing: 40 that kraken was asked for and does not have",
    );
  });

  test("says that nothing is missing", () => {
    expect(backfillMessage(JOB, 0, NOTHING_MISSING)).toBe(
      "1000 of 1000 candles of kraken:BTC-USD:1m are held, 0 of them stored by this backfill; none is missing",
    );
  });

  test.each(["rejected", "beyondReach", "open"] as const)(
    "is incomplete where some are %s",
    (name) => {
      expect(finalStateOf({ ...NOTHING_MISSING, [name]: 1 })).toBe("incomplete");
    },
  );

  test("says why each missing candle is", () => {
    const tally = { absent: 1, beyondReach: 2, rejected: 3, open: 4 };
    expect(backfillMessage(JOB, 990, tally, "locked out")).toBe(
      "990 of 1000 candles of kraken:BTC-USD:1m are held, 990 of them stored by this backfill; 10 are missing: 1 that kraken was asked for and does not have, 2 older than kraken still gives, 3 that came and can never be stored, 4 that could not be fetched or stored (locked out)",
    );
  });
});

describe("progress", () => {
  const progress = { ...freshProgress(range, "fetch"), passed: 250, workedSeconds: 100 };

  test("tells rate and time to go from what was done in how long", () => {
    expect(rateOf(progress)).toBe(2.5);
    expect(etaOf({ ...runningJob(), progress })).toBe(300);
  });

  test("tells none before anything was done, and no time to go of what has ended", () => {
    expect(rateOf(freshProgress(range, "fetch"))).toBeNull();
    expect(etaOf({ ...runningJob(), state: "complete", progress })).toBeNull();
  });

  test("counts failures by their code", () => {
    const [first, second] = ["down", "still down"].map((text) => new SourceUnavailableError(text));
    const once = noteFailure([], first ?? new SourceUnavailableError(""), 5);
    expect(noteFailure(once, second ?? new SourceUnavailableError(""), 7)).toEqual([
      { at: 7, code: "source_unavailable", reason: "still down", count: 2 },
    ]);
  });
});

function runningJob() {
  return {
    ...JOB,
    id: "a",
    batch: "b",
    state: "running" as const,
    message: null,
    instance: "i",
    createdAt: 0,
    startedAt: 0,
    updatedAt: 0,
    finishedAt: null,
  };
}
