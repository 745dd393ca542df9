import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import { isoTimeOf } from "@candlehouse/shared/http/damaged-range-error";
import { numberToken } from "../candle-json.ts";
import type { TimeFormat } from "./panel-query.ts";

/** Candles of a series in a panel; `series` is the one that was asked for, finer than they may be. */
export interface PanelSeries {
  readonly series: Series;
  /** Oldest first. */
  readonly candles: readonly ServedCandle[];
}

interface PanelRow {
  readonly name: string;
  readonly candle: ServedCandle;
}

/** What Grafana's candlestick panel maps by itself; `series` only where there are several. */
const COLUMNS = ["time", "open", "high", "low", "close", "volume"] as const;

/** The rows as a root array of flat JSON objects, by time; numbers with every digit. */
export function panelJson(list: readonly PanelSeries[], time: TimeFormat): string {
  const rows = rowsOf(list).map(({ name, candle }) => {
    const series = list.length > 1 ? `,"series":${JSON.stringify(name)}` : "";
    const { open, high, low, close, volume_from: volume } = candle;
    const shown = timeOf(candle.timestamp, time);
    return `{"time":${typeof shown === "string" ? JSON.stringify(shown) : shown},"open":${tokenOf(open)},"high":${tokenOf(high)},"low":${tokenOf(low)},"close":${tokenOf(close)},"volume":${tokenOf(volume)}${series}}`;
  });
  return `[${rows.join(",")}]`;
}

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

/** The same as CSV with a header; what is null is empty. */
export function panelCsv(list: readonly PanelSeries[], time: TimeFormat): string {
  const isSeveral = list.length > 1;
  const lines = rowsOf(list).map(({ name, candle }) => {
    const { timestamp, open, high, low, close, volume_from: volume } = candle;
    const values = [open, high, low, close, volume].map((value) =>
      value === null ? "" : numberToken(value),
    );
    return [timeOf(timestamp, time), ...values, ...(isSeveral ? [name] : [])].join(",");
  });
  const header = [...COLUMNS, ...(isSeveral ? ["series"] : [])].join(",");
  return [header, ...lines].map((line) => `${line}${CSV_LINE_END}`).join("");
}

/** By time over all series: Grafana takes a long table for a time series only where it ascends. */
function rowsOf(list: readonly PanelSeries[]): PanelRow[] {
  const rows = list.flatMap(({ series, candles }) =>
    candles.map((candle) => ({ name: formatSeries(series), candle })),
  );
  return list.length === 1
    ? rows
    : rows.toSorted((a, b) => a.candle.timestamp - b.candle.timestamp);
}

function timeOf(seconds: number, format: TimeFormat): string | number {
  switch (format) {
    case "iso": {
      return isoTimeOf(seconds);
    }
    case "ms": {
      return seconds * 1_000;
    }
    case "s": {
      return seconds;
    }
  }
}

function tokenOf(value: StoredDecimal | null): string {
  return value === null ? "null" : numberToken(value);
}
