import type { LastCheck } from "@candlehouse/shared/d1/monitor-figures";
import type { SourceRow } from "./read-sources.ts";

/** The monitor looks each five minutes: this is two checks that did not come, and some patience. */
const LATE_SECONDS = 900;

/**
 * Whether the monitor should have looked for what is wrong and has not, at `nowSeconds`, unix seconds.
 * A system that was never checked is late when a source has been in its state for that long: before,
 * it is new.
 */
export function isMonitorLate(
  check: LastCheck | undefined,
  sources: readonly Pick<SourceRow, "since">[],
  nowSeconds: number,
): boolean {
  const since = check?.at ?? Math.min(...sources.map((source) => source.since));
  return nowSeconds - since >= LATE_SECONDS;
}
