import type { GapClass, GapState } from "@candlehouse/shared/core/gap";
import { formatDay, formatNumber, formatTime } from "../../ui/format.ts";
import type { GapRecord } from "./gap-span.ts";

/** What gaps are called in sentences for people. */

/** How a class is drawn: each has a pattern of its own, so that colour alone tells nothing. */
export type GapPattern = "dots" | "rising" | "falling" | "crossed" | "plain" | "upright";

interface ClassWords {
  readonly name: string;
  /** What it says about the market, the source or this system. */
  readonly meaning: string;
  readonly pattern: GapPattern;
  /** Whose fault it is: of nobody, of the source, or to be seen to here. */
  readonly tone: "quiet" | "source" | "ours";
}

export const GAP_WORDS: Readonly<Record<GapClass, ClassWords>> = {
  no_trades: {
    name: "No trades",
    meaning: "Nothing was traded, and the source has no candle for that. Nothing is lost.",
    pattern: "dots",
    tone: "quiet",
  },
  source_outage: {
    name: "Outage of the source",
    meaning: "The source was silent in its other markets too. It has no candles of this time.",
    pattern: "rising",
    tone: "source",
  },
  source_limit: {
    name: "Older than the source gives",
    meaning: "The source no longer serves candles of this age. A file can be imported.",
    pattern: "plain",
    tone: "source",
  },
  not_listed: {
    name: "Not listed yet",
    meaning: "The market had not opened at the source.",
    pattern: "dots",
    tone: "quiet",
  },
  delisted: {
    name: "Delisted",
    meaning: "The market had closed at the source. It may have a successor.",
    pattern: "dots",
    tone: "quiet",
  },
  collector_miss: {
    name: "Not fetched",
    meaning: "The source may have these candles: nobody asked for them, or it refused.",
    pattern: "falling",
    tone: "ours",
  },
  rejected: {
    name: "Rejected",
    meaning: "The source gave candles that contradict themselves, so they cannot be stored.",
    pattern: "crossed",
    tone: "ours",
  },
  unknown: {
    name: "Unexplained",
    meaning: "The source was asked and has nothing, and nothing that is held says why.",
    pattern: "upright",
    tone: "ours",
  },
};

export const STATE_WORDS: Readonly<Record<GapState, string>> = {
  open: "open: to be asked for again",
  filled: "filled",
  unfillable: "explained: it will not be filled",
  failed: "tried in vain",
};

const OUTCOME_WORDS = {
  answered: "and answered",
  beyond_reach: "and said that this is older than it gives",
  failed: "and did not give them",
} as const;

/** What the class of a gap rests on, each a sentence; the first is the reason itself. */
export function evidenceSentences({ evidence, attempts }: GapRecord, zone: string): string[] {
  const { reason, asked_at, outcome, found, siblings, first_held, last_held, reach_start, code } =
    evidence;
  return [
    reason,
    asked_at === null
      ? "The source has not been asked for them by a backfill."
      : `The source was asked last on ${formatTime(asked_at, zone)}${outcome === null ? "" : `, ${OUTCOME_WORDS[outcome]}`}.`,
    found === null || found === 0
      ? null
      : `Its answers around had ${formatNumber(found)} candles of this series.`,
    siblings === null || siblings.series === 0 || reason.includes("other series")
      ? null
      : `${formatNumber(siblings.series)} other series of the source had ${formatNumber(siblings.found)} of the ${formatNumber(siblings.expected)} candles that were due then.`,
    reach_start === null
      ? null
      : `The source gives candles from ${formatTime(reach_start, zone)} on.`,
    first_held === null || last_held === null
      ? null
      : `This series holds candles from ${formatDay(first_held, zone)} to ${formatDay(last_held, zone)}.`,
    code === null ? null : `The error was ${code}.`,
    attempts === 0
      ? null
      : `A repair has tried to fill it ${attempts === 1 ? "once" : `${formatNumber(attempts)} times`}.`,
  ].filter((sentence) => sentence !== null);
}

/** How many candles of which timeframe, in how many stretches. */
export function missingText({ missing, runs, timeframe }: GapRecord): string {
  const candles = missing === 1 ? "1 candle" : `${formatNumber(missing)} candles`;
  return runs === 1
    ? `${candles} of ${timeframe}`
    : `${candles} of ${timeframe} in ${formatNumber(runs)} stretches`;
}

/** The time of a gap: to its exclusive end, the day said once where it is one day. */
export function spanText({ start, end }: Pick<GapRecord, "start" | "end">, zone: string): string {
  const from = formatTime(start, zone);
  const to = formatTime(end, zone);
  const day = formatDay(start, zone);
  return day === formatDay(end, zone) && to.startsWith(day)
    ? `${from} to ${to.slice(day.length).replace(/^[,\s]+/, "")}`
    : `${from} to ${to}`;
}
