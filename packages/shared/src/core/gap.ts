import type { ErrorCode } from "./errors.ts";
import type { Series } from "./series.ts";

/**
 * Why candles are missing. `no_trades`: nothing was traded, and the source has no candle for that.
 * `source_outage`: the source was silent in all its markets. `source_limit`: older than the source
 * still gives. `not_listed`, `delisted`: the market was not there yet, or no more. `collector_miss`:
 * nobody asked, or the source refused. `rejected`: what came can never be stored. `unknown`: the
 * source was asked, has none, and nothing explains it.
 */
export const GAP_CLASSES = [
  "no_trades",
  "source_outage",
  "source_limit",
  "not_listed",
  "delisted",
  "collector_miss",
  "rejected",
  "unknown",
] as const;

export type GapClass = (typeof GAP_CLASSES)[number];

/**
 * `open`: to be filled, or to be asked for. `filled`: held by now. `unfillable`: it is explained and
 * will not come. `failed`: it was tried to fill it, in vain.
 */
export const GAP_STATES = ["open", "filled", "unfillable", "failed"] as const;

export type GapState = (typeof GAP_STATES)[number];

/** What a class rests on. Times are unix seconds; null is "not known", never "no". */
export interface GapEvidence {
  /** When the source was asked for these candles last. */
  readonly asked_at: number | null;
  /** What came of it. */
  readonly outcome: "answered" | "beyond_reach" | "failed" | null;
  /** Candles of the window around that the answer had. */
  readonly found: number | null;
  /** Other series of the source in the same timeframe: how many, and candles expected and found. */
  readonly siblings: {
    readonly series: number;
    readonly expected: number;
    readonly found: number;
  } | null;
  /** Open times of the oldest and the newest candle that the series holds. */
  readonly first_held: number | null;
  readonly last_held: number | null;
  /** Open time of the oldest candle that the source still gives. */
  readonly reach_start: number | null;
  /** Of the error, where the source refused. */
  readonly code: ErrorCode | null;
  /** One sentence for people. */
  readonly reason: string;
}

/** A record of missing candles. Times are unix seconds. */
export interface Gap {
  readonly series: Series;
  /** Open time of the first missing candle. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Candles that are missing; with `runs` above one, fewer than lie between the bounds. */
  readonly missing: number;
  /** Stretches without a break: 1, but for `no_trades`, of which a day is one record. */
  readonly runs: number;
  readonly class: GapClass;
  readonly state: GapState;
  readonly evidence: GapEvidence;
  /** Repairs that tried to fill it. */
  readonly attempts: number;
  readonly foundAt: number;
  readonly updatedAt: number;
}

const FILLABLE_CLASSES: ReadonlySet<GapClass> = new Set(["collector_miss", "rejected", "unknown"]);

/** Whether asking the source again may fill a gap of this class. */
export function isFillable({ class: name, state }: Pick<Gap, "class" | "state">): boolean {
  return FILLABLE_CLASSES.has(name) && (state === "open" || state === "failed");
}
