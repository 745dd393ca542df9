import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import { vwapStart, type Indicator } from "@candlehouse/shared/core/indicator";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { ATR, BollingerBands, EMA, MACD, RSI, SMA, VWAP } from "trading-signals";

type Values = readonly (number | null)[];

/** Takes candles one after the other, oldest first, and gives the values of each. */
type Computation = (candle: ServedCandle) => Values;

/**
 * The values of `indicators` for candles that are given one after the other, oldest first, the
 * warm-up before those of the answer: one value a column, null where it is not known. It is as if
 * the first candle given were the first one of the series.
 */
export function startIndicators(
  indicators: readonly Indicator[],
  timeframe: Timeframe,
): Computation {
  const computations = indicators.map((indicator) => computationOf(indicator, timeframe));
  return (candle) => computations.flatMap((compute) => compute(candle));
}

function computationOf({ kind, parameters }: Indicator, timeframe: Timeframe): Computation {
  const [first = 1, second = 1, third = 1] = parameters;
  switch (kind) {
    case "sma":
      return ofCloses(() => new SMA(first));
    case "ema":
      return ofCloses(() => new EMA(first));
    case "rsi":
      return relativeStrength(first);
    case "macd":
      return convergence(first, second, third);
    case "bollinger":
      return bands(first, second);
    case "atr":
      return trueRange(first);
    case "vwap":
      return volumeWeighted(timeframe);
    case "volume_sma":
      return volumeAverage(first);
  }
}

/** What the library has that takes one number after the other. */
interface NumberSeries {
  add(value: number): unknown;
  getResult(): number | null;
  readonly isStable: boolean;
}

function ofCloses(start: () => NumberSeries): Computation {
  const series = start();
  return ({ close }) => {
    series.add(numberOf(close));
    return [series.isStable ? series.getResult() : null];
  };
}

/**
 * A close that is the one before makes both averages smaller by the same part, which leaves what
 * they are to each other as it was: so nothing is reckoned, and no long quiet time can make them
 * too small to be numbers.
 */
function relativeStrength(window: number): Computation {
  const series = new RSI(window);
  let before: number | undefined;
  return ({ close }) => {
    const price = numberOf(close);
    if (!series.isStable || price !== before) {
      series.add(price);
    }
    before = price;
    return [series.isStable ? series.getResult() : null];
  };
}

function convergence(fast: number, slow: number, signal: number): Computation {
  const average = new EMA(signal);
  const series = new MACD(new EMA(fast), new EMA(slow), average);
  return ({ close }) => {
    series.add(numberOf(close));
    const result = series.isStable ? series.getResult() : null;
    // The library gives a signal from the first value on: here it waits until its window is full.
    return result === null || !average.isStable
      ? [result?.macd ?? null, null, null]
      : [result.macd, result.signal, result.histogram];
  };
}

function bands(window: number, deviations: number): Computation {
  const series = new BollingerBands(window, deviations);
  return ({ close }) => {
    series.add(numberOf(close));
    const result = series.getResult();
    return result === null ? [null, null, null] : [result.lower, result.middle, result.upper];
  };
}

function trueRange(window: number): Computation {
  const series = new ATR(window);
  return ({ high, low, close }) => {
    series.add({ high: numberOf(high), low: numberOf(low), close: numberOf(close) });
    return [series.isStable ? series.getResult() : null];
  };
}

/** Begins anew each day, or each month where candles are days or longer. */
function volumeWeighted(timeframe: Timeframe): Computation {
  let since: number | undefined;
  let series = new VWAP();
  let isKnown = true;
  return ({ timestamp, high, low, close, volume_from }) => {
    const start = vwapStart(timestamp, timeframe);
    if (start !== since) {
      [since, series, isKnown] = [start, new VWAP(), true];
    }
    if (volume_from === null) {
      // What was traded since then is not known any more.
      isKnown = false;
    }
    if (!isKnown) {
      return [null];
    }
    series.add({
      high: numberOf(high),
      low: numberOf(low),
      close: numberOf(close),
      volume: numberOf(volume_from),
    });
    return [series.isStable ? series.getResult() : null];
  };
}

/** A volume that is not known makes all windows unknown that it is in. */
function volumeAverage(window: number): Computation {
  let series = new SMA(window);
  return ({ volume_from }) => {
    if (volume_from === null) {
      series = new SMA(window);
      return [null];
    }
    series.add(numberOf(volume_from));
    return [series.isStable ? series.getResult() : null];
  };
}

/** Throws where a candle that is not filled in has no price: the database holds none such. */
function numberOf(value: StoredDecimal | null): number {
  if (value === null) {
    throw new TypeError("a candle has no price");
  }
  return Number(value);
}
