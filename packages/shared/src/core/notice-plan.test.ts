import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALERT_SEVERITIES } from "./alert.ts";
import { isWanted, NOTICE_CHANGES, type Notice } from "./notice.ts";
import {
  afterDelivery,
  isDue,
  newChannel,
  planNotices,
  type ChannelState,
  type DeliveryError,
  type NoticeChannel,
} from "./notice-plan.ts";

const T0 = 1_795_406_700;
const CHECK = 300;
const DAY = 86_400;
const FAILED: DeliveryError = { reason: "HTTP 500", waitSeconds: 0 };
const CHANNEL: NoticeChannel = { name: "webhook 1", minimum: "warning" };

function noticeOf(sequence: number, changes: Partial<Notice> = {}): Notice {
  return {
    sequence,
    alert: "source_failing:kraken",
    kind: "source_failing",
    subject: "kraken",
    change: "raised",
    severity: "warning",
    severityBefore: null,
    message: "what is wrong",
    raisedAt: T0,
    at: T0,
    ...changes,
  };
}

function wanted(changes: Partial<Notice>): boolean {
  return isWanted(noticeOf(1, changes), "critical");
}

describe("a channel", () => {
  const all = [noticeOf(1), noticeOf(2), noticeOf(3)];

  test("is told of all that is new to it in one message", () => {
    expect(planNotices(CHANNEL, newChannel("webhook 1", 1), all, T0)).toEqual({
      channel: "webhook 1",
      notices: all.slice(1),
      upTo: 3,
    });
    expect(planNotices(CHANNEL, newChannel("webhook 1", 3), all, T0)).toBeUndefined();
  });

  test("that wants critical alerts is told that one is critical, and that it is so no more", () => {
    expect(wanted({ severity: "warning" })).toBe(false);
    expect(wanted({ change: "escalated", severity: "critical", severityBefore: "warning" })).toBe(
      true,
    );
    expect(wanted({ change: "eased", severity: "warning", severityBefore: "critical" })).toBe(true);
    expect(wanted({ change: "resolved", severity: "warning", severityBefore: "warning" })).toBe(
      false,
    );
  });

  test("that fails is tried again after pauses that double up to an hour", () => {
    let state = newChannel("webhook 1", 0);
    const pauses: number[] = [];
    const early: boolean[] = [];
    for (let now = T0; pauses.length < 6; now = state.nextAt ?? now) {
      const plan = planNotices(CHANNEL, state, [noticeOf(1, { at: now })], now);
      if (plan !== undefined) {
        state = afterDelivery(state, plan, FAILED, now);
        pauses.push((state.nextAt ?? 0) - now);
        early.push(isDue(state, (state.nextAt ?? 0) - 1));
      }
    }
    expect(pauses.map((seconds) => seconds + 60)).toEqual([300, 600, 1_200, 2_400, 3_600, 3_600]);
    expect(early).not.toContain(true);
    expect(state).toMatchObject({ attempts: 6, failingSince: T0, lastError: "HTTP 500" });
  });

  test.each([
    [1_800, 1_800],
    [7, 240],
    [86_400, 3_540],
  ])("that asks to be left alone for %d seconds is, for an hour at most", (waitSeconds, pause) => {
    const plan = planNotices(CHANNEL, newChannel("webhook 1", 0), all, T0);
    const state =
      plan && afterDelivery(newChannel("webhook 1", 0), plan, { ...FAILED, waitSeconds }, T0);
    expect(state?.nextAt).toBe(T0 + pause);
  });

  test("whose pause a clock began that was ahead is tried at once", () => {
    const state: ChannelState = { ...newChannel("webhook 1", 0), attempts: 1, nextAt: T0 + DAY };
    expect(isDue(state, T0)).toBe(true);
    expect(isDue({ ...state, nextAt: T0 + 3_540 }, T0)).toBe(false);
  });

  test("gives up what is a day old and was tried, and keeps what is younger", () => {
    const pending = [noticeOf(1), noticeOf(2, { at: T0 + 1 }), noticeOf(3)];
    const plan = { channel: "webhook 1", notices: pending, upTo: 3 };
    const after = afterDelivery(newChannel("webhook 1", 0), plan, FAILED, T0 + DAY);
    expect(after).toMatchObject({ delivered: 1, givenUp: 1, givenUpAt: T0 + DAY });
    const later = afterDelivery(after, plan, null, T0 + DAY + 1);
    expect(later).toEqual({ ...newChannel("webhook 1", 3), deliveredAt: T0 + DAY + 1 });
  });

  test("passes over what it does not want without a message", () => {
    const strict = { ...CHANNEL, minimum: "critical" } as const;
    const plan = planNotices(strict, newChannel("webhook 1", 0), all, T0);
    expect(plan).toMatchObject({ notices: [], upTo: 3 });
    expect(plan && afterDelivery(newChannel("webhook 1", 0), plan, null, T0)).toEqual(
      newChannel("webhook 1", 3),
    );
  });
});

