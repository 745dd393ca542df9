import { alertId, type FoundAlert } from "@candlehouse/shared/core/alert";
import {
  sourceAlerts,
  staleAlerts,
  type CollectedSeries,
  type SourceCondition,
} from "@candlehouse/shared/core/alert-rules";
import { formatSeries } from "@candlehouse/shared/core/series";
import { isSourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import { readFiring } from "@candlehouse/shared/d1/alerts";
import { askAll, askPage, compareSeries } from "@candlehouse/shared/d1/ask-databases";
import { NEWEST_TIMESTAMP, read } from "@candlehouse/shared/d1/read-series";
import type { MonitorContext } from "./context.ts";

/** Two rows a series, by key. Series of a source or timeframe that nobody knows are left out. */
const SELECT_COLLECTED = `
SELECT s.source, s.symbol, s.timeframe, s.tier, s.asked_until AS askedUntil,
  s.failure_count AS failureCount, ${NEWEST_TIMESTAMP} AS last
FROM series AS s WHERE s.enabled = 1 ORDER BY s.source, s.symbol, s.timeframe`;

const SELECT_SOURCES = `
SELECT source, state, since, reason_code AS code, reason FROM source_state ORDER BY source`;

/** Which sources fail or are off, and which series are late. */
export async function lookAtCollection(
  context: MonitorContext,
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const { db } = context;
  const series = await readCollected(db);
  const counts = new Map<string, number>();
  for (const { source } of series) {
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  const conditions = await read<Omit<SourceCondition, "series">>(db, SELECT_SOURCES, []);
  // What was collected once says nothing of now.
  const sources = conditions.rows
    .map((row) => ({ ...row, series: counts.get(row.source) ?? 0 }))
    .filter((source) => source.series > 0);
  const reasoned = await withAnswers(db, sources);
  return [
    ...sourceAlerts(reasoned, nowSeconds),
    ...(await lookForStale(context, series, nowSeconds)),
  ];
}

async function readCollected(db: D1Database): Promise<readonly CollectedSeries[]> {
  const order = { compare: compareSeries, limit: Number.MAX_SAFE_INTEGER };
  const { rows } = await askPage(db, order, (one) =>
    read<CollectedSeries>(one, SELECT_COLLECTED, []),
  );
  return rows.filter(isKnown);
}

/** What is on its way from the queue to a series goes on to come within this time. Real milliseconds. */
const CONFIRM_MS = 20_000;

/**
 * Which of `series` are late. Before that is new, it looks again: a series whose first candles are just
 * being stored, or that comes back after a while, is hours late for a moment, and moves on meanwhile.
 */
async function lookForStale(
  { db, sleep }: MonitorContext,
  series: readonly CollectedSeries[],
  nowSeconds: number,
): Promise<FoundAlert[]> {
  const found = staleAlerts(series, nowSeconds);
  if (found.length === 0) {
    return found;
  }
  const firing = new Set((await readFiring(db)).map(({ id }) => id));
  if (found.every((alert) => firing.has(alertId(alert)))) {
    return found;
  }
  await sleep(CONFIRM_MS);
  const before = new Map(series.map((one) => [formatSeries(one), one.last]));
  const again = (await readCollected(db)).map((one) =>
    one.last === before.get(formatSeries(one)) ? one : { ...one, askedUntil: nowSeconds },
  );
  return staleAlerts(again, nowSeconds);
}

/** The columns beside `max` are those of the row that has it. */
const SELECT_ERRORS = `
SELECT source, last_error_code AS code, last_error AS reason, max(last_error_at) AS at
FROM series WHERE enabled = 1 AND failure_count > 0 AND source IN (SELECT value FROM json_each(?1))
GROUP BY source`;

interface SourceError extends Pick<SourceCondition, "source" | "code" | "reason"> {
  readonly at: number;
}

/**
 * `sources` with what those that fail answered last: their own reason may be that their host is left
 * alone, which says nothing of why. Reads the series of these alone.
 */
async function withAnswers(
  db: D1Database,
  sources: readonly SourceCondition[],
): Promise<readonly SourceCondition[]> {
  const failing = sources.filter(({ state }) => state === "failing").map(({ source }) => source);
  if (failing.length === 0) {
    return sources;
  }
  const names = [JSON.stringify(failing)];
  const { rows } = await askAll(db, (one) => read<SourceError>(one, SELECT_ERRORS, names));
  return sources.map((condition) => {
    const own = rows.filter(
      ({ source, at }) => source === condition.source && at >= condition.since,
    );
    const last = own.toSorted((a, b) => b.at - a.at)[0];
    return condition.state === "failing" && last !== undefined
      ? { ...condition, code: last.code, reason: last.reason }
      : condition;
  });
}

/** Whether this version knows the source, the form of the symbol and the timeframe. */
export function isKnown({
  source,
  symbol,
  timeframe,
}: Readonly<Record<"source" | "symbol" | "timeframe", string>>): boolean {
  return isSourceId(source) && isSymbol(symbol) && isTimeframe(timeframe);
}
