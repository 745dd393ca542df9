import { shownSeconds } from "@candlehouse/shared/core/clock";
import { addCompleteness, byTimeframe } from "@candlehouse/shared/core/completeness";
import { measureCompleteness } from "@candlehouse/shared/coverage/measure-completeness";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";

/** Tells the log how complete the enabled series are since their first candle. */
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
}

/** To a thousandth, and never 100 where something is missing. */
function percentOf(ratio: number): number {
  return Math.floor(ratio * 100_000) / 1_000;
}