/** A check: what happened before it, and what becomes of a message and of the record of it. */
const anyCheck = fc.record({
  changes: fc.array(
    fc.record({
      change: fc.constantFrom(...NOTICE_CHANGES),
      severity: fc.constantFrom(...ALERT_SEVERITIES),
      severityBefore: fc.constantFrom(null, ...ALERT_SEVERITIES),
    }),
    { maxLength: 4 },
  ),
  outcome: fc.constantFrom("taken", "taken", "failed", "taken, and told as failed", "not recorded"),
  waitSeconds: fc.integer({ min: CHECK - 50, max: 2 * CHECK }),
});

describe("through whatever failures", () => {
  test("each change that a channel wants reaches it at least once, in order, or is given up a day later", () => {
    fc.assert(
      fc.property(
        fc.array(anyCheck, { maxLength: 60 }),
        fc.constantFrom(...ALERT_SEVERITIES),
        (checks, minimum) => {
          const channel = { ...CHANNEL, minimum };
          const pending: Notice[] = [];
          const taken: number[] = [];
          let state: ChannelState = newChannel(channel.name, 0);
          let now = T0;
          /** What a check does with the plan, and what of it comes to be known. */
          const check = (outcome: string) => {
            const plan = planNotices(channel, state, pending, now);
            if (plan === undefined) {
              return;
            }
            const sequences = plan.notices.map(({ sequence }) => sequence);
            if (outcome !== "failed") {
              taken.push(...sequences);
            }
            const error = outcome === "failed" || outcome.endsWith("failed") ? FAILED : null;
            if (outcome !== "not recorded") {
              state = afterDelivery(state, plan, error, now);
            }
          };
          for (const { changes, outcome, waitSeconds } of checks) {
            for (const change of changes) {
              pending.push(noticeOf(pending.length + 1, { ...change, at: now }));
            }
            check(outcome);
            now += waitSeconds;
          }
          // Then the channel is well: after an hour at most it is told.
          now += 3_600;
          check("taken");
          const all = pending.filter((notice) => isWanted(notice, minimum));
          const first = [...new Set(taken)];
          expect(first).toEqual(all.map(({ sequence }) => sequence));
          expect(state.delivered).toBe(pending.length);
          expect(state.givenUp).toBe(0);
        },
      ),
    );
  });

  test("nothing is given up that was not tried, nor before it is a day old", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(DAY), { maxLength: 60 }), (waits) => {
        const pending: Notice[] = [];
        const tried = new Set<number>();
        let state = newChannel(CHANNEL.name, 0);
        let now = T0;
        for (const wait of waits) {
          pending.push(noticeOf(pending.length + 1, { at: now }));
          const plan = planNotices(CHANNEL, state, pending, now);
          if (plan !== undefined) {
            for (const { sequence } of plan.notices) {
              tried.add(sequence);
            }
            state = afterDelivery(state, plan, FAILED, now);
          }
          for (const { sequence, at } of pending.slice(0, state.delivered)) {
            expect(tried.has(sequence)).toBe(true);
            expect(now - at).toBeGreaterThanOrEqual(DAY);
          }
          expect(state.givenUp).toBe(state.delivered);
          now += wait;
        }
      }),
    );
  });
});
