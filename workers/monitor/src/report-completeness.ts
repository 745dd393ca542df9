import { shownSeconds } from "@candlehouse/shared/core/clock";
import type { TierCompleteness } from "@candlehouse/shared/core/alert-quality-rules";
import {
  addCompleteness,
  byTimeframe,
  type SeriesCompleteness,
} from "@candlehouse/shared/core/completeness";
import { formatSeries } from "@candlehouse/shared/core/series";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { recordCompleteness } from "@candlehouse/shared/d1/monitor-figures";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";

const DAY_SECONDS = 86_400;

/** Days before today of which an alert is told, tier by tier. */
const RECENT_DAYS = 7;

/**
 * Tells the log how complete the enabled series are since their first candle, and notes how complete
 * each tier is over the last days.
 */
export async function reportCompleteness(context: MonitorContext): Promise<void> {
  const startedMs = context.realNowMs();
  const whole = { start: undefined, end: undefined };
  const now = shownSeconds(context);
  const { list } = await measureCompleteness(context.db, { enabled: true }, whole, now);
  const { expected, held, explained, missing } = addCompleteness(list);
  const percent = byTimeframe(list).map(({ timeframe, ratio }): [string, number | null] => [
    timeframe,
    ratio === null ? null : percentOf(ratio),
  ]);
  log("completeness.reported", {
    series: list.length,
    expected,
    held,
    explained,
    missing,
    percent: Object.fromEntries(percent),
    durationMs: context.realNowMs() - startedMs,
  });
  await recordRecent(context, list, now);
}

/**
 * Series that were there before these days alone: one that was added yesterday lacks what lies before
 * it for no fault of anybody's.
 */
async function recordRecent(
  { db }: MonitorContext,
  whole: readonly SeriesCompleteness[],
  nowSeconds: number,
): Promise<void> {
  const end = Math.floor(nowSeconds / DAY_SECONDS) * DAY_SECONDS;
  const start = end - RECENT_DAYS * DAY_SECONDS;
  const recent = await measureCompleteness(db, { enabled: true }, { start, end }, nowSeconds);
  const older = new Set(
    whole.filter((one) => one.start <= start).map(({ series }) => formatSeries(series)),
  );
  const counted = recent.list.filter(({ series }) => older.has(formatSeries(series)));
  const tiers = Map.groupBy(counted, ({ tier }) => tier);
  const rows = [...tiers].flatMap(([tier, list]): TierCompleteness[] =>
    tier === null
      ? []
      : byTimeframe(list).map(({ ratio: _ratio, ...counts }) => ({
          tier,
          ...counts,
          days: RECENT_DAYS,
          measuredAt: nowSeconds,
        })),
  );
  await recordCompleteness(db, rows, nowSeconds);
}

/** To a thousandth, and never 100 where something is missing. */
function percentOf(ratio: number): number {
  return Math.floor(ratio * 100_000) / 1_000;
}
