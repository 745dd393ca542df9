import { timeframeSeconds, type Timeframe } from "./timeframe.ts";

/**
 * A stretch of a series that one Parquet file holds: a month, `2026-10`, for small timeframes, a
 * year, `2026`, for larger ones. UTC.
 */
export type Partition = string;

/** From this timeframe on, in seconds, a file holds a year: 35,040 candles of 15 minutes. */
const YEARLY_FROM_SECONDS = 900;

const MONTHLY = /^\d{4}-(0[1-9]|1[0-2])$/;
const YEARLY = /^\d{4}$/;

/** Whether partitions of `timeframe` are years, not months. */
export function isYearly(timeframe: Timeframe): boolean {
  return timeframeSeconds(timeframe) >= YEARLY_FROM_SECONDS;
}

/** The partition that holds the candle which opens at `timestamp`, unix seconds. */
export function partitionOf(timestamp: number, timeframe: Timeframe): Partition {
  return new Date(timestamp * 1_000).toISOString().slice(0, isYearly(timeframe) ? 4 : 7);
}

/** Whether `text` names a partition of `timeframe`. */
export function isPartition(text: string, timeframe: Timeframe): boolean {
  return (isYearly(timeframe) ? YEARLY : MONTHLY).test(text);
}

/** First second of `partition`, inclusive; unix seconds. */
export function partitionStart(partition: Partition): number {
  const [year, month = "01"] = partition.split("-");
  return Date.UTC(Number(year), Number(month) - 1, 1) / 1_000;
}

/** End of `partition`, exclusive; unix seconds. */
export function partitionEnd(partition: Partition): number {
  const [year, month] = partition.split("-");
  return month === undefined
    ? Date.UTC(Number(year) + 1, 0, 1) / 1_000
    : Date.UTC(Number(year), Number(month), 1) / 1_000;
}

/** The partitions of `timeframe` that hold `start` (inclusive) to `end` (exclusive), in order. */
export function partitionsBetween(start: number, end: number, timeframe: Timeframe): Partition[] {
  const partitions: Partition[] = [];
  for (let from = start; from < end;) {
    const partition = partitionOf(from, timeframe);
    partitions.push(partition);
    from = partitionEnd(partition);
  }
  return partitions;
}
