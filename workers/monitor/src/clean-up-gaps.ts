import { shownSeconds } from "@candlehouse/shared/core/clock";
import { deleteSettledGaps } from "@candlehouse/shared/d1/gaps";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";

/** Filled and failed gaps are kept so long; what is unfillable stays, and so does what is open. */
const KEPT_SECONDS = 90 * 86_400;

/** Deletes the records of gaps that were settled long ago. */
export async function cleanUpGaps(context: MonitorContext): Promise<void> {
  const startedMs = context.realNowMs();
  const deleted = await deleteSettledGaps(context.db, shownSeconds(context) - KEPT_SECONDS);
  log("gaps.cleaned", { deleted, durationMs: context.realNowMs() - startedMs });
}
