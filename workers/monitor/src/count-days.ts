import { shownSeconds } from "@candlehouse/shared/core/clock";
import { listUncountedDays, recordCoverage } from "@candlehouse/shared/d1/coverage";
import { listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";

/** Days of series in one night: 500 statements. The next night goes on. */
const DAYS_MAX = 100_000;

/** Counts the hot candles of days that are over and not counted yet. */
export async function recordClosedDays(context: MonitorContext): Promise<void> {
  const startedMs = context.realNowMs();
  const hot = await listHotSeries(context.db);
  const days = await listUncountedDays(context.db, hot, shownSeconds(context), DAYS_MAX);
  const written = await recordCoverage(context.db, days);
  log("coverage.counted", { days: written, durationMs: context.realNowMs() - startedMs });
}
