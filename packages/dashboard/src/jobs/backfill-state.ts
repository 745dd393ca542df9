import type { BackfillJob } from "@candlehouse/client";
import { isFinal, type BackfillState } from "@candlehouse/shared/core/backfill-job";
import { GAP_WORDS } from "../chart/overlays/gap-words.ts";
import { formatDay, formatDuration, formatNumber, formatTime } from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";

/** How a backfill is, in words. */

interface StateWords {
  readonly word: string;
  readonly tone: Tone;
  /** What it means. */
  readonly meaning: string;
}

export const STATES: Readonly<Record<BackfillState, StateWords>> = {
  queued: { word: "Waiting", tone: "plain", meaning: "It begins by itself, within a minute." },
  running: { word: "Running", tone: "plain", meaning: "It asks its source for what is missing." },
  paused: { word: "Paused", tone: "warning", meaning: "It waits until somebody resumes it." },
  complete: {
    word: "Complete",
    tone: "good",
    meaning: "Every candle of the range is held, or its source was asked and has none.",
  },
  incomplete: {
    word: "Incomplete",
    tone: "warning",
    meaning: "Something could not be asked for or stored.",
  },
  failed: { word: "Failed", tone: "bad", meaning: "It had to give up." },
  cancelled: {
    word: "Cancelled",
    tone: "plain",
    meaning: "Somebody ended it; what it stored stays.",
  },
};

/** Whether something still happens to `job`, or may. */
export function isOpen({ state }: Pick<BackfillJob, "state">): boolean {
  return !isFinal(state);
}

/** How much of its range `job` has dealt with, from 0 to 1; null where nobody can tell yet. */
export function ratioOf({
  state,
  start,
  end,
  reached,
}: Pick<BackfillJob, "state" | "start" | "end" | "reached">): number | null {
  if (state === "complete") {
    return 1;
  }
  if (reached === null) {
    return state === "running" ? null : 0;
  }
  return (reached - start) / (end - start);
}

/** Candles of the range that `job` has dealt with, as far as that can be told. */
export function candlesDone(job: BackfillJob): number {
  return Math.round((ratioOf(job) ?? 0) * job.candles_due);
}

/** How far and how fast, in one line. */
export function paceOf(job: BackfillJob): string {
  const { candles_due: due, candles_stored: stored, rate, eta_seconds: eta, state } = job;
  const done = candlesDone(job);
  return [
    `${formatNumber(done)} of ${formatNumber(due)} candles`,
    ...(stored > 0 ? [`${formatNumber(stored)} stored`] : []),
    ...(state === "running" && rate !== null ? [`${formatNumber(rate)} a second`] : []),
    ...(state === "running" && done === due ? ["checking what is left"] : []),
    ...(eta !== null && eta > 0 ? [`${formatDuration(eta)} left`] : []),
  ].join(" · ");
}

/** Ranges that are shorter are told to the minute. */
const SHORT_SECONDS = 3 * 86_400;

/** From when to when, as exactly as its length deserves. */
export function rangeText(start: number, end: number, timeZone: string): string {
  const format = end - start < SHORT_SECONDS ? formatTime : formatDay;
  return `${format(start, timeZone)} – ${format(end, timeZone)}`;
}

/** What is missing by its class, once that is known: `Missing: 19 no trades, 80 unexplained`. */
export function lackText({ gaps }: Pick<BackfillJob, "gaps">): string {
  return gaps.length === 0
    ? ""
    : `Missing: ${gaps.map(({ class: name, candles }) => `${formatNumber(candles)} ${GAP_WORDS[name].name.toLowerCase()}`).join(", ")}`;
}

/** What is to be told of jobs that have ended: at most one text for good ends and one for bad ones. */
export interface Endings {
  readonly good: string | null;
  readonly bad: string | null;
}

/** What is to be told of those of `jobs` that were open before. */
export function endingsOf(
  before: ReadonlyMap<string, BackfillState>,
  jobs: readonly BackfillJob[],
): Endings {
  const ended = jobs.filter(({ id, state }) => {
    const was = before.get(id);
    return was !== undefined && !isFinal(was) && isFinal(state);
  });
  return {
    good: textOf(ended.filter((job) => !isBad(job))),
    bad: textOf(ended.filter((job) => isBad(job))),
  };
}

function isBad({ state }: BackfillJob): boolean {
  return state === "failed" || state === "incomplete";
}

function textOf(jobs: readonly BackfillJob[]): string | null {
  const [only] = jobs;
  if (only === undefined) {
    return null;
  }
  if (jobs.length > 1) {
    const words = [...new Set(jobs.map(({ state }) => STATES[state].word.toLowerCase()))];
    return `${jobs.length} backfills have ended: ${words.join(", ")}.`;
  }
  const { series, state, message } = only;
  const what = `The backfill of ${series} is ${STATES[state].word.toLowerCase()}`;
  return message === null ? `${what}.` : `${what}: ${message}.`;
}
