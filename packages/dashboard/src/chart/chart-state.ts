import { parseSeries } from "@candlehouse/shared/core/series";
import { parseTime } from "@candlehouse/shared/core/time";
import { isTimeframe } from "@candlehouse/shared/core/timeframe";
import type { ChartState, TimeRange } from "./chart-place.ts";

/** What an address says; one without a series leaves the choice to the chart. */
export type ChartAddress = Omit<ChartState, "series"> & { readonly series: string | null };

/** More candles than any screen has room for. */
const COUNT_MAX = 100_000;

/** The members of `params` that can be meant; the others are as where nothing is said. */
export function readAddress(params: URLSearchParams): ChartAddress {
  const interval = params.get("interval") ?? "";
  const compare = params.get("compare") ?? "";
  return {
    series: readSeries(params.get("series") ?? ""),
    interval: isTimeframe(interval) ? interval : null,
    range: readRange(params.get("start") ?? "", params.get("end") ?? ""),
    count: readCount(params.get("candles") ?? ""),
    indicators: [...new Set((params.get("indicators") ?? "").split(",").filter(Boolean))],
    compare: readSeries(compare),
    isLog: params.get("scale") === "log",
    showsGaps: params.get("gaps") !== "off",
    showsMarks: params.get("marks") !== "off",
  };
}

/** Inverse of `readAddress`. What is as usual is left out. */
export function writeAddress(address: ChartAddress): URLSearchParams {
  const { series, interval, range, count, indicators, compare, isLog } = address;
  const params = new URLSearchParams();
  const members: readonly (readonly [string, string | null])[] = [
    ["series", series],
    ["interval", interval],
    ["start", range === null ? null : String(range.start)],
    ["end", range === null ? null : String(range.end)],
    ["candles", count === null ? null : String(count)],
    ["indicators", indicators.length === 0 ? null : indicators.join(",")],
    ["compare", compare],
    ["scale", isLog ? "log" : null],
    ["gaps", address.showsGaps ? null : "off"],
    ["marks", address.showsMarks ? null : "off"],
  ];
  for (const [name, value] of members) {
    if (value !== null) {
      params.set(name, value);
    }
  }
  return params;
}

function readSeries(text: string): string | null {
  return parseSeries(text) === undefined ? null : text;
}

function readRange(startText: string, endText: string): TimeRange | null {
  const start = parseTime(startText);
  const end = parseTime(endText);
  return start === undefined || end === undefined || start >= end ? null : { start, end };
}

function readCount(text: string): number | null {
  const count = Number(text);
  return Number.isInteger(count) && count > 0 && count <= COUNT_MAX ? count : null;
}
