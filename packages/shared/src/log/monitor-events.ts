import type { AlertSeverity } from "../core/alert.ts";
import type { ErrorCode } from "../core/errors.ts";

/** The events of the monitor. */
export interface MonitorEvents {
  /** Gaps were looked for. Logged by monitor once a day, and once a `POST /v1/gaps/scan`. */
  "gaps.scanned": {
    /** Series that were scanned, and how many assets they are of. */
    series: number;
    assets: number;
    /** Gaps of which no record told before. */
    detected: number;
    /** Gaps as they stand now; `filled` are those that were filled since the scan before. */
    open: number;
    filled: number;
    unfillable: number;
    failed: number;
    candlesMissing: number;
    candlesFilled: number;
    /** What could not be done, and of the first of it why. */
    errors: number;
    code: ErrorCode | "internal" | null;
    reason: string | null;
    durationMs: number;
  };
  /**
   * Series of a tier were scanned, and what may be filled is asked for again. Logged by monitor once
   * a tier and day, and once a `POST /v1/gaps/repair`, which scans nothing.
   */
  "gaps.repaired": {
    /** Null where it was asked for by hand. */
    tier: number | null;
    /** Series that were scanned, and how many assets they are of. */
    series: number;
    assets: number;
    /** Gaps of which no record told before. */
    detected: number;
    /** Gaps as they stand now; `filled` are those that were filled since the scan before. */
    open: number;
    filled: number;
    unfillable: number;
    failed: number;
    candlesMissing: number;
    candlesFilled: number;
    /** Gaps that are asked for again, and their candles. */
    gaps: number;
    candles: number;
    /** Backfills that were begun for them. */
    backfills: number;
    /** What could not be done, and of the first of it why. */
    errors: number;
    code: ErrorCode | "internal" | null;
    reason: string | null;
    durationMs: number;
  };
  /** Hot candles of days that are over were counted. Logged by monitor once a day. */
  "coverage.counted": {
    days: number;
    durationMs: number;
  };
  /** Old gap records were deleted. Logged by monitor once a week. */
  "gaps.cleaned": {
    deleted: number;
    durationMs: number;
  };
  /** How complete the series are. Logged by monitor once a day. */
  "completeness.reported": {
    series: number;
    expected: number;
    held: number;
    explained: number;
    missing: number;
    /** Per cent by timeframe, of what can be held at all. */
    percent: Record<string, number | null>;
    durationMs: number;
  };
  /** Series were looked at for lateness. Logged by monitor once an hour. */
  "freshness.checked": {
    tiers: string;
    series: number;
    stale: number;
    durationMs: number;
  };
  /** Series are late by a day or more. Logged by monitor once an hour while there are some. */
  "series.stale": {
    tiers: string;
    stale: number;
    /** Names of the first of them. */
    names: string[];
  };
  /** Something is wrong that was not. Logged by monitor once an alert. */
  "alert.raised": {
    kind: string;
    severity: AlertSeverity;
    /** What it is about; null where it is about the whole. */
    subject: string | null;
    message: string;
    /** Where it is told what to do. */
    runbook: string | null;
  };
  /** Something is wrong no more. Logged by monitor once an alert. */
  "alert.resolved": {
    kind: string;
    severity: AlertSeverity;
    subject: string | null;
    /** As it was told last. */
    message: string;
    /** From when it was raised until it was not found. */
    firedSeconds: number;
  };
  /** A channel was told what happened to alerts. Logged by monitor once a message. */
  "notices.sent": {
    /** `webhook 1 (hooks.slack.com)`, `e-mail` */
    channel: string;
    notices: number;
    durationMs: number;
  };
  /** A channel did not take a message, which is sent again. Logged by monitor once an attempt. */
  "notices.failed": {
    channel: string;
    notices: number;
    /** That failed since the channel took one. */
    attempts: number;
    /** Of the notices, those that are a day old and not sent again. */
    givenUp: number;
    reason: string;
    durationMs: number;
  };
  /** It was looked for what is wrong. Logged by monitor once in five minutes. */
  "alerts.checked": {
    /** What was looked at. */
    looks: string;
    /** Alerts that fire after it. */
    firing: number;
    raised: number;
    resolved: number;
    /** Looks that failed: what they would have found is not known. */
    errors: number;
    durationMs: number;
  };
}
