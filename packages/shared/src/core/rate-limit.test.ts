import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  describeRate,
  freshRateState,
  recordOutcomes,
  reserve,
  type Outcome,
  type RatePolicy,
  type RateState,
} from "./rate-limit.ts";

const T0 = 1_700_000_000_000;
const policy: RatePolicy = {
  burst: 10,
  perSecond: 1,
  requestWeight: 1,
  weightPerMinuteMax: null,
};

function recordOutcome(
  state: RateState,
  own: RatePolicy,
  outcome: Outcome,
  nowMs: number,
): RateState {
  return recordOutcomes(state, own, [outcome], nowMs);
}

describe("reserve", () => {
  test("grants a burst after a silence, then one request a second", () => {
    const first = reserve(freshRateState(policy, T0), policy, 15, T0);
    expect(first.reservation).toEqual({ granted: 10, waitMs: 0, closed: null });
    const second = reserve(first.state, policy, 5, T0);
    expect(second.reservation).toEqual({ granted: 0, waitMs: 5_000, closed: null });
    const third = reserve(second.state, policy, 5, T0 + 1_000);
    expect(third.reservation.granted).toBe(1);
  });

  test("counts the weight of a request", () => {
    const heavy = { ...policy, requestWeight: 4 };
    expect(reserve(freshRateState(heavy, T0), heavy, 15, T0).reservation.granted).toBe(2);
  });

  test("never grants more than burst and refill allow, whoever asks and whenever", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.nat(5_000), ask: fc.nat(30) }), { maxLength: 60 }),
        (steps) => {
          let state = freshRateState(policy, T0);
          let nowMs = T0;
          let granted = 0;
          for (const { waitMs, ask } of steps) {
            nowMs += waitMs;
            const next = reserve(state, policy, ask, nowMs);
            state = next.state;
            granted += next.reservation.granted;
          }
          const allowed = policy.burst + ((nowMs - T0) / 1_000) * policy.perSecond;
          expect(granted).toBeLessThanOrEqual(allowed + 1e-6);
        },
      ),
    );
  });

  test("tells to wait until all that was asked for is there, so that nobody comes back for each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(900), (ask, laterMs) => {
        const drained = reserve(freshRateState(policy, T0), policy, 10, T0).state;
        const { state, reservation } = reserve(drained, policy, ask, T0 + laterMs);
        const all = Math.min(ask, policy.burst);
        const backMs = T0 + laterMs + reservation.waitMs;
        const before = reserve(state, policy, ask, backMs - 2);
        const after = reserve(state, policy, ask, backMs);
        expect([before.reservation.granted, after.reservation.granted]).toEqual([all - 1, all]);
      }),
    );
  });

  test("gives work in the background only what is over, and tells it to wait for just that", () => {
    const full = freshRateState(policy, T0);
    const keep = policy.burst / 2;
    const first = reserve(full, policy, policy.burst, T0, keep);
    expect(first.reservation.granted).toBe(policy.burst - keep);
    const { state, reservation } = reserve(first.state, policy, 1, T0, keep);
    expect(reservation.granted).toBe(0);
    expect(reserve(state, policy, 1, T0 + reservation.waitMs, keep).reservation.granted).toBe(1);
    // Who is in a hurry gets what was kept.
    expect(reserve(first.state, policy, policy.burst, T0).reservation.granted).toBe(keep);
  });

  test("lets work in the background through, however much it is to keep", () => {
    const tight = { ...policy, burst: 1, requestWeight: 1 };
    expect(reserve(freshRateState(tight, T0), tight, 1, T0, 1).reservation.granted).toBe(1);
  });

  test("takes a clock that was set back for no time at all", () => {
    const drained = reserve(freshRateState(policy, T0), policy, 10, T0).state;
    expect(reserve(drained, policy, 1, T0 - 60_000).reservation.granted).toBe(0);
  });
});

