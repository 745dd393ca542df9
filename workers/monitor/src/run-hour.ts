import { planMonitor, type MonitorTask } from "@candlehouse/shared/core/monitor-plan";
import { formatSeries } from "@candlehouse/shared/core/series";
import { recordClosedDays } from "./count-days.ts";
import { cleanUpGaps } from "./clean-up-gaps.ts";
import { checkFreshness } from "./check-freshness.ts";
import type { MonitorContext } from "./context.ts";
import { forgetNotices } from "./forget-notices.ts";
import { logRepair, logScan } from "./log-work.ts";
import { repairGaps } from "./repair-gaps.ts";
import { reportCompleteness } from "./report-completeness.ts";
import {
  addTotals,
  NOTHING_SCANNED,
  type ScanOrder,
  type ScanPage,
  type ScanTotals,
  type SeriesFailure,
} from "./scan-page.ts";

/** A repair that was begun so often is begun by hand alone: what did not come then does not come. */
const ATTEMPTS_MAX = 3;

/** Scans a page of series; in an invocation of its own, where there is more than one. */
export type Scan = (order: ScanOrder) => Promise<ScanPage>;

/**
 * Does what is due in the hour of `scheduledSeconds`, one task after the other. A task that fails
 * keeps no other from being done: then throws what they threw.
 */
export async function runHour(
  context: MonitorContext,
  scan: Scan,
  scheduledSeconds: number,
): Promise<void> {
  const failures: unknown[] = [];
  for (const task of planMonitor(scheduledSeconds)) {
    await runTask(context, scan, task).catch((error: unknown) => {
      failures.push(error);
    });
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(String).join("; "));
  }
}

function runTask(context: MonitorContext, scan: Scan, task: MonitorTask): Promise<void> {
  switch (task.kind) {
    case "freshness":
      return checkFreshness(context, task.tiers);
    case "repair":
      return repairTier(context, scan, task);
    case "coverage":
      return recordClosedDays(context);
    case "scan":
      return scanRecent(context, scan, task.days);
    case "clean_up":
      return cleanUpGaps(context);
    case "forget_notices":
      return forgetNotices(context);
    case "completeness":
      return reportCompleteness(context);
  }
}

async function scanRecent(context: MonitorContext, scan: Scan, days: number): Promise<void> {
  const startedMs = context.realNowMs();
  const order: ScanOrder = { filter: { enabled: true }, scope: { kind: "recent", days } };
  const totals = await scanAll(context, scan, order);
  logScan(totals, context.realNowMs() - startedMs);
  throwFailures("scanned", totals.errors);
}

async function repairTier(
  context: MonitorContext,
  scan: Scan,
  { tier, timeframes }: Extract<MonitorTask, { kind: "repair" }>,
): Promise<void> {
  const startedMs = context.realNowMs();
  let totals = NOTHING_SCANNED;
  const outcome = { gaps: 0, candles: 0, backfills: [] as string[], left: 0, more: false };
  const errors: SeriesFailure[] = [];
  const filters = timeframes.map((timeframe) => ({ tier, timeframe, enabled: true }));
  // All scans come first: the repairs take what calls they leave.
  for (const filter of filters) {
    totals = addTotals(totals, await scanAll(context, scan, { filter, scope: { kind: "range" } }));
  }
  for (const filter of filters) {
    const repaired = await repairGaps(context, { ...filter, attemptsBelow: ATTEMPTS_MAX }, false);
    outcome.gaps += repaired.gaps;
    outcome.candles += repaired.candles;
    outcome.backfills.push(...repaired.backfills);
    outcome.left += repaired.left;
    outcome.more ||= repaired.more;
    errors.push(...repaired.errors);
  }
  logRepair(tier, totals, { ...outcome, errors }, context.realNowMs() - startedMs);
  throwFailures("repaired", [...totals.errors, ...errors]);
}

/**
 * Scans page by page until there is none left. Where the invocation may make no more calls, says by an
 * error of the totals where it stopped.
 */
async function scanAll(
  { calls }: MonitorContext,
  scan: Scan,
  order: ScanOrder,
): Promise<ScanTotals> {
  let totals = NOTHING_SCANNED;
  for (let after: ScanOrder["after"]; ;) {
    if (calls.left === 0) {
      const reason = "the series after it are more than one invocation can scan";
      const series = after === undefined ? "all series" : formatSeries(after);
      return { ...totals, errors: [...totals.errors, { series, code: "internal", reason }] };
    }
    calls.left -= 1;
    const page = await scan({ ...order, after });
    totals = addTotals(totals, page.totals);
    if (page.next === null) {
      return totals;
    }
    after = page.next;
  }
}

/** Throws where `errors` kept something from being done; the event before it has the counts. */
function throwFailures(done: string, errors: readonly SeriesFailure[]): void {
  const [first] = errors;
  if (first !== undefined) {
    throw new Error(
      `${errors.length} series could not be ${done}, the first ${first.series}: ${first.reason}`,
    );
  }
}
