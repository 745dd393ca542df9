import { decimalOf, isStoredDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { showValue } from "@candlehouse/shared/core/errors";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import {
  answerColumns,
  extraColumnList,
  type AnswerColumn,
  type ExtraColumns,
} from "./answer-columns.ts";
import { runsOf, TEXT_CANDLES } from "./piece-format.ts";
import type { ServedPage } from "./serve/serve-query.ts";

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

/** One candle as a JSON object, with what it has of the columns of `extra`. */
export function candleJson(candle: ServedCandle, extra: readonly AnswerColumn[] = []): string {
  const { timestamp, open, high, low, close, volume_from, volume_to, trades } = candle;
  let json = `{"timestamp":${timestamp},"open":${nullableToken(open)},"high":${nullableToken(high)},"low":${nullableToken(low)},"close":${nullableToken(close)},"volume_from":${nullableToken(volume_from)},"volume_to":${nullableToken(volume_to)},"trades":${trades}`;
  for (const column of extra) {
    json += `,"${column.name}":${valueToken(column, candle)}`;
  }
  return `${json}}`;
}

/** `candles` as a JSON array, in their order. */
export function candlesJson(
  candles: readonly ServedCandle[],
  extra: readonly AnswerColumn[] = [],
): string {
  let json = "";
  for (const candle of candles) {
    json += json === "" ? candleJson(candle, extra) : `,${candleJson(candle, extra)}`;
  }
  return `[${json}]`;
}

/** The value of `candle` in `column`, as JSON writes it. */
export function valueToken(column: AnswerColumn, candle: ServedCandle): string {
  return column.kind === "price" || column.kind === "volume"
    ? nullableToken(column.of(candle))
    : JSON.stringify(column.of(candle));
}

/** `candles` as a JSON object that has an array a column, column by column. */
function* columnsJson(
  candles: readonly ServedCandle[],
  columns: readonly AnswerColumn[],
): Generator<string, void> {
  for (const [index, column] of columns.entries()) {
    const values = candles.map((candle) => valueToken(column, candle)).join(",");
    yield `${index === 0 ? "{" : ","}"${column.name}":[${values}]`;
  }
  yield "}";
}

/** What `candlesJson` says, run by run. */
function* rowsJson(
  candles: readonly ServedCandle[],
  extra: readonly AnswerColumn[],
): Generator<string, void> {
  let before = "[";
  for (const run of runsOf(candles, TEXT_CANDLES)) {
    yield before + candlesJson(run, extra).slice(1, -1);
    before = ",";
  }
  yield before === "[" ? "[]" : "]";
}

/** What a page of JSON says beside its candles, and how. */
export interface JsonPage {
  readonly shape: "rows" | "columns";
  readonly extra: ExtraColumns;
  /** Leads to the next page; null on the last one. */
  readonly cursor: string | null;
  /** What was asked and whether the answer can change, without what is said of each series. */
  readonly meta: object;
  /** Whether the series say which stored timeframe they were made of. */
  readonly showsFrom: boolean;
}

/**
 * A page of candles as JSON: of one form for one series, of another for several. It comes in pieces:
 * text of all would be in memory more than once.
 */
export function* jsonPage(pages: readonly ServedPage[], page: JsonPage): Generator<string, void> {
  const { shape, extra, cursor, meta, showsFrom } = page;
  const extras = extraColumnList(extra);
  const columns = answerColumns(extra);
  function* bodyOf({ candles }: ServedPage): Generator<string, void> {
    yield `"${shape === "rows" ? "candles" : "columns"}":`;
    yield* shape === "rows" ? rowsJson(candles, extras) : columnsJson(candles, columns);
  }
  const nameOf = ({ series, from }: ServedPage) => {
    const { source, symbol, timeframe } = series;
    return { source, symbol, timeframe, ...(showsFrom ? { from } : {}) };
  };
  const next = JSON.stringify(cursor);
  const [only, ...others] = pages;
  if (only !== undefined && others.length === 0) {
    yield "{";
    yield* bodyOf(only);
    yield `,"next_cursor":${next},"meta":${JSON.stringify({ ...nameOf(only), ...meta })}}`;
    return;
  }
  yield `{"series":[`;
  for (const [index, one] of pages.entries()) {
    yield `${index === 0 ? "" : ","}${JSON.stringify(nameOf(one)).slice(0, -1)},`;
    yield* bodyOf(one);
    yield "}";
  }
  yield `],"next_cursor":${next},"meta":${JSON.stringify(meta)}}`;
}
