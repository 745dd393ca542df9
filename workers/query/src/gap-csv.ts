import { isFillable } from "@candlehouse/shared/core/gap";
import { reachStartOf } from "@candlehouse/shared/core/source-traits";
import { countCandles, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import type { ListedGap } from "@candlehouse/shared/d1/list-gaps";
import { isoTimeOf } from "@candlehouse/shared/http/damaged-range-error";
import { formatSeries } from "@candlehouse/shared/core/series";

/** Lines end as RFC 4180 has it. */
const LINE_END = "\r\n";

const COLUMNS = [
  "asset_ticker",
  "tier",
  "interval_minutes",
  "gap_start",
  "gap_end",
  "missing_candles",
  "candles_from_today",
  "overflow_candles",
  "source",
  "symbol",
  "timeframe",
  "class",
  "state",
  "reason",
];

/**
 * `gaps` as CSV with a header. `candles_from_today` is how many candles lie from a gap's start to
 * now; of these, `overflow_candles` are older than the source still gives.
 */
export function gapsCsv(gaps: readonly ListedGap[], nowSeconds: number): string {
  const lines = [COLUMNS.join(","), ...gaps.map((gap) => lineOf(gap, nowSeconds))];
  return lines.map((line) => `${line}${LINE_END}`).join("");
}

function lineOf(gap: ListedGap, nowSeconds: number): string {
  const { source, symbol, timeframe } = gap.series;
  const reachStart = reachStartOf(source, timeframe, nowSeconds) ?? gap.start;
  const [asset = ""] = symbol.split("-");
  return [
    asset,
    gap.tier ?? "",
    timeframeSeconds(timeframe) / 60,
    isoTimeOf(gap.start),
    isoTimeOf(gap.end),
    gap.missing,
    countCandles(gap.start, nowSeconds, timeframe),
    countCandles(gap.start, reachStart, timeframe),
    source,
    symbol,
    timeframe,
    gap.class,
    gap.state,
    `"${gap.evidence.reason.replaceAll('"', '""')}"`,
  ].join(",");
}

/** `gap` as JSON answers show it. */
export function describeGap(gap: ListedGap) {
  const { series, tier, start, end, missing, runs, state, evidence, attempts } = gap;
  return {
    series: formatSeries(series),
    ...series,
    tier,
    start,
    end,
    missing,
    runs,
    class: gap.class,
    state,
    fillable: isFillable(gap),
    evidence,
    attempts,
    found_at: gap.foundAt,
    updated_at: gap.updatedAt,
  };
}
