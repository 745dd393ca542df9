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
  sourceAlerts,
  staleAlerts,
  type CollectedSeries,
  type OpenLetters,
  type SourceCondition,
} from "@candlehouse/shared/core/alert-rules";
import type { FoundAlert } from "@candlehouse/shared/core/alert";
import { monthOf, parseMonth } from "@candlehouse/shared/core/cost";
import { LEDGER_COUNTS, type LedgerCounts } from "@candlehouse/shared/core/ledger";
import type { Look } from "@candlehouse/shared/core/monitor-plan";
import { isSourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import { askAll, askPage, compareSeries } from "@candlehouse/shared/d1/ask-databases";
import { listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { NEWEST_TIMESTAMP, read } from "@candlehouse/shared/d1/read-series";
import type { MonitorContext } from "./context.ts";
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
      return lookAtCollection(db, nowSeconds);
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

/** Two rows a series, by key. Series of a source or timeframe that nobody knows are left out. */
const SELECT_COLLECTED = `
SELECT s.source, s.symbol, s.timeframe, s.tier, s.asked_until AS askedUntil,
  s.failure_count AS failureCount, ${NEWEST_TIMESTAMP} AS last
FROM series AS s WHERE s.enabled = 1 ORDER BY s.source, s.symbol, s.timeframe`;

const SELECT_SOURCES = `
SELECT source, state, since, reason_code AS code, reason FROM source_state ORDER BY source`;

async function lookAtCollection(db: D1Database, nowSeconds: number): Promise<FoundAlert[]> {
  const order = { compare: compareSeries, limit: Number.MAX_SAFE_INTEGER };
  const { rows } = await askPage(db, order, (one) =>
    read<CollectedSeries>(one, SELECT_COLLECTED, []),
  );
  const series = rows.filter(isKnown);
  const counts = new Map<string, number>();
  for (const { source } of series) {
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  const conditions = await read<Omit<SourceCondition, "series">>(db, SELECT_SOURCES, []);
  // What was collected once says nothing of now.
  const sources = conditions.rows
    .map((row) => ({ ...row, series: counts.get(row.source) ?? 0 }))
    .filter((source) => source.series > 0);
  return [...sourceAlerts(sources, nowSeconds), ...staleAlerts(series, nowSeconds)];
}

function isKnown({
  source,
  symbol,
  timeframe,
}: Readonly<Record<"source" | "symbol" | "timeframe", string>>): boolean {
  return isSourceId(source) && isSymbol(symbol) && isTimeframe(timeframe);
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
