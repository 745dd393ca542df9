import {
  archiveLateAlerts,
  costAlerts,
  damageAlerts,
  jobAlerts,
  type FailedJob,
} from "@candlehouse/shared/core/alert-archive-rules";
import {
  deadLetterAlerts,
  queueAlerts,
  type OpenLetters,
} from "@candlehouse/shared/core/alert-rules";
import type { FoundAlert } from "@candlehouse/shared/core/alert";
import { monthOf, parseMonth } from "@candlehouse/shared/core/cost";
import { LEDGER_COUNTS, type LedgerCounts } from "@candlehouse/shared/core/ledger";
import type { Look } from "@candlehouse/shared/core/monitor-plan";
import { askAll } from "@candlehouse/shared/d1/ask-databases";
import { listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { read } from "@candlehouse/shared/d1/read-series";
import type { MonitorContext } from "./context.ts";
import { isKnown, lookAtCollection } from "./look-at-collection.ts";
import {
  lookAtCompleteness,
  lookAtNotices,
  lookAtSourceErrors,
  lookAtVerification,
} from "./look-at-quality.ts";
import { readQueues } from "./read-queues.ts";

/** What is wrong at `nowSeconds`, unix seconds, of all that `look` tells of. */
export function takeLook(
  look: Look,
  context: MonitorContext,
  nowSeconds: number,
): Promise<readonly FoundAlert[]> {
  const { db } = context;
  switch (look) {
    case "collection":
      return lookAtCollection(context, nowSeconds);
    case "source_errors":
      return lookAtSourceErrors(db, nowSeconds);
    case "dead_letters":
      return lookAtDeadLetters(db);
    case "queues":
      return lookAtQueues(context);
    case "notices":
      return lookAtNotices(context, nowSeconds);
    case "verification":
      return lookAtVerification(db, nowSeconds);
    case "completeness":
      return lookAtCompleteness(db);
    case "files":
      return lookAtFiles(db);
    case "hot":
      return lookAtHot(context, nowSeconds);
    case "jobs":
      return lookAtJobs(db, nowSeconds);
    case "costs":
      return lookAtCosts(db, nowSeconds);
  }
}

const SELECT_OPEN_LETTERS = `
SELECT reason_code AS code, COUNT(*) AS letters, MIN(first_seen) AS oldestAt
FROM dead_letters WHERE state = 'open' GROUP BY reason_code ORDER BY letters DESC, code`;

async function lookAtDeadLetters(db: D1Database): Promise<FoundAlert[]> {
  return deadLetterAlerts((await read<OpenLetters>(db, SELECT_OPEN_LETTERS, [])).rows);
}

async function lookAtQueues(context: MonitorContext): Promise<FoundAlert[]> {
  return queueAlerts(await readQueues(context));
}

const SELECT_DAMAGED = `
SELECT key FROM archive_files
WHERE damage IS NOT NULL AND state IN ('current', 'fragment') ORDER BY key`;

async function lookAtFiles(db: D1Database): Promise<FoundAlert[]> {
  const { rows } = await askAll(db, (one) => read<{ key: string }>(one, SELECT_DAMAGED, []));
  return damageAlerts(rows.map(({ key }) => key).toSorted());
}

async function lookAtHot(
  { db, hotDays }: MonitorContext,
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const hot = await listHotSeries(db);
  const known = hot.filter(({ series }) => isKnown(series));
  return archiveLateAlerts(known, hotDays, nowSeconds);
}

const DAY_SECONDS = 86_400;
/** Jobs that began earlier are not looked at: lists of jobs are sought by when they began. */
const JOB_SECONDS_MAX = 60 * DAY_SECONDS;

const SELECT_FAILED_JOBS = `
SELECT id, source || coalesce(':' || symbol, '') || ':' || timeframe AS series,
  finished_at AS finishedAt, message
FROM jobs
WHERE kind = 'backfill' AND created_at >= ?1 AND state = 'failed' AND finished_at >= ?2
ORDER BY finished_at DESC, id`;

async function lookAtJobs(db: D1Database, nowSeconds: number): Promise<FoundAlert[]> {
  const since = [nowSeconds - JOB_SECONDS_MAX, nowSeconds - DAY_SECONDS];
  return jobAlerts((await read<FailedJob>(db, SELECT_FAILED_JOBS, since)).rows);
}

const SUM_LEDGER = `
SELECT ${LEDGER_COUNTS.map((name) => `SUM(${name}) AS ${name}`).join(", ")}
FROM cost_ledger WHERE hour >= ?1 AND hour < ?2`;

async function lookAtCosts(db: D1Database, nowSeconds: number): Promise<FoundAlert[]> {
  const month = parseMonth(monthOf(nowSeconds));
  if (month === undefined) {
    throw new RangeError(`there is no month at ${nowSeconds}`);
  }
  const { rows } = await read<Record<string, number | null>>(db, SUM_LEDGER, [
    month.start,
    month.end,
  ]);
  const [sums = {}] = rows;
  const counted: LedgerCounts = Object.fromEntries(
    LEDGER_COUNTS.map((name) => [name, sums[name] ?? 0]),
  );
  return costAlerts(counted, month, nowSeconds);
}
