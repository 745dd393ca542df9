import {
  summarise,
  type ComparedSource,
  type Comparison,
} from "@candlehouse/shared/core/consensus";
import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { numberToken } from "./candle-json.ts";
import { outlierJson, roundedScore } from "./outlier-json.ts";

/** One symbol across its sources. */
export interface ComparedSymbol {
  readonly symbol: string;
  readonly comparison: Comparison;
  /** The timeframes that each source's candles were made of, in the order of its sources. */
  readonly from: readonly (readonly Timeframe[])[];
}

/** Deviations are doubles of which so many digits mean something. */
const DEVIATION_DIGITS = 6;
const CONSENSUS_DIGITS = 15;
const BASIS_POINTS = 10_000;

/** A symbol as a JSON object: lists by column, closes and volumes with every digit. */
export function symbolJson({ symbol, comparison, from }: ComparedSymbol): string {
  const { timestamps, consensus, sources } = comparison;
  const parts = sources.map((source, index) => sourceJson(source, from[index]));
  const agreed = consensus.map((value) => rounded(value, CONSENSUS_DIGITS));
  const name = { symbol, ...splitSymbol(symbol), reason: reasonOf(symbol, comparison) };
  return `${JSON.stringify(name).slice(0, -1)},"timestamp":${JSON.stringify(timestamps)},"consensus":${JSON.stringify(agreed)},"sources":[${parts.join(",")}]}`;
}

/** Why there is no consensus at any time; null where there is one. */
function reasonOf(symbol: string, { consensus, sources }: Comparison): string | null {
  const [only] = sources;
  if (sources.length === 1 && only !== undefined) {
    return `${only.source} alone has ${symbol} here: there is nothing to compare it with, so only what its own candles around say is told.`;
  }
  return consensus.some((value) => value !== null)
    ? null
    : `At no time of this page do two sources have a candle of ${symbol}.`;
}

function sourceJson(source: ComparedSource, from: readonly Timeframe[] = []): string {
  const deviations = source.deviations.map((value) => rounded(value, DEVIATION_DIGITS));
  const head = { source: source.source, from, summary: summaryOf(source) };
  return `${JSON.stringify(head).slice(0, -1)},"close":[${source.closes.map(tokenOf).join(",")}],"volume_from":[${source.volumes.map(tokenOf).join(",")}],"deviation":${JSON.stringify(deviations)},"deviation_bps":${JSON.stringify(source.deviations.map(inBasisPoints))},"score":${JSON.stringify(source.scores.map(scoreOf))},"deviates":${JSON.stringify(source.deviates)},"outliers":[${source.outliers.map(outlierJson).join(",")}]}`;
}

function summaryOf(source: ComparedSource) {
  const { candles, medianDeviation, maxDeviation, deviating, outliers } = summarise(source);
  return {
    candles,
    median_deviation: rounded(medianDeviation, DEVIATION_DIGITS),
    median_deviation_bps: inBasisPoints(medianDeviation),
    max_deviation: rounded(maxDeviation, DEVIATION_DIGITS),
    max_deviation_bps: inBasisPoints(maxDeviation),
    deviating,
    outliers,
  };
}

function tokenOf(value: StoredDecimal | null): string {
  return value === null ? "null" : numberToken(value);
}

function inBasisPoints(deviation: number | null): number | null {
  return deviation === null ? null : rounded(deviation * BASIS_POINTS, DEVIATION_DIGITS);
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toPrecision(digits));
}

function scoreOf(score: number | null): number | null {
  return score === null ? null : roundedScore(score);
}

/** Lines end as RFC 4180 has it. */
const CSV_LINE_END = "\r\n";

const CSV_HEADER =
  "symbol,timestamp,source,consensus,close,volume_from,deviation,deviation_bps,score,deviates,outlier";

/** `compared` as CSV with a header: a line a candle, by symbol, source and time. */
export function comparisonCsv(compared: readonly ComparedSymbol[]): string {
  const lines = compared.flatMap(({ symbol, comparison }) =>
    comparison.sources.flatMap((source) => csvLinesOf(symbol, comparison, source)),
  );
  return [CSV_HEADER, ...lines].map((line) => `${line}${CSV_LINE_END}`).join("");
}

/** Nothing is quoted: names hold no comma, quote or line end, and all else is a number or empty. */
function csvLinesOf(symbol: string, comparison: Comparison, source: ComparedSource): string[] {
  const marked = new Set(source.outliers.map(({ timestamp }) => timestamp));
  return comparison.timestamps.flatMap((timestamp, place) => {
    const close = source.closes[place] ?? null;
    const volume = source.volumes[place] ?? null;
    const deviation = source.deviations[place] ?? null;
    return close === null
      ? []
      : [
          [
            symbol,
            timestamp,
            source.source,
            rounded(comparison.consensus[place] ?? null, CONSENSUS_DIGITS),
            numberToken(close),
            volume === null ? null : numberToken(volume),
            rounded(deviation, DEVIATION_DIGITS),
            inBasisPoints(deviation),
            scoreOf(source.scores[place] ?? null),
            source.deviates[place],
            marked.has(timestamp),
          ].join(","),
        ];
  });
}
