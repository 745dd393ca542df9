import type { Comparison } from "./compare-market.ts";
import type { Sample } from "./sample.ts";

/** What workerd holds in the last five minutes, as a multiple of what it held in minutes 5 to 10. */
const MEMORY_RATIO_MAX = 1.25;
/** A tick's messages wait while the batches before them are stored, and no longer than a minute. */
const BACKLOG_SECONDS_MAX = 60;
/** Two ticks of all series of ten times the default fleet, ten candles a message. */
const BACKLOG_MESSAGES_MAX = 600;
/** A tick a minute, the settle delay, and the way through the queue. */
const LATE_SECONDS_MAX = 300;
/**
 * Kraken answers fifty requests a minute: most of its series wait for their turn. Coinbase has no
 * candle of a minute without a trade, and ten minutes must pass before its silence is noted.
 */
const LATE_SECONDS_MAX_OF: Readonly<Record<string, number>> = { kraken: 1_200, coinbase: 900 };

/** What is compared with the end of the run, seconds from its begin. */
const EARLY_SECONDS = { from: 300, until: 600 };
const LAST_SECONDS = 300;
/** A new process needs so long until it has loaded what it goes on using. */
const WARM_SECONDS = 180;

/** One thing that was to hold. */
export interface Finding {
  readonly what: string;
  readonly figure: string;
  readonly bound: string;
  readonly holds: boolean;
}

/** What a run has shown. */
export interface Outcome {
  readonly samples: readonly Sample[];
  /** Seconds from the begin of the run at which something was killed. */
  readonly kills: readonly number[];
  readonly comparison: Comparison;
  /** How long after the faults ended everything that was closed then was stored; null: it was not. */
  readonly drainSeconds: number | null;
}

/** Whether each thing that a load run is to show holds, one by one. */
export function judge(outcome: Outcome): Finding[] {
  const { samples, comparison } = outcome;
  const end = samples.at(-1)?.at ?? 0;
  const last = samples.filter(({ at }) => at > end - LAST_SECONDS);
  return [
    // Of a run that saw nothing all that follows would hold.
    some("times that the system was looked at, in the last 5 minutes", last.length),
    some("candles that were compared with the market", comparison.candles),
    ...memoryFindings(outcome, last),
    bounded(
      "messages in the queue, most in the last 5 minutes",
      last,
      BACKLOG_MESSAGES_MAX,
      (one) => one.backlogMessages,
    ),
    bounded(
      "seconds the oldest of them waited, most",
      last,
      BACKLOG_SECONDS_MAX,
      (one) => one.backlogSeconds,
    ),
    ...latenessFindings(last),
    {
      what: "seconds until all that was closed when the faults ended was stored",
      figure: outcome.drainSeconds === null ? "never" : String(Math.round(outcome.drainSeconds)),
      bound: "in time",
      holds: outcome.drainSeconds !== null,
    },
    none("candles of the market that are not stored", comparison.lost),
    none("stored candles that the market has not, or otherwise", comparison.invented),
    none("series without a candle", comparison.empty),
    bounded("open dead letters, most", samples, 0, (one) => one.deadLetters),
  ];
}

function memoryFindings({ samples, kills }: Outcome, last: readonly Sample[]): Finding[] {
  const early = samples.filter(({ at }) => at >= EARLY_SECONDS.from && at < EARLY_SECONDS.until);
  const before = medianOf(early.map(({ memory }) => memory.workerd));
  const after = medianOf(last.map(({ memory }) => memory.workerd));
  const warm = samples.filter(({ at }) => at > Math.max(0, ...kills) + WARM_SECONDS);
  const slope = slopeOf(warm.map(({ at, memory }) => [at / 60, memory.workerd]));
  const node = medianOf(last.map(({ memory }) => memory.node));
  const ratio = after / before;
  return [
    {
      what: "memory of workerd, median of the last 5 minutes over that of minutes 5 to 10",
      figure: `${after.toFixed(0)} / ${before.toFixed(0)} MB = ${ratio.toFixed(2)}, ${slope.toFixed(1)} MB a minute since the last start (Node.js: ${node.toFixed(0)} MB)`,
      bound: `at most ${MEMORY_RATIO_MAX}`,
      // A run that is too short to compare shows nothing.
      holds: early.length === 0 || (after > 0 && ratio <= MEMORY_RATIO_MAX),
    },
  ];
}

function latenessFindings(last: readonly Sample[]): Finding[] {
  const sources = Object.keys(last.at(-1)?.lateness ?? {});
  return sources.map((source) => {
    const bound = LATE_SECONDS_MAX_OF[source] ?? LATE_SECONDS_MAX;
    const most = Math.max(...last.map(({ lateness }) => lateness[source]?.most ?? 0));
    const median = medianOf(last.map(({ lateness }) => lateness[source]?.median ?? 0));
    return {
      what: `seconds that a series of ${source} waited for a closed candle, most in the last 5 minutes`,
      figure: `${most} (half of them at most ${median})`,
      bound: `at most ${bound}`,
      holds: most <= bound,
    };
  });
}

function bounded(
  what: string,
  samples: readonly Sample[],
  bound: number,
  figureOf: (sample: Sample) => number,
): Finding {
  const most = Math.max(0, ...samples.map(figureOf));
  return { what, figure: String(most), bound: `at most ${bound}`, holds: most <= bound };
}

function some(what: string, count: number): Finding {
  return { what, figure: String(count), bound: "at least 1", holds: count >= 1 };
}

function none(what: string, found: readonly string[]): Finding {
  return { what, figure: String(found.length), bound: "0", holds: found.length === 0 };
}

/** NaN of nothing. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Of the straight line that lies closest to the points, by least squares; NaN of fewer than two. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const up = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return up / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
