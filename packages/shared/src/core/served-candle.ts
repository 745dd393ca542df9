import type { StoredDecimal } from "./decimal.ts";
import type { Series } from "./series.ts";
import type { Timeframe } from "./timeframe.ts";

/**
 * A candle as it is served: as it is stored, or made of stored ones on request. Its values are null
 * only where the source gave none, or where `fill=null` filled its place.
 */
export interface ServedCandle {
  /** Open time, unix seconds. */
  readonly timestamp: number;
  readonly open: StoredDecimal | null;
  readonly high: StoredDecimal | null;
  readonly low: StoredDecimal | null;
  readonly close: StoredDecimal | null;
  /** Volume in base currency. */
  readonly volume_from: StoredDecimal | null;
  /** Volume in quote currency. */
  readonly volume_to: StoredDecimal | null;
  readonly trades: number | null;
  /** Of a candle that was rolled up: how many finer candles of its interval are not held. */
  readonly missing?: number;
  /** Of a candle that was rolled up: the stored timeframe that it was made of. */
  readonly from?: Timeframe;
  /** Of a candle that was rolled up, or served from a source: whether its interval is over. */
  readonly closed?: boolean;
  /** Where missing candles were to be filled: whether this one stands in the place of one. */
  readonly filled?: boolean;
  /** Values of the indicators, in the order of their columns; null where one is not known yet. */
  readonly indicators?: readonly (number | null)[];
}

/** What was answered for a series that was asked for. */
export interface ServedSeries {
  /** Of the answer: its timeframe is the one that was asked for. */
  readonly series: Series;
  /**
   * The stored timeframes that the candles were made of, the coarsest first; of a page those of its
   * candles, of a stream those that they may be made of. That of `series` where none was rolled up.
   */
  readonly from: readonly [Timeframe, ...Timeframe[]];
}

/** What stands in the place of a candle that is missing. Semantics: docs/candle-semantics.md. */
export const FILL_MODES = ["none", "null", "prev", "zero", "linear"] as const;
export type FillMode = (typeof FILL_MODES)[number];

/** Which values of a candle are meant that a source changed later. */
export const REVISION_MODES = ["first", "latest"] as const;
export type RevisionMode = (typeof REVISION_MODES)[number];
