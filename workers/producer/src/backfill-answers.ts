import { BACKFILL_STATES } from "@candlehouse/shared/core/backfill-job";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { NotFoundError, SourceOffError } from "@candlehouse/shared/core/errors";
import { candlesDue, isFinal, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { nameOf } from "@candlehouse/shared/core/backfill-message";
import { SOURCES } from "@candlehouse/shared/core/source";
import { moveBackfill } from "@candlehouse/shared/d1/job-steps";
import { listBackfills, readBackfills } from "@candlehouse/shared/d1/jobs";
import { jsonResponse, type Route } from "@candlehouse/shared/http/answer-routes";
import { decodeCursor, encodeCursor } from "@candlehouse/shared/http/cursor";
import { readBody } from "@candlehouse/shared/http/read-body";
import { parseMembers } from "@candlehouse/shared/http/read-members";
import { logHandlerFailure } from "@candlehouse/shared/log/log";
import { z } from "zod";
import { backfillContext, type BackfillContext } from "./backfill-context.ts";
import { parseBackfillOrder } from "./backfill-request.ts";
import { describeBatch, describeJobs } from "./backfill-report.ts";
import { planBackfills, startMessage } from "./backfill-start.ts";
import { watchBackfills } from "./backfill-watch.ts";
import type { ProducerContext } from "./context.ts";
import { countOrder } from "./count-step.ts";
import { keyOf, readSettings } from "./settings.ts";
import { offReason } from "./sources/source.ts";

/** Most bytes in an order: five hundred symbols, the longest there are. */
const ORDER_BYTES_MAX = 64_000;

const PAGE_JOBS_MAX = 500;
const PAGE_JOBS_DEFAULT = 50;

const ID = "([0-9a-f]{12})";

/** The routes of backfills. */
export const BACKFILL_ROUTES: readonly Route<ProducerContext>[] = [
  { method: "POST", path: /^\/v1\/backfills$/, answer: answerNew },
  { method: "GET", path: /^\/v1\/backfills$/, answer: answerList },
  { method: "GET", path: new RegExp(`^/v1/backfills/${ID}$`), answer: answerOne },
  {
    method: "DELETE",
    path: new RegExp(`^/v1/backfills/${ID}$`),
    answer: (context, _request, id) => answerMove(context, id, "cancelled"),
  },
  {
    method: "POST",
    path: new RegExp(`^/v1/backfills/${ID}/pause$`),
    answer: (context, _request, id) => answerMove(context, id, "paused"),
  },
  {
    method: "POST",
    path: new RegExp(`^/v1/backfills/${ID}/resume$`),
    answer: (context, _request, id) => answerMove(context, id, "queued"),
  },
];

async function answerNew({ env, exports }: ProducerContext, request: Request): Promise<Response> {
  const context = backfillContext(env, exports);
  const body = await readBody(request, ORDER_BYTES_MAX);
  const order = parseBackfillOrder(body, shownSeconds(context));
  const source = context.source(order.source);
  const off = offReason(source, keyOf(source, readSettings(env).keys));
  if (off !== undefined) {
    throw new SourceOffError(off);
  }
  const plan = await countOrder(env, exports, async (counted) => {
    const made = await planBackfills(counted, order);
    if (!order.isDry) {
      await startRecorded(counted);
    }
    return made;
  });
  const { planned } = plan;
  const fresh = planned.find(({ isKnown }) => !isKnown) ?? planned[0];
  return jsonResponse(
    {
      id: fresh?.job.batch,
      ...(order.isDry ? { dry_run: true } : {}),
      jobs: planned.map(({ job, missing, requestsEstimated, usdEstimated }) => ({
        id: job.id,
        series: nameOf(job),
        start: job.request.start,
        end: job.request.end,
        candles_due: candlesDue(job),
        ...(missing === null ? {} : { missing }),
        requests_estimated: requestsEstimated,
        usd_estimated: usdEstimated,
      })),
      message: startMessage(plan, order.isDry),
    },
    order.isDry ? 200 : 202,
  );
}

/**
 * Starts what is recorded by now. The order stands in D1 whatever becomes of that: its answer says so,
 * the failure is in the log, and the cron tries again within a minute.
 */
async function startRecorded(context: BackfillContext): Promise<void> {
  await watchBackfills(context).catch((error: unknown) => logHandlerFailure("fetch", error));
}

const LIMIT_FORM = `a whole number from 1 to ${PAGE_JOBS_MAX}`;

const listQuery = z.strictObject({
  state: z.enum(BACKFILL_STATES, `one of ${BACKFILL_STATES.join(", ")}`).optional(),
  source: z.enum(SOURCES, `one of ${SOURCES.join(", ")}`).optional(),
  limit: z
    .string(LIMIT_FORM)
    .regex(/^[1-9]\d{0,3}$/, LIMIT_FORM)
    .transform(Number)
    .refine((limit) => limit <= PAGE_JOBS_MAX, LIMIT_FORM)
    .default(PAGE_JOBS_DEFAULT),
  cursor: z.string().optional(),
});

const position = z.tuple([z.int(), z.string()]);

async function answerList({ env, exports }: ProducerContext, request: Request): Promise<Response> {
  const context = backfillContext(env, exports);
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const { state, source, limit, cursor } = parseMembers(listQuery, query);
  const binding = { list: "backfills", state: state ?? null, source: source ?? null };
  const [createdAt, id] = cursor === undefined ? [] : decodeCursor(cursor, binding, position);
  const after = createdAt === undefined || id === undefined ? undefined : { createdAt, id };
  const jobs = await listBackfills(context.db, { state, source }, after, limit);
  const last = jobs.at(-1);
  return jsonResponse({
    jobs: await describeJobs(context, jobs),
    next_cursor:
      last === undefined || jobs.length < limit
        ? null
        : encodeCursor(binding, [last.createdAt, last.id]),
  });
}

async function answerOne(
  { env, exports }: ProducerContext,
  _request: Request,
  id: string,
): Promise<Response> {
  const context = backfillContext(env, exports);
  return jsonResponse(await describeBatch(context, id, await findJobs(context, id)));
}

/** Throws NotFoundError. */
async function findJobs({ db }: BackfillContext, id: string): Promise<BackfillJob[]> {
  const jobs = await readBackfills(db, id);
  if (jobs.length === 0) {
    throw new NotFoundError(`there is no backfill ${id}`);
  }
  return jobs;
}

/** Moves all jobs of the batch that can be moved; of the others, the answer shows the state. */
async function answerMove(
  { env, exports }: ProducerContext,
  id: string,
  state: "paused" | "queued" | "cancelled",
): Promise<Response> {
  const context = backfillContext(env, exports);
  const at = shownSeconds(context);
  const jobs = await findJobs(context, id);
  await countOrder(env, exports, async (counted) => {
    for (const job of jobs.filter((one) => !isFinal(one.state))) {
      await moveBackfill(counted.db, job.id, state, moveMessage(job, state), at);
    }
    if (state === "queued") {
      await startRecorded(counted);
    }
  });
  return jsonResponse(await describeBatch(context, id, await findJobs(context, id)));
}

function moveMessage(job: BackfillJob, state: "paused" | "queued" | "cancelled"): string | null {
  const { stored } = job.progress;
  if (state === "queued") {
    return null;
  }
  const what = state === "paused" ? "Paused" : "Cancelled";
  return `${what} by hand; the ${stored} candles of ${nameOf(job)} that it stored stay`;
}
