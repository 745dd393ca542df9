import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planAlerts, type AlertPlan, type Findings } from "./alert-plan.ts";
import {
  ALERT_KINDS,
  alertId,
  type AlertKind,
  type FiringAlert,
  type FoundAlert,
} from "./alert.ts";

const T0 = 1_795_406_700;
const CHECK = 300;
const HOUR = 3_600;

function alertOf(kind: AlertKind, subject: string | null, changes: Partial<FoundAlert> = {}) {
  return { kind, severity: "warning", subject, message: "what is wrong", ...changes } as const;
}

function firingOf(alert: FoundAlert, changes: Partial<FiringAlert> = {}): FiringAlert {
  return { ...alert, id: alertId(alert), raisedAt: T0, seenAt: T0, absentSince: null, ...changes };
}

function found(...alerts: readonly FoundAlert[]): Findings {
  return { kinds: new Set(ALERT_KINDS), alerts };
}

const KRAKEN = alertOf("source_failing", "kraken");
const LETTERS = alertOf("dead_letters_open", null);
const NOTHING: AlertPlan = { raise: [], touch: [], doubt: [], resolve: [] };

/** What the database does with a plan: the same as d1/alerts.ts, which a test of the monitor shows. */
function apply(firing: readonly FiringAlert[], plan: AlertPlan, now: number): FiringAlert[] {
  const touched = new Map(plan.touch.map((alert) => [alertId(alert), alert]));
  const doubted = new Set(plan.doubt.map(({ id }) => id));
  const over = new Set(plan.resolve.map(({ id }) => id));
  return [
    ...firing
      .filter(({ id }) => !over.has(id))
      .map((one) => {
        const alert = touched.get(one.id);
        const absentSince = doubted.has(one.id) ? now : one.absentSince;
        return alert === undefined
          ? { ...one, absentSince }
          : { ...one, ...alert, seenAt: now, absentSince: null };
      }),
    ...plan.raise.map((alert) => firingOf(alert, { raisedAt: now, seenAt: now })),
  ];
}

describe("a check", () => {
  test("raises what is found for the first time, once", () => {
    expect(planAlerts(found(KRAKEN, KRAKEN, LETTERS), [], T0)).toEqual({
      ...NOTHING,
      raise: [KRAKEN, LETTERS],
    });
  });

  test("writes nothing of what is still wrong, but once an hour", () => {
    const firing = [firingOf(KRAKEN)];
    const again = found({ ...KRAKEN, message: "with another count" });
    expect(planAlerts(again, firing, T0 + HOUR - 1)).toEqual(NOTHING);
    expect(planAlerts(again, firing, T0 + HOUR)).toEqual({ ...NOTHING, touch: again.alerts });
  });

  test("writes at once what has become critical", () => {
    const critical = alertOf("source_failing", "kraken", { severity: "critical" });
    expect(planAlerts(found(critical), [firingOf(KRAKEN)], T0 + CHECK)).toEqual({
      ...NOTHING,
      touch: [critical],
    });
  });

  test("resolves what two checks did not find, and not what one did not", () => {
    const firing = [firingOf(KRAKEN)];
    const first = planAlerts(found(), firing, T0 + CHECK);
    expect(first).toEqual({ ...NOTHING, doubt: firing });
    const doubted = apply(firing, first, T0 + CHECK);
    // Crons may be early by seconds.
    expect(planAlerts(found(), doubted, T0 + 2 * CHECK - 50)).toEqual({
      ...NOTHING,
      resolve: doubted,
    });
    expect(planAlerts(found(KRAKEN), doubted, T0 + 2 * CHECK)).toEqual({
      ...NOTHING,
      touch: [KRAKEN],
    });
  });

  test("goes on with what comes and goes each five minutes", () => {
    let firing: FiringAlert[] = [];
    for (let check = 0; check < 20; check += 1) {
      const now = T0 + check * CHECK;
      const plan = planAlerts(check % 2 === 0 ? found(KRAKEN) : found(), firing, now);
      expect([plan.raise.length, plan.resolve.length]).toEqual([check === 0 ? 1 : 0, 0]);
      firing = apply(firing, plan, now);
    }
  });

  test("leaves alone what it did not look for", () => {
    const findings: Findings = { kinds: new Set(["dead_letters_open"]), alerts: [] };
    expect(planAlerts(findings, [firingOf(KRAKEN)], T0 + CHECK)).toEqual(NOTHING);
  });

  test("resolves a kind that this version does not know", () => {
    const old = { ...firingOf(LETTERS), kind: "sun_spots", id: "sun_spots", absentSince: T0 };
    expect(planAlerts(found(), [old], T0 + CHECK).resolve).toEqual([old]);
  });
});

describe("whatever is found and fires", () => {
  const anyAlert = fc
    .record({
      kind: fc.constantFrom(...ALERT_KINDS),
      subject: fc.constantFrom(null, "kraken", "binance"),
      severity: fc.constantFrom("warning", "critical"),
    })
    .map((alert): FoundAlert => ({ ...alert, message: "what is wrong" }));
  const anyFound = fc
    .record({ alerts: fc.array(anyAlert), blind: fc.subarray([...ALERT_KINDS]) })
    .map(({ alerts, blind }): Findings => {
      const kinds = new Set(ALERT_KINDS.filter((kind) => !blind.includes(kind)));
      return { kinds, alerts: alerts.filter(({ kind }) => kinds.has(kind)) };
    });
  const anyFiring = fc
    .uniqueArray(fc.tuple(anyAlert, fc.nat(2 * HOUR), fc.option(fc.nat(HOUR))), {
      selector: ([alert]) => alertId(alert),
    })
    .map((list) =>
      list.map(([alert, seen, absent]) =>
        firingOf(alert, {
          seenAt: T0 - seen,
          absentSince: absent === null ? null : T0 - absent,
        }),
      ),
    );

  test("the same check again changes nothing", () => {
    fc.assert(
      fc.property(anyFound, anyFiring, (findings, firing) => {
        const after = apply(firing, planAlerts(findings, firing, T0), T0);
        expect(planAlerts(findings, after, T0)).toEqual(NOTHING);
      }),
    );
  });

  test("nothing stands in two lists, and each alert changes as it must", () => {
    fc.assert(
      fc.property(anyFound, anyFiring, (findings, firing) => {
        const plan = planAlerts(findings, firing, T0);
        const ids = [
          ...[...plan.raise, ...plan.touch].map(alertId),
          ...[...plan.doubt, ...plan.resolve].map(({ id }) => id),
        ];
        expect(new Set(ids).size).toBe(ids.length);
        const known = new Set(firing.map(({ id }) => id));
        const wrong = new Set(findings.alerts.map(alertId));
        expect(new Set(plan.raise.map(alertId))).toEqual(
          new Set([...wrong].filter((id) => !known.has(id))),
        );
        for (const { id } of [...plan.doubt, ...plan.resolve]) {
          expect(wrong.has(id)).toBe(false);
        }
      }),
    );
  });

  test("what is found no more is resolved by the second check that looks, and by none before", () => {
    fc.assert(
      fc.property(anyFound, (findings) => {
        let firing = apply([], planAlerts(findings, [], T0), T0);
        const raised = firing.length;
        firing = apply(firing, planAlerts(found(), firing, T0 + CHECK), T0 + CHECK);
        expect(firing).toHaveLength(raised);
        const last = T0 + 2 * CHECK;
        firing = apply(firing, planAlerts(found(), firing, last), last);
        expect(firing).toEqual([]);
      }),
    );
  });
});
