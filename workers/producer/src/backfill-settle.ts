import { boundaryOf } from "@candlehouse/shared/core/archive-plan";
import { explainMissing } from "@candlehouse/shared/core/backfill-asks";
import type { BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { nextRound, ASKING_ROUNDS } from "@candlehouse/shared/core/backfill-turn";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import type { Run } from "@candlehouse/shared/core/missing";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import { readAsks } from "@candlehouse/shared/d1/asked-ranges";
import { findFragments } from "@candlehouse/shared/d1/open-fragments";
import type { BackfillContext } from "./backfill-context.ts";
import { lookAt } from "./backfill-look.ts";
import { handInAgain } from "./backfill-store.ts";
import type { Turn } from "./backfill-turn.ts";
import type { SeriesJob } from "./backfill-window-turn.ts";

/** First wait for what was handed on, and the longest, in real milliseconds. */
const POLL_MS_MIN = 250;
const POLL_MS_MAX = 60_000;
const POLL_GROWTH = 1.5;

/**
 * Waits after which fragments are handed in again. A local queue forgets what it holds when it is
 * stopped, and a message may have become a dead letter.
 */
const POLLS_BEFORE_MENDING = 6;

/** Waits for fragments in all: some six hours, in which the archiver may be away. */
const POLLS_MAX = 370;

/**
 * Waits for messages, by round: a minute and a half, ten, an hour. To ask once more for what is in a queue
 * costs a few requests; to wait for what a local queue has forgotten would be in vain.
 */
const QUEUE_POLLS_MAX = [12, 20, 70];

/**
 * Waits until what the round handed on can be seen: fragments are merged, and messages stored. Then
 * the next round looks at what came of it, and asks for what did not come.
 */
export async function settleTurn(
  context: BackfillContext,
  { progress, request }: BackfillJob,
  all: readonly SeriesJob[],
): Promise<Turn> {
  const onward = nextRound(progress, request.start) ?? progress;
  const waitsFor =
    progress.handed === null ? null : await findHidden(context, all, progress.handed);
  const polls = progress.polls + 1;
  const queuePolls = QUEUE_POLLS_MAX[progress.round - 1] ?? 0;
  if (waitsFor === null || (waitsFor === "messages" && polls > queuePolls)) {
    return { progress: onward, waitMs: 0 };
  }
  if (polls > POLLS_MAX) {
    // They are handed in and will be merged; to ask for it all again would not make that faster.
    const last = nextRound({ ...progress, round: ASKING_ROUNDS }, request.start);
    return { progress: last ?? progress, waitMs: 0 };
  }
  const waitMs = Math.min(POLL_MS_MAX, POLL_MS_MIN * POLL_GROWTH ** Math.min(polls, 30));
  return { progress: { ...progress, polls }, waitMs };
}

/** What of the candles from `first` to `last` (open times) cannot be seen yet. */
type Hidden = "fragments" | "messages" | null;

async function findHidden(
  context: BackfillContext,
  all: readonly SeriesJob[],
  handed: { readonly first: number; readonly last: number },
): Promise<Hidden> {
  let hidden: Hidden = null;
  for (const of of all) {
    const one = await findHiddenOf(context, of, handed);
    if (one === "fragments") {
      return one;
    }
    hidden ??= one;
  }
  return hidden;
}

async function findHiddenOf(
  context: BackfillContext,
  of: SeriesJob,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Hidden> {
  const { series } = of;
  const fragments = await findFragments(context.db, series, first, last);
  if (fragments.length > 0) {
    if ((of.job.progress.polls + 1) % POLLS_BEFORE_MENDING === 0) {
      await handInAgain(context, fragments);
    }
    return "fragments";
  }
  // Days of all markets go through the queue, however old they are.
  const queuedFrom = of.job.request.isGrouped
    ? first
    : boundaryOf(series.timeframe, shownSeconds(context), context.hotDays);
  const hot = { start: Math.max(first, queuedFrom), end: closeTimeOf(last, series.timeframe) };
  return hot.start >= hot.end || (await isStored(context, of, hot)) ? null : "messages";
}

/** Whether all of `range` that was found is held by now. */
async function isStored(context: BackfillContext, { job, series }: SeriesJob, range: Run) {
  try {
    // What is absent was counted by whole asks.
    const around = await readAsks(context.db, series, range);
    const recent = around.filter(({ askedAt }) => askedAt >= job.createdAt);
    const whole = {
      start: Math.max(
        job.request.start,
        Math.min(range.start, ...recent.map(({ start }) => start)),
      ),
      end: Math.min(job.request.end, Math.max(range.end, ...recent.map(({ end }) => end))),
    };
    const { missing, asks } = await lookAt(context, job, series, whole);
    // What failed does not come by waiting.
    const answers = asks.map((ask) =>
      ask.outcome === "failed" ? { ...ask, outcome: "beyond_reach" as const } : ask,
    );
    return explainMissing(missing, answers, series.timeframe).open.length === 0;
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      // The next round meets it too, and records it.
      return true;
    }
    throw error;
  }
}
