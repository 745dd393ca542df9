import { shownSeconds } from "@candlehouse/shared/core/clock";
import { cleanUp } from "./clean-up.ts";
import type { ArchiverContext } from "./context.ts";
import { startArchive } from "./start-archive.ts";

/**
 * The day's work: archives what is due, and cleans up. The one is done whether or not the other
 * fails; then throws what the first of them threw.
 */
export async function runDaily(context: ArchiverContext): Promise<void> {
  const outcomes = await Promise.allSettled([
    startArchive(context, { everything: false }),
    cleanUp(context, shownSeconds(context)),
  ]);
  const failures = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === "rejected" ? [outcome.reason] : [],
  );
  if (failures.length > 1) {
    throw new AggregateError(failures, failures.map(String).join("; "));
  }
  for (const failure of failures) {
    throw failure;
  }
}
