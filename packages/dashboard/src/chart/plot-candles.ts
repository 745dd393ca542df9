import type { CandlestickData, HistogramData, WhitespaceData } from "lightweight-charts";
import type { CandleColumns } from "./candle-columns.ts";
import { withAlpha, type ChartColors } from "./chart-colors.ts";
import { timestampOf } from "./keep-view.ts";

type CandlePoint = CandlestickData;
type VolumePoint = HistogramData | WhitespaceData;

const VOLUME_ALPHA = 0.4;

/** Candles as the chart takes them. One that is still open is hollow. */
export function candlePoints(
  columns: CandleColumns,
  from: number,
  to: number,
  { surface }: ChartColors,
): CandlePoint[] {
  const points: CandlePoint[] = [];
  for (let index = from; index < to; index += 1) {
    const point = {
      time: timestampOf(columns.timestamp[index] ?? 0),
      open: columns.open[index] ?? 0,
      high: columns.high[index] ?? 0,
      low: columns.low[index] ?? 0,
      close: columns.close[index] ?? 0,
    };
    points.push(columns.closed[index] === false ? { ...point, color: surface } : point);
  }
  return points;
}

/** Their volumes; where none is given there is nothing. */
export function volumePoints(
  columns: CandleColumns,
  from: number,
  to: number,
  { up, down }: ChartColors,
): VolumePoint[] {
  const colors = { up: withAlpha(up, VOLUME_ALPHA), down: withAlpha(down, VOLUME_ALPHA) };
  const points: VolumePoint[] = [];
  for (let index = from; index < to; index += 1) {
    const time = timestampOf(columns.timestamp[index] ?? 0);
    const value = columns.volume[index] ?? null;
    const isUp = (columns.close[index] ?? 0) >= (columns.open[index] ?? 0);
    points.push(value === null ? { time } : { time, value, color: isUp ? colors.up : colors.down });
  }
  return points;
}
