import { partitionEnd, partitionsBetween, partitionStart, type Partition } from "./partition.ts";
import type { Series } from "./series.ts";
import { timeframeSeconds, type Timeframe } from "./timeframe.ts";

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

/**
 * Replaced files that the clean-up of a day deletes at most, where there is one database: more than
 * runs that one day can have, so that those which piled up are gone in a few days.
 */
export const DELETED_MAX = 20_000;

/** A stretch of a series that has hot candles. Unix seconds, both inclusive. */
export interface HotRange {
  readonly series: Series;
  /** Open time of the oldest hot candle of the stretch. */
  readonly oldest: number;
  /** Open time of the newest hot candle of the stretch. */
  readonly newest: number;
}

/** What is to be archived of a partition: the hot candles of a range. Unix seconds. */
export interface DuePartition {
  readonly series: Series;
  readonly partition: Partition;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive: the hot boundary, or the end of the partition where that comes first. */
  readonly until: number;
}

export interface ArchivePlanInput {
  readonly hot: readonly HotRange[];
  readonly nowSeconds: number;
  /** Whole days before today whose candles stay hot. */
  readonly hotDays: number;
  /** Whether all that has aged is due at once, however little it is. */
  readonly everything: boolean;
}

/** From here on, unix seconds, candles are hot: the start of the UTC day `hotDays` before today. */
export function hotBoundary(nowSeconds: number, hotDays: number): number {
  return (Math.floor(nowSeconds / DAY_SECONDS) - hotDays) * DAY_SECONDS;
}

/**
 * This many candles of a series stay hot however old they are: weeks and months close later than
 * the hot window is long, and collection compares what it fetches with the newest ones.
 */
const KEPT_CANDLES = 4;

/** From here on, unix seconds, candles of `timeframe` stay hot: the start of a UTC day. */
export function boundaryOf(timeframe: Timeframe, nowSeconds: number, hotDays: number): number {
  const kept = nowSeconds - KEPT_CANDLES * timeframeSeconds(timeframe);
  return Math.min(hotBoundary(nowSeconds, hotDays), hotBoundary(kept, 0));
}

/**
 * Which partitions of which series hold hot candles that have aged out of the hot window, in the
 * order of `hot`. A daily run leaves days of larger timeframes to be archived together.
 */
export function planArchive({
  hot,
  nowSeconds,
  hotDays,
  everything,
}: ArchivePlanInput): DuePartition[] {
  return hot.flatMap(({ series, oldest, newest }) => {
    const boundary = boundaryOf(series.timeframe, nowSeconds, hotDays);
    const dueUntil = everything
      ? boundary
      : boundary - (daysTogether(series.timeframe) - 1) * DAY_SECONDS;
    return partitionsBetween(oldest, Math.min(newest + 1, boundary), series.timeframe)
      .map((partition) => ({
        series,
        partition,
        from: Math.max(oldest, partitionStart(partition)),
        until: Math.min(partitionEnd(partition), boundary),
      }))
      .filter(({ from }) => from < dueUntil);
  });
}

/**
 * How many days of a timeframe age before they are archived together. Each run of a partition
 * writes four billed rows of the manifest: for a day of minutes nothing, for one daily candle
 * twice what the candle itself costs.
 */
function daysTogether(timeframe: Timeframe): number {
  const seconds = timeframeSeconds(timeframe);
  if (seconds < HOUR_SECONDS) {
    return 1;
  }
  return seconds <= 4 * HOUR_SECONDS ? 7 : 30;
}
