import { queryDatabase } from "./account.ts";
import type { AccountTarget } from "./verify-account.ts";
import { Skipped, timeOf } from "./verify-step.ts";

/** The monitor looks each five minutes and counts that in an hour's row. */
const MONITOR_LATE_SECONDS = 2 * 3_600;

/**
 * Whether the monitor ran. Its rows in the ledger tell: it writes them to the first database. Others write there each minute, so
 * that a monitor which never ran is told from a system that has just begun.
 */
export async function checkMonitor({
  run,
  locate,
}: Pick<AccountTarget, "run" | "locate">): Promise<string> {
  const {
    databases: [database = ""],
    configFile,
  } = await locate();
  const [row] = await queryDatabase(
    run,
    database,
    configFile,
    "SELECT MAX(CASE work WHEN 'monitor' THEN hour END) AS hour, MIN(hour) AS first, unixepoch() AS now FROM cost_ledger",
  );
  const now = Number(row?.["now"]);
  const hour = row?.["hour"];
  if (typeof hour !== "number") {
    const first = row?.["first"];
    if (typeof first === "number" && now - first > MONITOR_LATE_SECONDS) {
      throw new Error(`it never ran, while other work is counted from ${timeOf(first)} on`);
    }
    throw new Skipped("it has not run yet; it does each five minutes");
  }
  if (now - hour > MONITOR_LATE_SECONDS) {
    throw new Error(`it ran last in the hour from ${timeOf(hour)}`);
  }
  return `in the hour from ${timeOf(hour)}`;
}
