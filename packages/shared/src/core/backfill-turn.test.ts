import { describe, expect, test } from "vitest";
import { freshProgress, type BackfillProgress } from "./backfill-job.ts";
import {
  ASKING_ROUNDS,
  isToBeWorkedOn,
  judgeAttempt,
  nextRound,
  REFUSED_SECONDS_MAX,
  SKIPPED_MAX,
  TRIES_MAX,
  type Attempt,
  type Verdict,
} from "./backfill-turn.ts";

const NOW = 1_700_000_000;
const RANGE = { start: 1_690_000_020, end: 1_690_100_040 };
const FRESH = freshProgress(RANGE, "fetch");

const FAILED: Attempt["stop"] = {
  kind: "failed",
  code: "source_unavailable",
  reason: "it did not answer",
};

const SILENCE: Attempt["stop"] = {
  kind: "wait",
  waitMs: 900_000,
  code: "source_rate_limited",
  reason: "locked out",
};

/** What comes of the same attempt again and again, until `isEnough`; the sum of the waits too. */
function repeat(attempt: Attempt, isEnough: (verdict: Verdict) => boolean) {
  let progress: BackfillProgress = FRESH;
  let now = NOW;
  let attempts = 0;
  for (;;) {
    const verdict = judgeAttempt(progress, attempt, now);
    attempts += 1;
    if (isEnough(verdict)) {
      return { verdict, attempts, waitedSeconds: now - NOW };
    }
    now += Math.ceil(verdict.waitMs / 1_000);
    const { tries, skipped, refusedSince } = verdict;
    progress = { ...progress, tries, skipped, refusedSince };
  }
}

describe("an attempt", () => {
  test("that is answered goes on at once, and forgets what failed before", () => {
    const progress = { ...FRESH, tries: 2, skipped: 1, refusedSince: NOW - 5 };
    const attempt: Attempt = { until: RANGE.end, answered: true, stop: null };
    expect(judgeAttempt(progress, attempt, NOW)).toEqual({
      tries: 0,
      skipped: 0,
      refusedSince: null,
      givenUp: null,
      skips: false,
      waitMs: 0,
    });
  });

  test("at which the host asks for silence waits for as long as it says", () => {
    const attempt: Attempt = { until: RANGE.start, answered: false, stop: SILENCE };
    expect(judgeAttempt(FRESH, attempt, NOW)).toMatchObject({
      waitMs: 900_000,
      givenUp: null,
      refusedSince: NOW,
    });
  });

  test("is given up after a day of nothing but refusals, and not before", () => {
    const attempt: Attempt = { until: RANGE.start, answered: false, stop: SILENCE };
    const { verdict, waitedSeconds } = repeat(attempt, ({ givenUp }) => givenUp !== null);
    expect(waitedSeconds).toBe(REFUSED_SECONDS_MAX);
    expect(verdict.givenUp).toEqual({ code: "source_rate_limited", reason: "locked out" });
  });

  test("that goes on in between is never given up, however often it is refused", () => {
    const attempt: Attempt = { until: RANGE.start + 60, answered: true, stop: SILENCE };
    const progress = { ...FRESH, refusedSince: NOW - 10 * REFUSED_SECONDS_MAX };
    expect(judgeAttempt(progress, attempt, NOW)).toMatchObject({ givenUp: null });
  });

  test("is given up after a day in which answers told nothing new", () => {
    const attempt: Attempt = { until: RANGE.start, answered: true, stop: SILENCE };
    const { verdict, waitedSeconds } = repeat(attempt, ({ givenUp }) => givenUp !== null);
    expect(waitedSeconds).toBe(REFUSED_SECONDS_MAX);
    expect(verdict.givenUp?.code).toBe("source_rate_limited");
  });

  test("is given up after a day in which the time of each step was too short", () => {
    const stop = { kind: "time", waitMs: 60_000 } as const;
    const attempt: Attempt = { until: RANGE.start, answered: true, stop };
    const { verdict, waitedSeconds } = repeat(attempt, ({ givenUp }) => givenUp !== null);
    expect(waitedSeconds).toBe(REFUSED_SECONDS_MAX);
    expect(verdict).toMatchObject({ waitMs: 0, givenUp: { code: "source_rate_limited" } });
  });

  test.each([SILENCE, { kind: "time", waitMs: 0 }] as const)(
    "that learns of what lies at the cursor is not given up ($kind)",
    (stop) => {
      const progress = { ...FRESH, refusedSince: NOW - 10 * REFUSED_SECONDS_MAX, tries: 2 };
      const attempt: Attempt = { until: RANGE.start, answered: true, learned: true, stop };
      expect(judgeAttempt(progress, attempt, NOW)).toMatchObject({ givenUp: null, tries: 0 });
    },
  );

  test("whose request fails is tried again with growing waits, and then passed over", () => {
    const attempt: Attempt = { until: RANGE.start, answered: true, stop: FAILED };
    const { attempts, waitedSeconds, verdict } = repeat(attempt, ({ skips }) => skips);
    expect(attempts).toBe(TRIES_MAX);
    expect(waitedSeconds).toBe(15 + 30 + 60);
    expect(verdict).toMatchObject({ tries: 0, skipped: 1, givenUp: null });
  });

  test("gives the rest up where request after request fails and none is answered", () => {
    const attempt: Attempt = { until: RANGE.start, answered: false, stop: FAILED };
    const { attempts, verdict } = repeat(attempt, ({ givenUp }) => givenUp !== null);
    expect(attempts).toBe(TRIES_MAX * SKIPPED_MAX);
    expect(verdict.givenUp?.code).toBe("source_unavailable");
  });

  test("that the source will never answer is given up at once", () => {
    const stop = { kind: "hopeless", code: "source_unknown_symbol", reason: "no such" } as const;
    const attempt: Attempt = { until: RANGE.start, answered: false, stop };
    expect(judgeAttempt(FRESH, attempt, NOW)).toMatchObject({
      givenUp: { code: "source_unknown_symbol", reason: "no such" },
      waitMs: 0,
    });
  });
});

describe("a round", () => {
  const asked: BackfillProgress = { ...FRESH, cursor: RANGE.end, hasAsked: true };

  test("that asked for nothing is the last one", () => {
    expect(nextRound({ ...asked, hasAsked: false }, RANGE.start)).toBeNull();
  });

  test("that asked is followed by one that looks again at everything", () => {
    expect(nextRound(asked, RANGE.start)).toMatchObject({
      phase: "fetch",
      round: 2,
      cursor: RANGE.start,
      hasAsked: false,
      handed: null,
    });
  });

  test("after which there are no more to ask is followed by one that only looks", () => {
    const last = nextRound({ ...asked, round: ASKING_ROUNDS }, RANGE.start);
    expect(last).toMatchObject({ round: ASKING_ROUNDS + 1 });
    expect(last === null ? null : nextRound({ ...last, hasAsked: true }, RANGE.start)).toBeNull();
  });

  test("in which the rest was given up is followed by the one that only looks", () => {
    const givenUp = { code: "source_blocked", reason: "451" } as const;
    expect(nextRound({ ...asked, givenUp }, RANGE.start)).toMatchObject({
      round: ASKING_ROUNDS + 1,
    });
  });
});

describe("a job", () => {
  test.each([
    ["running", "me", true],
    ["queued", "me", true],
    ["running", "another", false],
    ["paused", "me", false],
    ["cancelled", "me", false],
    ["complete", "me", false],
  ] as const)("that is %s and belongs to %s is worked on: %s", (state, instance, is) => {
    expect(isToBeWorkedOn({ state, instance }, "me")).toBe(is);
  });
});