describe("recordOutcome", () => {
  const fresh = freshRateState(policy, T0);

  test("keeps silent for as long as Retry-After says, then sends one probe", () => {
    const banned = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs: 7_000 }, T0);
    expect(reserve(banned, policy, 5, T0 + 6_999).reservation).toEqual({
      granted: 0,
      waitMs: 1,
      closed: { untilMs: T0 + 7_000, reason: "rate_limited" },
    });
    expect(reserve(banned, policy, 5, T0 + 7_000).reservation.granted).toBe(1);
  });

  test("sends one probe however late it is asked, and fills the bucket from then on", () => {
    const banned = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs: 7_000 }, T0);
    const late = T0 + 7_000 + 60_000;
    const probe = reserve(banned, policy, 5, late);
    expect(probe.reservation).toEqual({ granted: 1, waitMs: 0, closed: null });
    expect(reserve(probe.state, policy, 5, late).reservation.granted).toBe(0);
    expect(reserve(probe.state, policy, 5, late + 3_000).reservation.granted).toBe(3);
  });

  test("leaves the probe to the next one where somebody only tells what came of a request", () => {
    const banned = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs: 7_000 }, T0);
    const { state } = reserve(banned, policy, 0, T0 + 30_000);
    expect(describeRate(state, policy, T0 + 30_000).state).toBe("probing");
    expect(reserve(state, policy, 5, T0 + 30_000).reservation.granted).toBe(1);
  });

  test("has work in the background probe where nobody in a hurry did", () => {
    const banned = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs: 7_000 }, T0);
    const first = reserve(banned, policy, 5, T0 + 7_000, 5);
    expect(first.reservation).toEqual({ granted: 0, waitMs: 5_000, closed: null });
    expect(reserve(first.state, policy, 5, T0 + 12_000, 5).reservation.granted).toBe(1);
  });

  test("doubles its silence with each refusal that names none, up to a quarter of an hour", () => {
    let state = fresh;
    let nowMs = T0;
    const silences: number[] = [];
    for (let strike = 0; strike < 7; strike += 1) {
      state = recordOutcome(state, policy, { kind: "rate_limited", retryAfterMs: null }, nowMs);
      silences.push(state.closedUntilMs - nowMs);
      nowMs = state.closedUntilMs;
    }
    expect(silences).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  });

  test.for([30 * 86_400_000, Number.MAX_SAFE_INTEGER, Infinity])(
    "keeps silent for a week at most, though Retry-After says %d ms",
    (retryAfterMs) => {
      const state = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs }, T0);
      expect(state.closedUntilMs).toBe(T0 + 7 * 86_400_000);
    },
  );

  test("never shortens a silence by a later refusal", () => {
    const long = recordOutcome(fresh, policy, { kind: "rate_limited", retryAfterMs: 60_000 }, T0);
    const short = recordOutcome(long, policy, { kind: "rate_limited", retryAfterMs: 1_000 }, T0);
    expect(short.closedUntilMs).toBe(T0 + 60_000);
  });

  test("leaves a host that refuses our country alone for an hour", () => {
    const blocked = recordOutcome(fresh, policy, { kind: "blocked" }, T0);
    expect(reserve(blocked, policy, 1, T0 + 3_599_999).reservation.closed?.reason).toBe("blocked");
    expect(reserve(blocked, policy, 1, T0 + 3_600_000).reservation.granted).toBe(1);
  });

  test("forgives two failures in a row and closes at the third", () => {
    const once = recordOutcome(fresh, policy, { kind: "unavailable" }, T0);
    const twice = recordOutcome(once, policy, { kind: "unavailable" }, T0);
    expect(reserve(twice, policy, 1, T0).reservation.granted).toBe(1);
    const thrice = recordOutcome(twice, policy, { kind: "unavailable" }, T0);
    expect(reserve(thrice, policy, 1, T0).reservation.closed?.reason).toBe("unavailable");
    const forgiven = recordOutcome(twice, policy, { kind: "answered", usedWeight: null }, T0);
    const again = recordOutcome(forgiven, policy, { kind: "unavailable" }, T0);
    expect(reserve(again, policy, 1, T0).reservation.granted).toBe(1);
  });

  test("pauses until the next minute when everybody together has used most of the weight", () => {
    const weighed = { ...policy, weightPerMinuteMax: 4_800 };
    const calm = recordOutcome(fresh, weighed, { kind: "answered", usedWeight: 4_800 }, T0);
    expect(reserve(calm, weighed, 1, T0).reservation.granted).toBe(1);
    const used = recordOutcome(fresh, weighed, { kind: "answered", usedWeight: 4_801 }, T0);
    const nextMinuteMs = Math.ceil(T0 / 60_000) * 60_000;
    expect(reserve(used, weighed, 1, T0).reservation.closed).toEqual({
      untilMs: nextMinuteMs,
      reason: "weight",
    });
    expect(reserve(used, weighed, 1, nextMinuteMs).reservation.granted).toBe(1);
  });

  test("takes many failures of one round for one, and the worst of them for what happened", () => {
    const failed = Array.from({ length: 10 }, (): Outcome => ({ kind: "unavailable" }));
    const once = recordOutcomes(fresh, policy, failed, T0);
    expect([once.strikes, reserve(once, policy, 1, T0).reservation.granted]).toEqual([1, 1]);
    const limited: Outcome[] = [
      { kind: "answered", usedWeight: null },
      { kind: "rate_limited", retryAfterMs: 2_000 },
      { kind: "unavailable" },
      { kind: "rate_limited", retryAfterMs: 5_000 },
    ];
    expect(recordOutcomes(fresh, policy, limited, T0).closedUntilMs).toBe(T0 + 5_000);
    const blocked = recordOutcomes(fresh, policy, [...limited, { kind: "blocked" }], T0);
    expect(blocked.closedReason).toBe("blocked");
  });
});

