import { shownSeconds } from "@candlehouse/shared/core/clock";
import { staleSince } from "@candlehouse/shared/core/freshness";
import { formatSeries } from "@candlehouse/shared/core/series";
import { readSeries } from "@candlehouse/shared/d1/read-series";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";

/** Series that are looked at in each tier: more than anybody gives the first two. */
const SERIES_MAX = 10_000;

/** Late series that the log names. */
const NAMES_MAX = 20;

/** Tells the log which enabled series of `tiers` are late by a day or more. */
export async function checkFreshness(
  context: MonitorContext,
  tiers: readonly number[],
): Promise<void> {
  const startedMs = context.realNowMs();
  const nowSeconds = shownSeconds(context);
  const rows = [];
  for (const tier of tiers) {
    const page = { after: undefined, limit: SERIES_MAX };
    rows.push(...(await readSeries(context.db, { tier, enabled: true }, page)).rows);
  }
  const stale = rows.filter((row) => {
    const { source, timeframe, last_timestamp: last, asked_until: askedUntil } = row;
    return staleSince({ source, timeframe, last, askedUntil }, nowSeconds) !== null;
  });
  log("freshness.checked", {
    tiers: tiers.join(", "),
    series: rows.length,
    stale: stale.length,
    durationMs: context.realNowMs() - startedMs,
  });
  if (stale.length > 0) {
    log("series.stale", {
      tiers: tiers.join(", "),
      stale: stale.length,
      names: stale.slice(0, NAMES_MAX).map(formatSeries),
    });
  }
}
