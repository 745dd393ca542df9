import { shownSeconds } from "@candlehouse/shared/core/clock";
import { cleanUpNotices } from "@candlehouse/shared/d1/notices";
import type { MonitorContext } from "./context.ts";

/** A notice is delivered or given up after a day; it is kept longer for who looks back. */
const KEPT_SECONDS = 7 * 86_400;

/** Deletes old notices, and what is known of channels that are there no more. */
export async function forgetNotices(context: MonitorContext): Promise<void> {
  const { channels, problem } = context.notices;
  // Where a setting is wrong, the channels that it is of may come back.
  const names = problem === null ? channels.map(({ name }) => name) : undefined;
  await cleanUpNotices(context.db, shownSeconds(context) - KEPT_SECONDS, names);
}
