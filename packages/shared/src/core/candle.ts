import { compareStored, type StoredDecimal } from "./decimal.ts";
import { closeTimeOf, isAligned, type Timeframe } from "./timeframe.ts";

/**
 * One candle of a series.
 *
 * `timestamp` is the open time in unix seconds. Prices are in quote currency. `volume_from` is the
 * volume in base currency, `volume_to` in quote currency, `trades` a count; each is null where the
 * source does not give it.
 */
export interface Candle {
  readonly timestamp: number;
  readonly open: StoredDecimal;
  readonly high: StoredDecimal;
  readonly low: StoredDecimal;
  readonly close: StoredDecimal;
  readonly volume_from: StoredDecimal | null;
  readonly volume_to: StoredDecimal | null;
  readonly trades: number | null;
}

/**
 * A candle in a message: symbol, timeframe, timestamp (open time, unix seconds), open, high, low,
 * close, volume_from, volume_to, trades. The source stands once, in the message.
 */
export type CandleRow = readonly [symbol: string, timeframe: Timeframe, ...values: CandleValues];

/** What a row says of a candle beside whose it is, in the order of `CandleRow`. */
export type CandleValues = readonly [
  timestamp: number,
  open: StoredDecimal,
  high: StoredDecimal,
  low: StoredDecimal,
  close: StoredDecimal,
  volume_from: StoredDecimal | null,
  volume_to: StoredDecimal | null,
  trades: number | null,
];

/** The values of `candle`, in the order of a row. */
export function candleValues(candle: Candle): CandleValues {
  return [
    candle.timestamp,
    candle.open,
    candle.high,
    candle.low,
    candle.close,
    candle.volume_from,
    candle.volume_to,
    candle.trades,
  ];
}

/** How far in the future a close time may lie before the candle is refused: clocks differ. */
export const CLOCK_SKEW_SECONDS_MAX = 60;

/** Open times before 2009-01-01 UTC are no market data of ours but a unit gone wrong. */
export const TIMESTAMP_MIN = 1_230_768_000;

/**
 * What is wrong with `candle`, as a sentence that holds the offending value, or undefined where
 * nothing is. A candle with a fault is never stored.
 */
export function findCandleFault(
  candle: Candle,
  timeframe: Timeframe,
  nowSeconds: number,
): string | undefined {
  return findTimeFault(candle.timestamp, timeframe, nowSeconds) ?? findValueFault(candle);
}

function findTimeFault(
  timestamp: number,
  timeframe: Timeframe,
  nowSeconds: number,
): string | undefined {
  if (!Number.isInteger(timestamp) || timestamp < TIMESTAMP_MIN) {
    return `timestamp ${timestamp} is not a whole number of unix seconds from ${TIMESTAMP_MIN} on`;
  }
  const closeTime = closeTimeOf(timestamp, timeframe);
  if (closeTime > nowSeconds + CLOCK_SKEW_SECONDS_MAX) {
    return `timestamp ${timestamp} is in the future: its ${timeframe} candle closes at ${closeTime}, now is ${nowSeconds}`;
  }
  if (!isAligned(timestamp, timeframe)) {
    return `timestamp ${timestamp} is not an open time of ${timeframe} candles`;
  }
  return undefined;
}

function findValueFault(candle: Candle): string | undefined {
  const { open, high, low, close } = candle;
  if (!(Number(low) > 0)) {
    return `low ${low} is not above zero`;
  }
  // Each rule is put so that a NaN, which compares as nothing, breaks it.
  if (!(compareStored(high, low) >= 0)) {
    return `high ${high} is below low ${low}`;
  }
  if (!(compareStored(open, high) <= 0 && compareStored(open, low) >= 0)) {
    return `open ${open} is outside low ${low} and high ${high}`;
  }
  if (!(compareStored(close, high) <= 0 && compareStored(close, low) >= 0)) {
    return `close ${close} is outside low ${low} and high ${high}`;
  }
  return findVolumeFault(candle);
}

function findVolumeFault(candle: Candle): string | undefined {
  if (candle.volume_from !== null && !(Number(candle.volume_from) >= 0)) {
    return `volume_from ${candle.volume_from} is negative`;
  }
  if (candle.volume_to !== null && !(Number(candle.volume_to) >= 0)) {
    return `volume_to ${candle.volume_to} is negative`;
  }
  const { trades } = candle;
  if (trades !== null && !(Number.isSafeInteger(trades) && trades >= 0)) {
    return `trades ${trades} is not a count`;
  }
  return undefined;
}
