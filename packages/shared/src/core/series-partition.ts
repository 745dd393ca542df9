import { isPartition, type Partition } from "./partition.ts";
import { formatSeries, parseSeries, type Series } from "./series.ts";

/** A partition of a series. */
export interface SeriesPartition {
  readonly series: Series;
  readonly partition: Partition;
}

/** `binance:BTC-USDT:1m:2026-10` */
export function formatSeriesPartition({ series, partition }: SeriesPartition): string {
  return `${formatSeries(series)}:${partition}`;
}

/** The partition that `text` names, or undefined where it names none. */
export function parseSeriesPartition(text: string): SeriesPartition | undefined {
  const end = text.lastIndexOf(":");
  const series = parseSeries(text.slice(0, end));
  const partition = text.slice(end + 1);
  return series !== undefined && isPartition(partition, series.timeframe)
    ? { series, partition }
    : undefined;
}

/** Orders partitions by source, symbol, timeframe and partition, as D1's keys do. */
export function comparePartitions(a: SeriesPartition, b: SeriesPartition): number {
  const [ofA, ofB] = [a, b].map(({ series: { source, symbol, timeframe }, partition }) => [
    source,
    symbol,
    timeframe,
    partition,
  ]);
  for (const [index, one] of (ofA ?? []).entries()) {
    const other = ofB?.[index] ?? "";
    if (one !== other) {
      return one < other ? -1 : 1;
    }
  }
  return 0;
}
