import type { CandleColumns as AnsweredColumns } from "@candlehouse/client";

/** Values of candles, oldest first, column by column; all columns have the same length. */
export interface CandleColumns {
  /** Open times, unix seconds. */
  readonly timestamp: readonly number[];
  readonly open: readonly number[];
  readonly high: readonly number[];
  readonly low: readonly number[];
  readonly close: readonly number[];
  /** In base currency; null where the source gives none. */
  readonly volume: readonly (number | null)[];
  readonly trades: readonly (number | null)[];
  /** Finer candles that a rolled-up one lacks; 0 for one that is stored as it is. */
  readonly missing: readonly number[];
  /** Whether the interval is over and the values are final. */
  readonly closed: readonly boolean[];
  /** By the name of the answer's column: `sma_20`. */
  readonly indicators: Readonly<Record<string, readonly (number | null)[]>>;
}

/** What the source tells of a candle that is not stored yet. */
export interface ToldBar {
  /** Open time, unix seconds. */
  readonly timestamp: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number | null;
}

export const NO_CANDLES: CandleColumns = {
  timestamp: [],
  open: [],
  high: [],
  low: [],
  close: [],
  volume: [],
  trades: [],
  missing: [],
  closed: [],
  indicators: {},
};

/** The members of an answer that are no columns of indicators. */
const NAMED: ReadonlySet<string> = new Set([
  "timestamp",
  "open",
  "high",
  "low",
  "close",
  "volume_from",
  "volume_to",
  "trades",
  "missing",
  "closed",
  "filled",
]);

/** An answer of GET /v1/candles. It was asked for without fill, so each candle has its prices. */
export function columnsIn(answered: AnsweredColumns): CandleColumns {
  const { timestamp, missing, closed } = answered;
  return {
    timestamp,
    open: answered.open.map(Number),
    high: answered.high.map(Number),
    low: answered.low.map(Number),
    close: answered.close.map(Number),
    volume: answered.volume_from,
    trades: answered.trades,
    missing: missing?.map((count) => count ?? 0) ?? timestamp.map(() => 0),
    closed: closed?.map((isOver) => isOver ?? true) ?? timestamp.map(() => true),
    indicators: Object.fromEntries(
      Object.keys(answered)
        .filter((name) => !NAMED.has(name))
        .map((name) => [name, answered[name] ?? []]),
    ),
  };
}

/** Those from place `from` (inclusive) to place `to` (exclusive). */
export function sliceColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  if (from <= 0 && to >= columns.timestamp.length) {
    return columns;
  }
  return {
    timestamp: columns.timestamp.slice(from, to),
    open: columns.open.slice(from, to),
    high: columns.high.slice(from, to),
    low: columns.low.slice(from, to),
    close: columns.close.slice(from, to),
    volume: columns.volume.slice(from, to),
    trades: columns.trades.slice(from, to),
    missing: columns.missing.slice(from, to),
    closed: columns.closed.slice(from, to),
    indicators: Object.fromEntries(
      Object.entries(columns.indicators).map(([name, column]) => [name, column.slice(from, to)]),
    ),
  };
}

/** `earlier` and behind it `later`. An indicator that one of them lacks is null there. */
export function joinColumns(earlier: CandleColumns, later: CandleColumns): CandleColumns {
  if (earlier.timestamp.length === 0) {
    return later;
  }
  if (later.timestamp.length === 0) {
    return earlier;
  }
  const names = new Set([...Object.keys(earlier.indicators), ...Object.keys(later.indicators)]);
  return {
    timestamp: earlier.timestamp.concat(later.timestamp),
    open: earlier.open.concat(later.open),
    high: earlier.high.concat(later.high),
    low: earlier.low.concat(later.low),
    close: earlier.close.concat(later.close),
    volume: earlier.volume.concat(later.volume),
    trades: earlier.trades.concat(later.trades),
    missing: earlier.missing.concat(later.missing),
    closed: earlier.closed.concat(later.closed),
    indicators: Object.fromEntries(
      [...names].map((name) => [name, indicatorOf(earlier, name).concat(indicatorOf(later, name))]),
    ),
  };
}

function indicatorOf({ indicators, timestamp }: CandleColumns, name: string) {
  return indicators[name] ?? timestamp.map(() => null);
}

/** Place of the first candle that opens at or after `seconds`; the length where none does. */
export function placeOf(timestamp: readonly number[], seconds: number): number {
  let low = 0;
  let high = timestamp.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((timestamp[middle] ?? Infinity) < seconds) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** `columns` with what `page` holds in place of theirs from `start` (inclusive) to `end` (exclusive). */
export function replaceRange(
  columns: CandleColumns,
  page: CandleColumns,
  start: number,
  end: number,
): CandleColumns {
  const before = sliceColumns(columns, 0, placeOf(columns.timestamp, start));
  const after = sliceColumns(columns, placeOf(columns.timestamp, end), columns.timestamp.length);
  return joinColumns(joinColumns(before, page), after);
}

/**
 * `columns` with the bars of `told` that open after the last closed candle; they replace an open
 * one. None of them is stored, so none counts as closed.
 */
export function addTold(columns: CandleColumns, told: readonly ToldBar[]): CandleColumns {
  const closedUntil = columns.timestamp[columns.closed.lastIndexOf(true)];
  const [first, ...more] = told.filter(
    ({ timestamp }) => closedUntil !== undefined && timestamp > closedUntil,
  );
  if (first === undefined) {
    return columns;
  }
  const bars = [first, ...more];
  return replaceRange(
    columns,
    {
      timestamp: bars.map(({ timestamp }) => timestamp),
      open: bars.map(({ open }) => open),
      high: bars.map(({ high }) => high),
      low: bars.map(({ low }) => low),
      close: bars.map(({ close }) => close),
      volume: bars.map(({ volume }) => volume),
      trades: bars.map(() => null),
      missing: bars.map(() => 0),
      closed: bars.map(() => false),
      indicators: {},
    },
    first.timestamp,
    Infinity,
  );
}
