import type { StoredDecimal } from "./decimal.ts";
import { MAD_TO_SIGMA, medianOfNeighbours } from "./robust.ts";
import type { ServedCandle } from "./served-candle.ts";

/** What is looked at: four prices, and how far high and low reach beyond open and close. */
export const OUTLIER_FIELDS = ["open", "high", "low", "close", "upper_wick", "lower_wick"] as const;
export type OutlierField = (typeof OUTLIER_FIELDS)[number];

/** Score from which on a value is marked, where the caller does not say. */
export const OUTLIER_THRESHOLD_DEFAULT = 15;

/** Candles before, and as many after, whose median says what is expected. */
const NEAR_CANDLES = 3;
/** Candles before, and as many after, that say how much values scatter around what is expected. */
const WIDE_CANDLES = 24;

/** Candles before, and as many after, that the marks of a candle depend on. */
export const OUTLIER_CONTEXT_CANDLES = NEAR_CANDLES + WIDE_CANDLES;

/** A thousandth: where a market hardly moves, less than that is not called scatter. */
const SCALE_FLOOR = 0.001;

/** A value that is far from what its neighbours say: a mark of the reader's, nothing is changed. */
export interface Outlier {
  /** Of the candle, unix seconds. */
  readonly timestamp: number;
  readonly field: OutlierField;
  /** The price as it is held; of a wick, its length as a share of the open or close it begins at. */
  readonly value: StoredDecimal;
  /** What the neighbours say, in the same unit. */
  readonly expected: number;
  /** How many times the usual scatter the value lies above (negative: below) what is expected. */
  readonly score: number;
}

/** A candle that has prices, and did not get them by being filled. */
type PricedCandle = ServedCandle &
  Readonly<Record<"open" | "high" | "low" | "close", StoredDecimal>>;

/**
 * The values in `candles` (of one series, ascending) whose score is `threshold` or more, by candle.
 * What is expected of a value is the median of three before and three after it. How far the value
 * lies from that, in logarithms, is measured by how far the values of 24 candles before and 24
 * after usually lie from what is expected of them. Marks of the first and the last
 * OUTLIER_CONTEXT_CANDLES depend on where `candles` begin and end. Filled candles do not count.
 */
export function findOutliers(
  candles: readonly ServedCandle[],
  threshold = OUTLIER_THRESHOLD_DEFAULT,
): Outlier[] {
  const priced = candles.filter(isPriced);
  const closes = measureField(priced, "close");
  const found = OUTLIER_FIELDS.flatMap((field) => {
    const { logs, expected, scales } = field === "close" ? closes : measureField(priced, field);
    return priced.flatMap((candle, index): Outlier[] => {
      const expectedLog = expected[index] ?? Number.NaN;
      // Where candles have no wicks the market scatters all the same: its closes count too.
      const scale = Math.max(scales[index] ?? 0, closes.scales[index] ?? 0, SCALE_FLOOR);
      const score = ((logs[index] ?? Number.NaN) - expectedLog) / scale;
      return Math.abs(score) >= threshold
        ? [{ timestamp: candle.timestamp, field, ...shownBy(field, candle, expectedLog), score }]
        : [];
    });
  });
  return found.toSorted((a, b) => a.timestamp - b.timestamp);
}

function isPriced(candle: ServedCandle): candle is PricedCandle {
  const { open, high, low, close, filled } = candle;
  return filled !== true && ![open, high, low, close].includes(null);
}

/** One field of all candles, in logarithms. */
interface FieldMeasures {
  readonly logs: Float64Array;
  /** By their neighbours; NaN where there are none. */
  readonly expected: Float64Array;
  readonly scales: Float64Array;
}

function measureField(candles: readonly PricedCandle[], field: OutlierField): FieldMeasures {
  const logs = Float64Array.from(candles, (candle) => LOGS[field](candle));
  const expected = medianOfNeighbours(logs, NEAR_CANDLES);
  const distances = logs.map((log, index) => Math.abs(log - (expected[index] ?? Number.NaN)));
  const usual = medianOfNeighbours(distances, WIDE_CANDLES);
  return { logs, expected, scales: usual.map((distance) => MAD_TO_SIGMA * distance) };
}

const LOGS: Readonly<Record<OutlierField, (candle: PricedCandle) => number>> = {
  open: ({ open }) => Math.log(Number(open)),
  high: ({ high }) => Math.log(Number(high)),
  low: ({ low }) => Math.log(Number(low)),
  close: ({ close }) => Math.log(Number(close)),
  upper_wick: ({ open, high, close }) =>
    Math.log(Number(high) / Math.max(Number(open), Number(close))),
  lower_wick: ({ open, low, close }) =>
    Math.log(Math.min(Number(open), Number(close)) / Number(low)),
};

/** The value of `field` and what was expected of it, as a price or as a share. */
function shownBy(field: OutlierField, candle: PricedCandle, expectedLog: number) {
  if (field === "upper_wick") {
    return { value: Math.expm1(LOGS[field](candle)), expected: Math.expm1(expectedLog) };
  }
  if (field === "lower_wick") {
    return { value: -Math.expm1(-LOGS[field](candle)), expected: -Math.expm1(-expectedLog) };
  }
  return { value: candle[field], expected: Math.exp(expectedLog) };
}
