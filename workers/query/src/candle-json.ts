import type { Candle } from "@candlehouse/shared/core/candle";
import { decimalOf, isStoredDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { showValue } from "@candlehouse/shared/core/errors";
import type { CandlePage, CandleQuery } from "@candlehouse/shared/core/query-plan";

/**
 * The digits of `stored`, every one of them, as JSON and CSV write a number. `JSON.stringify` would
 * put a decimal that no double holds in quotes. Throws where the database holds no decimal.
 */
export function numberToken(stored: StoredDecimal): string {
  // Nearly every value is a number: asked first, so that 10,000 candles are written in 10 ms.
  const isDecimal = typeof stored === "number" ? Number.isFinite(stored) : isStoredDecimal(stored);
  if (!isDecimal) {
    throw new TypeError(`stored value ${showValue(stored)} is no decimal`);
  }
  return decimalOf(stored);
}

function nullableToken(stored: StoredDecimal | null): string {
  return stored === null ? "null" : numberToken(stored);
}

/** One candle as a JSON object. */
export function candleJson(candle: Candle): string {
  return `{"timestamp":${candle.timestamp},"open":${numberToken(candle.open)},"high":${numberToken(candle.high)},"low":${numberToken(candle.low)},"close":${numberToken(candle.close)},"volume_from":${nullableToken(candle.volume_from)},"volume_to":${nullableToken(candle.volume_to)},"trades":${candle.trades}}`;
}

/** `candles` as a JSON array, in their order. */
export function candlesJson(candles: readonly Candle[]): string {
  let json = "";
  for (const candle of candles) {
    json += json === "" ? candleJson(candle) : `,${candleJson(candle)}`;
  }
  return `[${json}]`;
}

/** What a page says beside its candles. */
export interface PageEnd {
  /** Leads to the next page; null on the last one. */
  readonly cursor: string | null;
  /** Whether the answer can never change. */
  readonly complete: boolean;
}

/** A page of candles as JSON: of one shape for one series, of another for several. */
export function jsonPage(
  { series, start, end, limit }: CandleQuery,
  pages: readonly CandlePage[],
  { cursor, complete }: PageEnd,
): string {
  const meta = {
    start: start ?? null,
    end: end ?? null,
    limit,
    count: pages.reduce((sum, { candles }) => sum + candles.length, 0),
    complete,
  };
  const next = JSON.stringify(cursor);
  const parts = series.map((_, index) => candlesJson(pages[index]?.candles ?? []));
  if (series.length === 1) {
    return `{"candles":${parts.join("")},"next_cursor":${next},"meta":${JSON.stringify({ ...series[0], ...meta })}}`;
  }
  const several = series.map(
    (one, index) => `${JSON.stringify(one).slice(0, -1)},"candles":${parts[index]}}`,
  );
  return `{"series":[${several.join(",")}],"next_cursor":${next},"meta":${JSON.stringify(meta)}}`;
}
