import type { FoundAlert } from "./alert.ts";
import { countText, numberText, timeText } from "./alert-text.ts";
import { timeframeSeconds, type Timeframe } from "./timeframe.ts";

/** What is wrong with how much comes and is kept, as alerts. Times are unix seconds. All is pure. */

const HOUR_SECONDS = 3_600;

/** What the failures of a source were at two times. */
export interface FailureMarks {
  readonly source: string;
  /** Fetches that failed, ever: now, and at `since`. */
  readonly failures: number;
  readonly failuresSince: number;
  readonly since: number;
  /** Its enabled series: their timeframes, and how often each failed in a row by now. */
  readonly series: readonly { readonly timeframe: Timeframe; readonly failureCount: number }[];
}

/** Fewer failures say nothing: one lost connection of two series is half of them. */
const FAILURES_MIN = 5;

/**
 * A series that failed so often in a row waits ever longer between its attempts: it counts as a
 * whole, since its few failures are little of what came due.
 */
const STUCK_FAILURES = 3;
const STUCK_SERIES_MIN = 2;

/** From here on more than a passing hiccup is wrong. */
const FAILED_RATIO_MIN = 0.1;

/** One alert for each source of which a tenth or more of what is due, or of its series, fails. */
export function sourceErrorAlerts(
  sources: readonly FailureMarks[],
  nowSeconds: number,
): FoundAlert[] {
  return sources.flatMap(({ source, failures, failuresSince, since, series }): FoundAlert[] => {
    const failed = Math.max(0, failures - failuresSince);
    const hours = (nowSeconds - since) / HOUR_SECONDS;
    const due = Math.round(windowsAnHour(series.map(({ timeframe }) => timeframe)) * hours);
    const stuck = series.filter(({ failureCount }) => failureCount >= STUCK_FAILURES).length;
    const failsOften = failed >= FAILURES_MIN && failed >= due * FAILED_RATIO_MIN;
    const isStuck = stuck >= STUCK_SERIES_MIN && stuck >= series.length * FAILED_RATIO_MIN;
    return failsOften || isStuck
      ? [
          {
            kind: "source_errors",
            severity: "warning",
            subject: source,
            message: `${countText(failed, "fetch", "fetches")} from ${source} failed since ${timeText(since)}, where ${countText(due, "candle")} came due; ${numberText(stuck)} of its ${countText(series.length, "series", "series")} failed ${STUCK_FAILURES} times or more in a row`,
          },
        ]
      : [];
  });
}

/** How many windows of series of these timeframes come due in an hour, on average. */
export function windowsAnHour(timeframes: readonly Timeframe[]): number {
  return timeframes.reduce((sum, one) => sum + HOUR_SECONDS / timeframeSeconds(one), 0);
}

/** What is held of a tier's series of one timeframe over some days. */
export interface TierCompleteness {
  readonly tier: number;
  readonly timeframe: string;
  readonly days: number;
  readonly series: number;
  readonly expected: number;
  readonly held: number;
  readonly explained: number;
  readonly missing: number;
  readonly measuredAt: number;
}

/** Of what can be held. A tier of which nobody waits for its candles may lack more. */
const RATIO_MIN: Readonly<Record<number, number>> = { 1: 0.999, 2: 0.995 };
const RATIO_MIN_OTHERS = 0.98;

/** One alert for each tier that holds less than it should, timeframe by timeframe. */
export function completenessAlerts(rows: readonly TierCompleteness[]): FoundAlert[] {
  return [...Map.groupBy(rows, ({ tier }) => tier)].flatMap(([tier, all]): FoundAlert[] => {
    const least = RATIO_MIN[tier] ?? RATIO_MIN_OTHERS;
    const low = all.filter((one) => (ratioOf(one) ?? 1) < least);
    const [first] = low;
    if (first === undefined) {
      return [];
    }
    const parts = low.map(
      (one) =>
        `${one.timeframe} ${percentText(ratioOf(one) ?? 1)}, ${countText(one.missing - one.explained, "candle")} missing without a reason`,
    );
    return [
      {
        kind: "completeness_low",
        severity: "warning",
        subject: `tier ${tier}`,
        message: `of the ${numberText(first.days)} days before ${timeText(first.measuredAt).slice(0, 10)} tier ${tier} holds less than ${percentText(least)}: ${parts.join("; ")}`,
      },
    ];
  });
}

/** Held of what can be held, 0 to 1; null where nothing can. */
export function ratioOf({
  expected,
  held,
  explained,
}: Pick<TierCompleteness, "expected" | "held" | "explained">): number | null {
  const possible = expected - explained;
  return possible <= 0 ? null : held / possible;
}

/** To a hundredth of a per cent, never up to 100 where something is missing. */
function percentText(ratio: number): string {
  return `${Math.floor(ratio * 10_000) / 100} %`;
}

/** Files that were not read back whole for so long: twice as long as it should take. */
export const VERIFIED_SECONDS_MAX = 60 * 86_400;

/** One alert for all current files that were not read back for `VERIFIED_SECONDS_MAX`. */
export function verificationAlerts(files: number, oldestAt: number | null): FoundAlert[] {
  return files === 0
    ? []
    : [
        {
          kind: "verification_late",
          severity: "warning",
          subject: null,
          message: `${countText(files, "file")} of the archive ${files === 1 ? "was" : "were"} not read back for ${VERIFIED_SECONDS_MAX / 86_400} days${oldestAt === null ? "" : `, the oldest since ${timeText(oldestAt)}`}`,
        },
      ];
}
