import {
  candlesDue,
  etaOf,
  isFinal,
  rateOf,
  type BackfillJob,
  type BackfillState,
} from "@candlehouse/shared/core/backfill-job";
import { nameOf } from "@candlehouse/shared/core/backfill-message";
import { pageCandles, windowsBefore, windowsOf } from "@candlehouse/shared/core/backfill-window";
import { sumGaps, type GapSum } from "@candlehouse/shared/d1/sum-gaps";
import type { BackfillContext } from "./backfill-context.ts";
import { pageSizeOf } from "./sources/source.ts";

/** `jobs` as answers tell them, in their order: as the query Worker's schema has it. */
export async function describeJobs(context: BackfillContext, jobs: readonly BackfillJob[]) {
  const ended = jobs.filter(({ state, symbol }) => isFinal(state) && symbol !== null);
  const gaps = await sumGaps(
    context.db,
    ended.map(({ id, source, symbol, timeframe, request }) => ({
      id,
      source,
      symbol: symbol ?? "",
      timeframe,
      start: request.start,
      end: request.end,
    })),
  );
  return jobs.map((job) => describeJob(context, job, gaps.get(job.id) ?? []));
}

function describeJob(context: BackfillContext, job: BackfillJob, gaps: readonly GapSum[]) {
  const { progress, request, timeframe } = job;
  const pageSize = pageCandles(pageSizeOf(context.source(job.source), timeframe));
  const windows = request.isGrouped
    ? windowsOf(request, "1d", 1)
    : windowsOf(request, timeframe, pageSize);
  // After the first round all windows are done; what comes then looks at what came of them.
  const isFirst = progress.round === 1;
  const reached = isFirst ? progress.cursor : request.end;
  return {
    id: job.id,
    batch: job.batch,
    series: nameOf(job),
    state: job.state,
    start: request.start,
    end: request.end,
    windows_done: windowsBefore(windows, reached),
    windows_due: windows.length,
    candles_due: candlesDue(job),
    candles_found: progress.found,
    candles_stored: progress.stored,
    candles_absent: progress.tally.absent,
    requests: progress.requests,
    reached: reached === request.start ? null : reached,
    rate: rateOf(progress),
    eta_seconds: etaOf(job),
    errors: progress.errors,
    gaps,
    message: job.message ?? slowedReason(job),
    created_at: job.createdAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
  };
}

/** Why the budget has it wait, while it does. */
function slowedReason({ state, progress }: BackfillJob): string | null {
  return state === "running" ? (progress.slowed?.reason ?? null) : null;
}

const TOTALS = [
  "windows_done",
  "windows_due",
  "candles_due",
  "candles_found",
  "candles_stored",
  "candles_absent",
  "requests",
] as const;

/** The batch or job `id` with its jobs. */
export async function describeBatch(
  context: BackfillContext,
  id: string,
  jobs: readonly BackfillJob[],
) {
  const reports = await describeJobs(context, jobs);
  const etas = reports.flatMap(({ eta_seconds: eta }) => eta ?? []);
  const rates = reports.flatMap(({ state, rate }) => (state === "running" ? (rate ?? []) : []));
  const [only] = reports;
  const state = stateOf(jobs);
  return {
    id,
    state,
    jobs: reports,
    totals: {
      ...Object.fromEntries(
        TOTALS.map((name) => [name, reports.reduce((sum, report) => sum + report[name], 0)]),
      ),
      rate: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0),
      eta_seconds: etas.length === 0 ? null : Math.max(...etas),
    },
    message: reports.length === 1 && only?.message ? only.message : batchMessage(jobs),
  };
}

/** The state of several jobs as one: what is still to be done first, then the worst end. */
const ORDER: readonly BackfillState[] = [
  "running",
  "queued",
  "paused",
  "failed",
  "incomplete",
  "cancelled",
  "complete",
];

function stateOf(jobs: readonly BackfillJob[]): BackfillState {
  return ORDER.find((state) => jobs.some((job) => job.state === state)) ?? "complete";
}

function batchMessage(jobs: readonly BackfillJob[]): string {
  const counts = ORDER.map((state) => ({
    state,
    jobs: jobs.filter((job) => job.state === state).length,
  })).filter((one) => one.jobs > 0);
  const stored = jobs.reduce((sum, { progress }) => sum + progress.stored, 0);
  const states = counts.map((one) => `${one.jobs} ${one.state}`).join(", ");
  const [slowed] = jobs.flatMap((job) => slowedReason(job) ?? []);
  return `${jobs.length === 1 ? "1 backfill" : `${jobs.length} backfills`}: ${states}; ${stored} candles stored so far${slowed === undefined ? "" : `; ${slowed}`}`;
}