describe("describeRate", () => {
  test("tells how much of the bucket is spent, as it fills again", () => {
    const fresh = freshRateState(policy, T0);
    expect(describeRate(fresh, policy, T0)).toEqual({
      state: "open",
      silentUntilMs: null,
      reason: null,
      strikes: 0,
      usedRatio: 0,
    });
    const { state } = reserve(fresh, policy, 8, T0);
    expect(describeRate(state, policy, T0).usedRatio).toBeCloseTo(0.8);
    expect(describeRate(state, policy, T0 + 5_000).usedRatio).toBeCloseTo(0.3);
    expect(describeRate(state, policy, T0 + 60_000).usedRatio).toBe(0);
  });

  test("tells of a silence, of the probe after it, and that it is over", () => {
    const banned = recordOutcome(
      freshRateState(policy, T0),
      policy,
      { kind: "rate_limited", retryAfterMs: 6_000 },
      T0,
    );
    expect(describeRate(banned, policy, T0 + 5_999)).toMatchObject({
      state: "silent",
      silentUntilMs: T0 + 6_000,
      reason: "rate_limited",
      strikes: 1,
    });
    expect(describeRate(banned, policy, T0 + 6_000)).toMatchObject({
      state: "probing",
      silentUntilMs: null,
      reason: "rate_limited",
    });
    const { state } = reserve(banned, policy, 5, T0 + 6_000);
    const answered = recordOutcome(
      state,
      policy,
      { kind: "answered", usedWeight: null },
      T0 + 6_500,
    );
    expect(describeRate(answered, policy, T0 + 6_500)).toMatchObject({
      state: "open",
      reason: null,
      strikes: 0,
    });
  });

  test("says what a reservation would be granted, whatever happened before", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            waitMs: fc.nat(60_000),
            ask: fc.nat(12),
            outcome: fc.constantFrom<Outcome>(
              { kind: "answered", usedWeight: null },
              { kind: "unavailable" },
              { kind: "rate_limited", retryAfterMs: 20_000 },
            ),
          }),
          { maxLength: 20 },
        ),
        (steps) => {
          let state = freshRateState(policy, T0);
          let nowMs = T0;
          for (const { waitMs, ask, outcome } of steps) {
            nowMs += waitMs;
            const view = describeRate(state, policy, nowMs);
            const { reservation } = reserve(state, policy, 100, nowMs);
            expect(view.usedRatio).toBeGreaterThanOrEqual(0);
            expect(view.usedRatio).toBeLessThanOrEqual(1);
            expect(view.silentUntilMs).toBe(reservation.closed?.untilMs ?? null);
            const free = Math.floor((1 - view.usedRatio) * policy.burst + 1e-6);
            const granted = view.state === "silent" ? free : reservation.granted;
            expect(Math.abs(free - granted)).toBeLessThanOrEqual(1);
            state = recordOutcome(reserve(state, policy, ask, nowMs).state, policy, outcome, nowMs);
          }
        },
      ),
    );
  });
});
