import type { TimeRange } from "@candlehouse/shared/core/cold-plan";
import { fillBetween, unfilled } from "@candlehouse/shared/core/fill";
import type { Indicator } from "@candlehouse/shared/core/indicator";
import { END_OF_TIME } from "@candlehouse/shared/core/query-plan";
import type { FillMode, ServedCandle } from "@candlehouse/shared/core/served-candle";
import { startIndicators } from "./compute-indicators.ts";
import type { SeriesPlan } from "./serve-plan.ts";

/** What is made of the candles of a series. */
export interface RowsWanted {
  readonly fill: FillMode;
  readonly indicators: readonly Indicator[];
}

/** Makes rows of candles that are given one after the other, oldest first. */
export interface RowMaker {
  /** Takes candles before the range. */
  warmUp(candles: readonly ServedCandle[]): void;
  /** The rows that `candles` of the range make, piece by piece. */
  add(candles: readonly ServedCandle[]): Generator<readonly ServedCandle[], void>;
  /** Whether the candle after the range is needed, for what is missing at the end of the range. */
  readonly needsNext: boolean;
  /** The rows between the last candle of the range and `next`, the one after the range. */
  end(next: ServedCandle): Generator<readonly ServedCandle[], void>;
}

/** Most filled rows that are handed on at once. */
const FILLED_ROWS_MAX = 5_000;

/** Starts to make the rows of `range`. */
export function startRows(
  { series: { timeframe }, bases }: SeriesPlan,
  { fill, indicators }: RowsWanted,
  range: TimeRange,
): RowMaker {
  const columns = indicators.reduce((sum, one) => sum + one.columns.length, 0);
  const valuesOf = columns === 0 ? undefined : startIndicators(indicators, timeframe);
  const [{ timeframe: from }] = bases;
  const filling = fill === "none" ? undefined : { mode: fill, timeframe, from, columns };
  let last: ServedCandle | undefined;

  function rowOf(candle: ServedCandle): ServedCandle {
    const row = valuesOf === undefined ? candle : { ...candle, indicators: valuesOf(candle) };
    return filling === undefined ? row : unfilled(row);
  }

  function* between(next: ServedCandle): Generator<ServedCandle, void> {
    if (filling !== undefined && last !== undefined) {
      yield* fillBetween(filling, last, next, range);
    }
    last = next;
  }

  function* rowsOf(candles: readonly ServedCandle[]): Generator<ServedCandle, void> {
    for (const candle of candles) {
      yield* between(candle);
      yield rowOf(candle);
    }
  }

  return {
    warmUp(candles) {
      candles.forEach((candle) => valuesOf?.(candle));
      last = candles.at(-1);
    },
    add: (candles) =>
      filling === undefined ? once(candles.map(rowOf)) : inPieces(rowsOf(candles)),
    get needsNext() {
      return filling !== undefined && last !== undefined && range.to < END_OF_TIME;
    },
    end: (next) => inPieces(between(next)),
  };
}

function* once(rows: readonly ServedCandle[]): Generator<readonly ServedCandle[], void> {
  yield rows;
}

function* inPieces(rows: Generator<ServedCandle, void>): Generator<readonly ServedCandle[], void> {
  let piece: ServedCandle[] = [];
  for (const row of rows) {
    piece.push(row);
    if (piece.length >= FILLED_ROWS_MAX) {
      yield piece;
      piece = [];
    }
  }
  if (piece.length > 0) {
    yield piece;
  }
}
