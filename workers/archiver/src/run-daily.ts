import { shownSeconds } from "@candlehouse/shared/core/clock";
import { cleanUp } from "./clean-up.ts";
import type { ArchiverContext } from "./context.ts";
import { startArchive } from "./start-archive.ts";

/**
 * The day's work: archives what is due, cleans up, and has files read back by `verify`, in an
 * invocation of its own. Each is done whether or not another fails; then throws what they threw.
 */
export async function runDaily(
  context: ArchiverContext,
  verify: () => Promise<unknown>,
): Promise<void> {
  const outcomes = await Promise.allSettled([
    startArchive(context, { everything: false }),
    cleanUp(context, shownSeconds(context)),
    verify(),
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
