import { planWatch, nextInstance, type WatchedJob } from "@candlehouse/shared/core/backfill-watch";
import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { nameOf } from "@candlehouse/shared/core/backfill-message";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { claimBackfill, endBackfill } from "@candlehouse/shared/d1/job-steps";
import { listOpenBackfills } from "@candlehouse/shared/d1/jobs";
import { log } from "@candlehouse/shared/log/log";
import { findInstance, hasEnded } from "@candlehouse/shared/workflow/find-instance";
import type { BackfillContext } from "./backfill-context.ts";

/**
 * An instance that was not heard of for so long, beyond a wait that it told of, is replaced,
 * whatever the engine says of it: a step and its retries take less, and the local engine goes on
 * to call running what a reload has ended. If both work on, nothing is done wrong: the older one
 * finds that the job is no more its own.
 */
const SILENT_MS = 10 * 60_000;

/** One that the engine calls queued does nothing until its turn comes, which may take long. */
const QUEUED_MS = 24 * 3_600_000;

/** What the watch did. */
export interface WatchReport {
  readonly open: number;
  readonly started: number;
}

/**
 * Looks at every backfill that has not ended: starts those that wait for their turn, and gives those
 * whose instance has gone a new one. Repeatable; of two that look at once, one starts each job.
 * Throws after all were tried, where one could not be looked at, started or ended.
 */
export async function watchBackfills(context: BackfillContext): Promise<WatchReport> {
  const jobs = await listOpenBackfills(context.db);
  const failures: unknown[] = [];
  const watched: WatchedJob[] = [];
  for (const job of jobs) {
    watched.push({ job, instance: await instanceOf(context, job, failures) });
  }
  const { start, giveUp } = planWatch(watched, context.realNowMs());
  for (const { job, error } of giveUp) {
    await giveUpJob(context, job, error).catch((failure: unknown) => failures.push(failure));
  }
  let started = 0;
  for (const { job, stalled } of start) {
    try {
      started += (await startJob(context, job, stalled)) ? 1 : 0;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(String).join("; "));
  }
  return { open: jobs.length, started };
}

/** What the engine says of the job's instance; where it does not say it, the instance is left alone. */
async function instanceOf(
  context: BackfillContext,
  job: BackfillJob,
  failures: unknown[],
): Promise<WatchedJob["instance"]> {
  if (job.instance === null) {
    return null;
  }
  try {
    return await askEngine(context, job.instance, job.progress.beatMs);
  } catch (error) {
    failures.push(error);
    return { state: "working", error: null };
  }
}

async function askEngine(
  { workflow, realNowMs }: BackfillContext,
  id: string,
  beatMs: number,
): Promise<NonNullable<WatchedJob["instance"]>> {
  const instance = await findInstance(workflow, id);
  if (instance === undefined) {
    return { state: "lost", error: null };
  }
  const { status, error } = await instance.status();
  if (hasEnded(status)) {
    return { state: "ended", error: error?.message ?? null };
  }
  const isSilent = realNowMs() - beatMs > (status === "queued" ? QUEUED_MS : SILENT_MS);
  return { state: isSilent ? "silent" : "working", error: null };
}

async function startJob(
  context: BackfillContext,
  job: BackfillJob,
  stalled: boolean,
): Promise<boolean> {
  const instance = nextInstance(job);
  if (!(await claimBackfill(context.db, job, { instance, stalled }, context.realNowMs()))) {
    return false;
  }
  await context.workflow.create({ id: instance, params: { job: job.id, turns: turnsOf(job) } });
  return true;
}

/**
 * Steps of one instance. The platform ends an instance after 50,000 subrequests (wrangler.jsonc) and
 * 10,000 steps. https://developers.cloudflare.com/workflows/reference/limits/
 *
 * The costliest step of one series asks for 50 pages of trades, each with up to four subrequests (the
 * page, and what the limiter, D1 and a repetition take), and makes some twenty more: 200 such steps
 * make 44,000. A step of days of all markets looks at each series with up to six, and asks for 49
 * days, each with up to four as well.
 */
function turnsOf({ request }: BackfillJob): number {
  const subrequests = request.isGrouped ? 6 * request.markets.length + 49 * 4 + 20 : 220;
  return Math.floor(44_000 / subrequests);
}

async function giveUpJob(
  context: BackfillContext,
  job: BackfillJob,
  error: string | null,
): Promise<void> {
  const { stored, stalls, tally } = job.progress;
  const at = shownSeconds(context);
  const why = error ?? "its Workflow instances ended without a word";
  await endBackfill(
    context.db,
    job,
    "failed",
    `Stored ${stored} candles of ${nameOf(job)}, and then could not go on in ${stalls} attempts: ${why}`,
    at,
  );
  log("backfill.finished", {
    job: job.id,
    batch: job.batch,
    series: nameOf(job),
    state: "failed",
    requests: job.progress.requests,
    stored,
    ...tally,
    instances: job.progress.instances,
    seconds: at - (job.startedAt ?? at),
  });
}
