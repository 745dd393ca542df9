import type { Indicator } from "@candlehouse/shared/core/indicator";
import type {
  FillMode,
  RevisionMode,
  ServedCandle,
  ServedSeries,
} from "@candlehouse/shared/core/served-candle";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";

/** Candles of one market that are asked for. */
export interface SeriesWanted {
  readonly source: SourceId;
  readonly symbol: string;
  /** Of the candles in the answer. */
  readonly timeframe: Timeframe;
  /**
   * The finest stored timeframe that they may be made of; undefined where any will do. Equal to
   * `timeframe`, only what is stored in it is meant, and nothing is rolled up.
   */
  readonly finest: Timeframe | undefined;
}

/** Which candles are asked for, and what is to be made of them. Times are unix seconds. */
export interface ServeQuery {
  /** 1 to QUERY_SERIES_MAX, none twice; the answer has them in this order. */
  readonly wanted: readonly SeriesWanted[];
  /** First open time, inclusive. Without it and without positions, the newest candles are meant. */
  readonly start: number | undefined;
  /** Exclusive: bounds open times, so the last candle may reach beyond. */
  readonly end: number | undefined;
  /** Most candles of one series in a page, filled ones among them. */
  readonly limit: number;
  /** Where each series goes on, inclusive, if an earlier page was answered. */
  readonly positions: readonly number[] | undefined;
  readonly fill: FillMode;
  readonly indicators: readonly Indicator[];
  readonly revisions: RevisionMode;
  /** What was known then: closed candles only, and revisions that had been seen by then. */
  readonly asOf: number | undefined;
  /** Whether a last candle whose interval is not over is answered, and marked, or left out. */
  readonly incomplete: "mark" | "drop";
}

/** What an answer cost, for Server-Timing. Milliseconds are wall time but for `d1Ms`. */
export interface ServeCost {
  /** Milliseconds that D1 says it worked. */
  readonly d1Ms: number;
  readonly rowsRead: number;
  readonly d1Queries: number;
  /** Row groups and footers read from R2. */
  readonly r2Reads: number;
  readonly r2Ms: number;
}

export interface ServedPage extends ServedSeries {
  /** Oldest first. */
  readonly candles: readonly ServedCandle[];
  /** Whether the range holds later candles than these. */
  readonly more: boolean;
}

export interface ServedPages {
  /** One for each of `wanted`, in their order. */
  readonly pages: readonly ServedPage[];
  /** Where each series goes on, inclusive; undefined where no page follows. */
  readonly positions: readonly number[] | undefined;
  /** Names of the indicators' columns, in the order of `ServedCandle.indicators`. */
  readonly columns: readonly string[];
  /**
   * Whether the answer can never change: its range is over, complete, and of first values, all of
   * them stored in its own timeframe.
   */
  readonly settled: boolean;
  /**
   * Whether the same is so of an answer that is rolled up: it is right, and changes only if a coarser
   * timeframe is stored for the same time later. Never with `settled`.
   */
  readonly steady: boolean;
  readonly cost: ServeCost;
}

/** Candles of a series, oldest first, as they come from one read of the archive or the database. */
export interface ServedPart extends ServedSeries {
  readonly candles: readonly ServedCandle[];
}

/** The whole of a range, however long, piece by piece: one series after the other. */
export interface ServedRange {
  readonly served: readonly ServedSeries[];
  readonly columns: readonly string[];
  readonly parts: AsyncGenerator<ServedPart, void>;
}

/** A plain query: stored or rolled-up candles as they were stored first, nothing filled. */
export const PLAIN = {
  start: undefined,
  end: undefined,
  positions: undefined,
  fill: "none",
  indicators: [],
  revisions: "first",
  asOf: undefined,
  incomplete: "mark",
} as const satisfies Partial<ServeQuery>;
