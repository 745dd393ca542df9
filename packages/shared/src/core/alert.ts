/** How much an alert hurries: a critical one loses candles, or may soon. */
export const ALERT_SEVERITIES = ["warning", "critical"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export const ALERT_STATES = ["firing", "resolved"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** What can be wrong. docs/alerts.md has a chapter of each, by this name. */
export const ALERT_KINDS = [
  "series_stale",
  "source_failing",
  "source_off",
  "source_errors",
  "dead_letters_open",
  "queue_backlog",
  "archive_damaged",
  "archive_late",
  "verification_late",
  "completeness_low",
  "job_failed",
  "cost_projected",
  "notice_failed",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Something that a check found wrong. */
export interface FoundAlert {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  /** A source, a tier, a queue, a job; null where it is about the whole. */
  readonly subject: string | null;
  /** A sentence: what is wrong, how much of it, since when. */
  readonly message: string;
}

/** An alert that fires, as it is recorded. Times are unix seconds. */
export interface FiringAlert extends Omit<FoundAlert, "kind"> {
  readonly id: string;
  /** One of ALERT_KINDS, or a kind of an older version. */
  readonly kind: string;
  readonly raisedAt: number;
  /** When it was found last, up to an hour late: see `planAlerts`. */
  readonly seenAt: number;
  /** Since when it is found no more; null while it is. */
  readonly absentSince: number | null;
}

/** The name of what is wrong: it is the same each time that it is found. */
export function alertId({ kind, subject }: Pick<FoundAlert, "kind" | "subject">): string {
  return subject === null ? kind : `${kind}:${subject}`;
}

export function isAlertKind(text: string): text is AlertKind {
  return ALERT_KINDS.some((kind) => kind === text);
}

/** Where it is told what to do about alerts of `kind`; null where nothing is told. */
export function runbookOf(kind: string): string | null {
  return isAlertKind(kind) ? `docs/alerts.md#${kind}` : null;
}
