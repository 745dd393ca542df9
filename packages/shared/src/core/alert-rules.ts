import type { FoundAlert } from "./alert.ts";
import { countText, namesText, numberText, timeText } from "./alert-text.ts";
import { staleSince, type Progress } from "./freshness.ts";
import { formatSeries, type Series } from "./series.ts";
import { traitsOf } from "./source-traits.ts";
import { closeTimeOf, newestClosed, timeframeSeconds } from "./timeframe.ts";

/** What is wrong with collection and its queues, as alerts. Times are unix seconds. All is pure. */

/** An enabled series, and how far it got. */
export interface CollectedSeries extends Series, Progress {
  readonly tier: number;
  /** Fetches that failed since the last one that did not. */
  readonly failureCount: number;
}

/** Series of these tiers are told of after an hour, the others after a day. */
const URGENT_TIERS: ReadonlySet<number> = new Set([1, 2]);
/** Of this tier, that its series are late is critical. */
const FIRST_TIER = 1;
/** A candle of an urgent series is late when so many seconds, and so many candles, went by. */
const LATE_SECONDS = 3_600;
const LATE_CANDLES = 2;
/** A series of which nothing is known is new, unless so many fetches in a row failed. */
const NEW_FAILURES_MAX = 3;
/** Names in a message. */
const NAMES_MAX = 3;

/** One alert for each tier that has series which are late. */
export function staleAlerts(series: readonly CollectedSeries[], nowSeconds: number): FoundAlert[] {
  const tiers = Map.groupBy(series, ({ tier }) => tier);
  return [...tiers].flatMap(([tier, all]): FoundAlert[] => {
    const late = all.filter((one) => isLate(one, nowSeconds));
    if (late.length === 0) {
      return [];
    }
    const patience = URGENT_TIERS.has(tier) ? "an hour and two candles" : "a day";
    const names = namesText(late.map(formatSeries), NAMES_MAX);
    return [
      {
        kind: "series_stale",
        severity: tier === FIRST_TIER ? "critical" : "warning",
        subject: `tier ${tier}`,
        message: `${numberText(late.length)} of ${countText(all.length, "series", "series")} of tier ${tier} ${late.length === 1 ? "is" : "are"} late by ${patience} or more: ${names}`,
      },
    ];
  });
}

function isLate(series: CollectedSeries, nowSeconds: number): boolean {
  const { source, timeframe, tier, last, askedUntil, failureCount } = series;
  if (last === null && askedUntil === null && failureCount < NEW_FAILURES_MAX) {
    return false;
  }
  // Markets that close at night are late after days, whatever their tier.
  if (!URGENT_TIERS.has(tier) || traitsOf(source).sessions) {
    return staleSince(series, nowSeconds) !== null;
  }
  const allowed = Math.max(LATE_SECONDS, LATE_CANDLES * timeframeSeconds(timeframe));
  const due = closeTimeOf(newestClosed(nowSeconds, timeframe, allowed), timeframe);
  return Math.max(last === null ? 0 : closeTimeOf(last, timeframe), askedUntil ?? 0) < due;
}

/** How a source that has enabled series is doing. */
export interface SourceCondition {
  readonly source: string;
  readonly state: "ok" | "failing" | "off";
  readonly since: number;
  readonly code: string | null;
  readonly reason: string | null;
  /** Enabled series of it. */
  readonly series: number;
}

/** A failure that is shorter may be a hiccup: the next tick asks again. */
const FAILING_SECONDS = 300;
/** The source that keeps its minutes for the shortest time has them for twelve hours. */
const FAILING_CRITICAL_SECONDS = 3_600;

/** Sources that fail for five minutes or more, or that cannot be asked. */
export function sourceAlerts(
  sources: readonly SourceCondition[],
  nowSeconds: number,
): FoundAlert[] {
  return sources.flatMap((condition): FoundAlert[] => {
    const { source, state, since, code, reason, series } = condition;
    const why = [code, reason].filter((part) => part !== null).join(": ");
    const failingFor = nowSeconds - since;
    if (state === "failing" && failingFor >= FAILING_SECONDS) {
      return [
        {
          kind: "source_failing",
          severity: failingFor >= FAILING_CRITICAL_SECONDS ? "critical" : "warning",
          subject: source,
          message: `${source} fails since ${timeText(since)}, and ${countText(series, "series", "series")} of it with it: ${why}`,
        },
      ];
    }
    return state === "off"
      ? [
          {
            kind: "source_off",
            severity: "warning",
            subject: source,
            message: `${countText(series, "series", "series")} of ${source} cannot be collected since ${timeText(since)}: ${reason ?? "it is off"}`,
          },
        ]
      : [];
  });
}

/** Open dead letters of one reason. */
export interface OpenLetters {
  readonly code: string;
  readonly letters: number;
  readonly oldestAt: number;
}

/** One alert for all open dead letters. */
export function deadLetterAlerts(open: readonly OpenLetters[]): FoundAlert[] {
  if (open.length === 0) {
    return [];
  }
  const letters = open.reduce((sum, one) => sum + one.letters, 0);
  const oldest = Math.min(...open.map(({ oldestAt }) => oldestAt));
  const codes = open.map((one) => `${one.code} ${numberText(one.letters)}`).join(", ");
  return [
    {
      kind: "dead_letters_open",
      severity: "warning",
      subject: null,
      message: `${countText(letters, "dead letter")} open, the oldest since ${timeText(oldest)}: ${codes}`,
    },
  ];
}

/** What waits in a queue. */
export interface QueueBacklog {
  readonly queue: string;
  readonly messages: number;
  /** Since when the oldest message waits, in seconds of the real time; null where none waits. */
  readonly ageSeconds: number | null;
}

/** Four deliveries of a message that D1 does not take are over in five minutes. */
const BACKLOG_SECONDS = 600;
const BACKLOG_CRITICAL_SECONDS = 3_600;

/** Queues whose oldest message waits for ten minutes or more. */
export function queueAlerts(queues: readonly QueueBacklog[]): FoundAlert[] {
  return queues.flatMap(({ queue, messages, ageSeconds }): FoundAlert[] =>
    ageSeconds === null || ageSeconds < BACKLOG_SECONDS
      ? []
      : [
          {
            kind: "queue_backlog",
            severity: ageSeconds >= BACKLOG_CRITICAL_SECONDS ? "critical" : "warning",
            subject: queue,
            message: `the queue ${queue} has ${countText(messages, "message")}, the oldest for ${countText(Math.floor(ageSeconds / 60), "minute")}`,
          },
        ],
  );
}
