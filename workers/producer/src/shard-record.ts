import type { CandleWindow } from "@candlehouse/shared/core/collect-window";
import type { SourceId } from "@candlehouse/shared/core/source";
import { closeTimeOf, openTimeOf } from "@candlehouse/shared/core/timeframe";
import type {
  CaughtUpSeries,
  FailedSeries,
  ShardRecord,
  SilentSeries,
} from "@candlehouse/shared/d1/collection-record";
import type { FailedWindow, ShardReport } from "./collect-shard.ts";
import type { SentWindow } from "./send-unstored.ts";

/**
 * A candle that is absent so long after its close is taken as one that the source does not have;
 * before, it may only be late.
 */
const ABSENCE_GRACE_SECONDS = 600;

/** Pause after a first failure; each further one doubles it. */
const RETRY_SECONDS_MIN = 60;
const RETRY_SECONDS_MAX = 3_600;

/** Ticks come each minute but not to the second: a retry that is due in a moment is due now. */
const RETRY_SLACK_SECONDS = 30;

/** What a shard leaves in D1 beside its candles: one value, so that a test compares it. */
export function shardRecordOf(
  source: SourceId,
  report: ShardReport,
  nowSeconds: number,
): ShardRecord {
  const [firstFailure] = report.failed;
  const allFailed = firstFailure !== undefined && report.answered.length === 0;
  const failing = report.closed !== null || allFailed;
  const code = report.closed?.code ?? firstFailure?.error.code ?? null;
  return {
    source,
    nowSeconds,
    silent: report.answered.flatMap((answered) => silenceOf(answered, nowSeconds) ?? []),
    failed: report.failed.map((failed) => failureOf(failed, nowSeconds)),
    caughtUp: report.answered.flatMap((answered) => caughtUpOf(answered) ?? []),
    recovered: report.answered
      .filter(({ window }) => window.failureCount > 0)
      .map(({ window: { symbol, timeframe } }) => ({ symbol, timeframe })),
    state: failing ? "failing" : "ok",
    code: failing ? code : null,
    reason: failing ? (report.closed?.reason ?? firstFailure?.error.message ?? null) : null,
  };
}

/** How far the source has said that it has nothing, where that is news. */
function silenceOf(answered: SentWindow, nowSeconds: number): SilentSeries | undefined {
  const { window, page } = answered;
  const { symbol, timeframe, watermark } = window;
  const newest = page.candles.at(-1)?.timestamp;
  if (window.kind === "catch_up") {
    return undefined;
  }
  if (newest !== undefined && (watermark === null || newest > watermark)) {
    return undefined;
  }
  const absentUntil = openTimeOf(nowSeconds - ABSENCE_GRACE_SECONDS, timeframe);
  const askedUntil = Math.min(page.coveredEnd, absentUntil);
  return askedUntil > knownUntil(window) ? { symbol, timeframe, askedUntil } : undefined;
}

/**
 * How far what was left behind is stored: to the last candle of the page, or, where the page is
 * empty, to where the source says that it has none. A page with candles that were only now sent is
 * asked for once more: nothing but storage moves a series on. What is given up is not asked for.
 */
function caughtUpOf({ window, page, awaited }: SentWindow): CaughtUpSeries | undefined {
  const { kind, symbol, timeframe, givenUpUntil } = window;
  if (givenUpUntil !== undefined) {
    return { symbol, timeframe, until: givenUpUntil };
  }
  if (kind !== "catch_up" || awaited > 0) {
    return undefined;
  }
  const last = page.candles.at(-1)?.timestamp;
  return {
    symbol,
    timeframe,
    until: last === undefined ? page.coveredEnd : closeTimeOf(last, timeframe),
  };
}

function knownUntil({ watermark, askedUntil, timeframe }: CandleWindow): number {
  const storedUntil = watermark === null ? 0 : closeTimeOf(watermark, timeframe);
  return Math.max(storedUntil, askedUntil ?? 0);
}

function failureOf({ window, error }: FailedWindow, nowSeconds: number): FailedSeries {
  const failureCount = window.failureCount + 1;
  const pauseSeconds = Math.min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN * 2 ** (failureCount - 1));
  return {
    symbol: window.symbol,
    timeframe: window.timeframe,
    code: error.code,
    reason: error.message,
    failureCount,
    retryAt: nowSeconds + pauseSeconds - RETRY_SLACK_SECONDS,
  };
}
