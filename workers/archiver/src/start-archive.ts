import { hotBoundary, planArchive } from "@candlehouse/shared/core/archive-plan";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { NotFoundError } from "@candlehouse/shared/core/errors";
import { chunk } from "@candlehouse/shared/core/message-plan";
import type { SeriesPartition } from "@candlehouse/shared/core/series-partition";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { isSourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import { listHotPartitions, listHotSeries } from "@candlehouse/shared/d1/hot-candles";
import { log } from "@candlehouse/shared/log/log";
import { findInstance, hasEnded } from "@candlehouse/shared/workflow/find-instance";
import type { ArchiveParams } from "./archive-steps.ts";
import type { ArchiverContext } from "./context.ts";

/** Most instances of a Workflow that one call makes. https://developers.cloudflare.com/workflows/build/workers-api/ */
const CREATE_MAX = 100;

export interface ArchiveRequest {
  /** Whether all that has aged is archived at once, not only what is worth a run by now. */
  readonly everything: boolean;
  /** The one series that is meant; undefined where all are. */
  readonly series?: Series | undefined;
}

/** What was started. */
export interface ArchiveStart {
  /** From here on candles stay hot; unix seconds. */
  readonly hotFrom: number;
  /** Ids of the runs of this plan, one a partition: started now, or running already. */
  readonly runs: readonly string[];
  readonly started: number;
  readonly running: number;
}

/** The state of a run. */
export interface ArchiveStatus {
  readonly id: string;
  readonly status: InstanceStatus["status"];
  readonly output?: unknown;
  readonly error?: string;
}

/**
 * Plans what is due and starts a run for each partition. The id of a run follows from what it
 * does, so that the same run is not started beside itself; one that has ended is started again.
 * Series that this version does not know, which a database that was taken over may hold, stay in
 * D1. Throws what went wrong with the first runs that could not be started, after all were tried.
 */
export async function startArchive(
  context: ArchiverContext,
  { everything, series: wanted }: ArchiveRequest,
): Promise<ArchiveStart> {
  const startedMs = context.realNowMs();
  const nowSeconds = shownSeconds(context);
  const hotFrom = hotBoundary(nowSeconds, context.hotDays);
  const all = await listHotSeries(context.db);
  const known = all.filter(({ series: of }) => isKnown(of));
  const unknown = all.filter(({ series: of }) => !isKnown(of));
  const series =
    wanted === undefined
      ? known
      : known.filter((one) => formatSeries(one.series) === formatSeries(wanted));
  const aged = series.filter(({ oldest }) => oldest < hotFrom);
  const hot = await listHotPartitions(context.db, aged, hotFrom);
  const due = planArchive({ hot, nowSeconds, hotDays: context.hotDays, everything });
  const runs = due.map(({ series: of, partition, until }) => ({
    id: runId({ series: of, partition }, hotFrom),
    params: { series: of, partition, until },
  }));
  const started = await startAll(context.archive, runs);
  const running = due.length - started;
  log("archive.planned", {
    series: series.length,
    aged: aged.length,
    due: due.length,
    started,
    running,
    unknown: unknown.length,
    firstUnknown: unknown[0] === undefined ? null : formatSeries(unknown[0].series),
    hotFrom: new Date(hotFrom * 1_000).toISOString(),
    durationMs: context.realNowMs() - startedMs,
  });
  return { hotFrom, runs: runs.map(({ id }) => id), started, running };
}

/** How the run `id` is doing. Throws NotFoundError where there is none. */
export async function archiveStatus(
  { archive }: Pick<ArchiverContext, "archive">,
  id: string,
): Promise<ArchiveStatus> {
  const instance = await findInstance(archive, id);
  if (instance === undefined) {
    throw new NotFoundError(`there is no archive run ${id}`);
  }
  const { status, output, error } = await instance.status();
  return {
    id,
    status,
    ...(output === undefined || output === null ? {} : { output }),
    ...(error === undefined ? {} : { error: error.message }),
  };
}

/** Names a run: `archive-binance-BTC-USDT-1m-2026-10-20261102`, last the day from which on is hot. */
export function runId({ series, partition }: SeriesPartition, hotFrom: number): string {
  const { source, symbol, timeframe } = series;
  const day = new Date(hotFrom * 1_000).toISOString().slice(0, 10).replaceAll("-", "");
  return `archive-${source}-${symbol}-${timeframe}-${partition}-${day}`;
}

function isKnown({ source, symbol, timeframe }: Readonly<Record<keyof Series, string>>): boolean {
  return isSourceId(source) && isSymbol(symbol) && isTimeframe(timeframe);
}

/** A run of a partition that is to be started. */
interface PlannedRun {
  readonly id: string;
  readonly params: ArchiveParams;
}

/** Starts the runs that do not run. Throws the first failure after all were tried. */
async function startAll(
  archive: ArchiverContext["archive"],
  runs: readonly PlannedRun[],
): Promise<number> {
  let started = 0;
  const failures: unknown[] = [];
  for (const some of chunk(runs, CREATE_MAX)) {
    try {
      started += await startRuns(archive, some);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
  return started;
}

/** Starts the runs that do not run, and says how many that are. */
async function startRuns(
  archive: ArchiverContext["archive"],
  instances: PlannedRun[],
): Promise<number> {
  // Ids that are there already are left out of the answer.
  const created = new Set((await archive.createBatch(instances)).map(({ id }) => id));
  let started = created.size;
  for (const { id } of instances) {
    if (!created.has(id)) {
      const instance = await archive.get(id);
      const { status } = await instance.status();
      if (hasEnded(status)) {
        await instance.restart();
        started += 1;
      }
    }
  }
  return started;
}
