import { ALERT_SEVERITIES, type AlertSeverity, type AlertState } from "./alert.ts";

/** What can happen to an alert. `eased`: what was critical is a warning now. */
export const NOTICE_CHANGES = ["raised", "escalated", "eased", "resolved"] as const;
export type NoticeChange = (typeof NOTICE_CHANGES)[number];

/** Something that happened to an alert, and that is to be told. Times are unix seconds. */
export interface Notice {
  /** Notices in the order in which they came to be; one is told no sooner than those before it. */
  readonly sequence: number;
  /** Id of the alert. */
  readonly alert: string;
  /** One of ALERT_KINDS, or a kind of an older version. */
  readonly kind: string;
  readonly subject: string | null;
  readonly change: NoticeChange;
  /** After the change. */
  readonly severity: AlertSeverity;
  /** Null where the alert was raised. */
  readonly severityBefore: AlertSeverity | null;
  readonly message: string;
  /** Since when the alert fires, or fired. */
  readonly raisedAt: number;
  readonly at: number;
}

/** Whether the alert of `notice` fires after it. */
export function stateOf({ change }: Pick<Notice, "change">): AlertState {
  return change === "resolved" ? "resolved" : "firing";
}

/**
 * Whether a channel that wants alerts of `minimum` or worse is told of `notice`: where the alert was
 * so bad, that it is no more is told too.
 */
export function isWanted(
  { severity, severityBefore }: Pick<Notice, "severity" | "severityBefore">,
  minimum: AlertSeverity,
): boolean {
  const worst = Math.max(rankOf(severity), severityBefore === null ? 0 : rankOf(severityBefore));
  return worst >= rankOf(minimum);
}

function rankOf(severity: AlertSeverity): number {
  return ALERT_SEVERITIES.indexOf(severity);
}
