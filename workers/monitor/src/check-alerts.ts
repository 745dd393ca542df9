import { runbookOf, type FiringAlert } from "@candlehouse/shared/core/alert";
import { planAlerts, type AlertPlan, type Findings } from "@candlehouse/shared/core/alert-plan";
import { KINDS_OF_LOOK, planLooks, type Look } from "@candlehouse/shared/core/monitor-plan";
import { readFiring, writeAlerts } from "@candlehouse/shared/d1/alerts";
import { recordCheck } from "@candlehouse/shared/d1/monitor-figures";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";
import { sendNotices } from "./send-notices.ts";
import { takeLook } from "./take-look.ts";

/**
 * Looks for what is wrong at `nowSeconds`, unix seconds, raises and resolves alerts, and tells those
 * who are to hear of it. A look that fails keeps no other from being taken, and says nothing of what
 * it would have found: then throws what they threw, after all else is done. Throws too where the
 * settings of notices are wrong.
 */
export async function checkAlerts(context: MonitorContext, nowSeconds: number): Promise<AlertPlan> {
  const startedMs = context.realNowMs();
  const firing = await readFiring(context.db);
  const isLateFiring = firing.some(({ kind }) => kind === "archive_late");
  const looks = planLooks(nowSeconds, isLateFiring);
  const { findings, failures } = await takeLooks(context, looks, nowSeconds);
  const plan = planAlerts(findings, firing, nowSeconds);
  await writeAlerts(context.db, plan, nowSeconds);
  announce(plan);
  await sendNotices(context, nowSeconds).catch((error: unknown) => {
    failures.push(error);
  });
  await recordCheck(context.db, { at: nowSeconds, failedLooks: failures.length });
  log("alerts.checked", {
    looks: looks.join(", "),
    firing: firing.length + plan.raise.length - plan.resolve.length,
    raised: plan.raise.length,
    resolved: plan.resolve.length,
    errors: failures.length,
    durationMs: context.realNowMs() - startedMs,
  });
  if (context.notices.problem !== null) {
    failures.push(new Error(`settings of notices: ${context.notices.problem}`));
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(String).join("; "));
  }
  return plan;
}

async function takeLooks(
  context: MonitorContext,
  looks: readonly Look[],
  nowSeconds: number,
): Promise<{ readonly findings: Findings; readonly failures: unknown[] }> {
  const results = await Promise.allSettled(
    looks.map(async (look) => ({ look, found: await takeLook(look, context, nowSeconds) })),
  );
  const taken = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  return {
    findings: {
      kinds: new Set(taken.flatMap(({ look }) => KINDS_OF_LOOK[look])),
      alerts: taken.flatMap(({ found }) => found),
    },
    failures: results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    ),
  };
}

/** Tells those who read the log what began and what is over. */
function announce({ raise, resolve }: AlertPlan): void {
  for (const { kind, severity, subject, message } of raise) {
    log("alert.raised", { kind, severity, subject, message, runbook: runbookOf(kind) });
  }
  for (const alert of resolve) {
    const { kind, severity, subject, message } = alert;
    log("alert.resolved", { kind, severity, subject, message, firedSeconds: firedSeconds(alert) });
  }
}

function firedSeconds({ raisedAt, seenAt, absentSince }: FiringAlert): number {
  return (absentSince ?? seenAt) - raisedAt;
}
