import type { AlertKind } from "./alert.ts";
import type { Timeframe } from "./timeframe.ts";

/** The cron of the check, as the monitor's configuration has it; the other one is the hour's work. */
export const CHECK_CRON = "*/5 * * * *";

/** Something that the monitor does by itself. */
export type MonitorTask =
  /** Which series of these tiers are late. */
  | { readonly kind: "freshness"; readonly tiers: readonly number[] }
  /** Scans the series of a tier in full, and asks again for what may come. */
  | {
      readonly kind: "repair";
      readonly tier: number;
      readonly timeframes: readonly Timeframe[];
    }
  /** Counts the hot candles of days that are over. */
  | { readonly kind: "coverage" }
  /** Scans the last days of every enabled series. */
  | { readonly kind: "scan"; readonly days: number }
  /** Forgets gaps that were settled long ago. */
  | { readonly kind: "clean_up" }
  /** Forgets notices that everybody was told of, or that were given up, days ago. */
  | { readonly kind: "forget_notices" }
  /** How complete the series are, by timeframe. */
  | { readonly kind: "completeness" };

/** Series of these tiers are told of when they are late. */
const FRESH_TIERS = [1, 2];

/** A daily scan looks back so far; what is older it looks at where a record or an ask is of it. */
const SCANNED_DAYS = 3;

/** By the hour, UTC, at which it is done; all else is done each hour. */
const DAILY: Readonly<Record<number, readonly MonitorTask[]>> = {
  2: [{ kind: "repair", tier: 1, timeframes: ["1h", "1d"] }],
  3: [{ kind: "repair", tier: 2, timeframes: ["1d"] }],
  4: [{ kind: "coverage" }, { kind: "scan", days: SCANNED_DAYS }, { kind: "forget_notices" }],
  8: [{ kind: "completeness" }],
};

const CLEAN_UP_WEEKDAY = 0;
const CLEAN_UP_HOUR = 4;

/** What is to be done in the hour of `scheduledSeconds`, unix seconds. Pure. */
export function planMonitor(scheduledSeconds: number): MonitorTask[] {
  const date = new Date(scheduledSeconds * 1_000);
  const hour = date.getUTCHours();
  return [
    { kind: "freshness", tiers: FRESH_TIERS },
    ...(DAILY[hour] ?? []),
    ...(hour === CLEAN_UP_HOUR && date.getUTCDay() === CLEAN_UP_WEEKDAY
      ? [{ kind: "clean_up" } as const]
      : []),
  ];
}

/** What the monitor looks at in one go, and the alerts that come of it. */
export type Look =
  | "collection"
  | "source_errors"
  | "dead_letters"
  | "queues"
  | "notices"
  | "files"
  | "verification"
  | "completeness"
  | "hot"
  | "jobs"
  | "costs";

/** The alerts that each look tells of. */
export const KINDS_OF_LOOK: Readonly<Record<Look, readonly AlertKind[]>> = {
  collection: ["series_stale", "source_failing", "source_off"],
  source_errors: ["source_errors"],
  dead_letters: ["dead_letters_open"],
  queues: ["queue_backlog"],
  notices: ["notice_failed"],
  files: ["archive_damaged"],
  verification: ["verification_late"],
  completeness: ["completeness_low"],
  hot: ["archive_late"],
  jobs: ["job_failed"],
  costs: ["cost_projected"],
};

/** What loses candles soonest is looked at each time. */
const EACH_CHECK: readonly Look[] = [
  "collection",
  "source_errors",
  "dead_letters",
  "queues",
  "notices",
];
/** These read whole tables, and what they find is there for days. */
const EACH_HOUR: readonly Look[] = ["files", "verification", "completeness", "jobs", "costs"];
/**
 * Hours after the archiver has begun, UTC. A range that was triggered by hand may be old as soon as
 * it is stored, and waits in D1 for the next night: at any other hour it would look late.
 */
const HOT_HOUR = 5;

/**
 * What the check of `scheduledSeconds`, unix seconds, looks at. Once it `isLateFiring`, that the
 * archive is late is looked at each hour: whoever mends it sees it. Pure.
 */
export function planLooks(scheduledSeconds: number, isLateFiring: boolean): readonly Look[] {
  const date = new Date(scheduledSeconds * 1_000);
  if (date.getUTCMinutes() !== 0) {
    return EACH_CHECK;
  }
  const isHotDue = isLateFiring || date.getUTCHours() === HOT_HOUR;
  return [...EACH_CHECK, ...EACH_HOUR, ...(isHotDue ? (["hot"] as const) : [])];
}
