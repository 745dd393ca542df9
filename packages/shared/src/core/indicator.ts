import { InvalidInputError } from "./errors.ts";
import { openTimeOf, timeframeSeconds, type Timeframe } from "./timeframe.ts";

/** The indicators that can be asked for, by the names that they have in requests. */
export const INDICATOR_KINDS = [
  "sma",
  "ema",
  "rsi",
  "macd",
  "bollinger",
  "atr",
  "vwap",
  "volume_sma",
] as const;
export type IndicatorKind = (typeof INDICATOR_KINDS)[number];

/** An indicator that is asked for, such as `sma:20`, `macd:12:26:9` or `bollinger:20:2`. */
export interface Indicator {
  readonly kind: IndicatorKind;
  /** All of its parameters, those that were not given too. */
  readonly parameters: readonly number[];
  /** Names of its columns: `sma_20`; `macd_12_26_9`, `macd_12_26_9_signal`, … */
  readonly columns: readonly string[];
  /** Candles before the first answered one that its value needs, in the answer's timeframe. */
  readonly warmUp: (timeframe: Timeframe) => number;
  /**
   * How many closes of the warm-up must differ from the one before, or more candles are needed: a
   * quiet time makes nothing older weigh less.
   */
  readonly warmUpChanges: number;
}

/** Most indicators in one request. */
export const INDICATORS_MAX = 10;

/** Most candles in a window of an indicator. */
export const WINDOW_CANDLES_MAX = 500;

/**
 * Most candles in the windows of all indicators of one request together: those of `sma`, `bollinger`
 * and `volume_sma` are summed anew for each candle.
 */
export const WINDOWS_CANDLES_MAX = 1_000;

/** Widest bands, in standard deviations. */
const DEVIATIONS_MAX = 10;

/** What is older than the warm-up of an indicator without a window weighs less than this. */
const WEIGHT_LEFT = 1e-12;

/** What of an indicator may be given, and what it is where it is not. */
interface Kind {
  /** The parameters where none is given. */
  readonly byDefault: readonly number[];
  /** Least value of the first parameter. */
  readonly least: number;
  /** How it is written, and what is allowed there. */
  readonly allowed: string;
  /** What its columns' names end in, after the indicator's own name. */
  readonly endings: readonly string[];
  readonly warmUp: (parameters: readonly number[], timeframe: Timeframe) => number;
  readonly warmUpChanges?: (parameters: readonly number[]) => number;
}

const WINDOW = `N from 1 to ${WINDOW_CANDLES_MAX}`;

const KINDS: Readonly<Record<IndicatorKind, Kind>> = {
  sma: {
    byDefault: [20],
    least: 1,
    allowed: `sma:N, ${WINDOW}`,
    endings: [""],
    warmUp: ([window = 1]) => window - 1,
  },
  ema: {
    byDefault: [20],
    least: 1,
    allowed: `ema:N, ${WINDOW}`,
    endings: [""],
    warmUp: ([window = 1]) => window + exponentialMemory(window),
  },
  rsi: {
    byDefault: [14],
    // The library compares each close with the one before, which a window of one does not hold.
    least: 2,
    allowed: `rsi:N, N from 2 to ${WINDOW_CANDLES_MAX}`,
    endings: [""],
    warmUp: ([window = 2]) => window + wilderMemory(window),
    warmUpChanges: ([window = 2]) => window + wilderMemory(window),
  },
  macd: {
    byDefault: [12, 26, 9],
    least: 1,
    allowed: `macd:FAST:SLOW:SIGNAL, each from 1 to ${WINDOW_CANDLES_MAX}, FAST below SLOW`,
    endings: ["", "_signal", "_histogram"],
    // The signal is an average of averages: it forgets when both have.
    warmUp: ([, slow = 1, signal = 1]) =>
      slow + exponentialMemory(slow) + signal + exponentialMemory(signal),
  },
  bollinger: {
    byDefault: [20, 2],
    least: 1,
    allowed: `bollinger:N:K, ${WINDOW}, K above 0 and up to ${DEVIATIONS_MAX}`,
    endings: ["_lower", "_middle", "_upper"],
    warmUp: ([window = 1]) => window - 1,
  },
  atr: {
    byDefault: [14],
    least: 1,
    allowed: `atr:N, ${WINDOW}`,
    endings: [""],
    // The first of all candles has no close before it.
    warmUp: ([window = 1]) => window + wilderMemory(window) + 1,
  },
  vwap: {
    byDefault: [],
    least: 0,
    allowed: "vwap",
    endings: [""],
    warmUp: (_, timeframe) => vwapCandles(timeframe) - 1,
  },
  volume_sma: {
    byDefault: [20],
    least: 1,
    allowed: `volume_sma:N, ${WINDOW}`,
    endings: [""],
    warmUp: ([window = 1]) => window - 1,
  },
};

/** `indicators=` as an error explains it. */
export const INDICATOR_FORMS = `up to ${INDICATORS_MAX} of ${INDICATOR_KINDS.map((kind) => KINDS[kind].allowed).join("; ")}; with commas between, each once`;

const KNOWN: ReadonlySet<string> = new Set(INDICATOR_KINDS);
const NUMBER = /^\d{1,3}(\.\d{1,3})?$/;

/**
 * The indicators that `text` names, such as `sma:20,rsi`. Throws InvalidInputError, also where there
 * are more than INDICATORS_MAX of them, or where their windows together hold more than
 * WINDOWS_CANDLES_MAX candles.
 */
export function parseIndicators(text: string): Indicator[] {
  const names = text.split(",");
  if (names.length > INDICATORS_MAX) {
    throw refusal(text, `up to ${INDICATORS_MAX} at once, here are ${names.length}`);
  }
  const indicators = names.map((name) => parseIndicator(name, text));
  const columns = indicators.flatMap((one) => one.columns);
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) {
    throw refusal(text, `each indicator once, but ${twice} is here twice`);
  }
  const windows = indicators.flatMap(windowsOf).reduce((sum, window) => sum + window, 0);
  if (windows > WINDOWS_CANDLES_MAX) {
    throw refusal(
      text,
      `windows of up to ${WINDOWS_CANDLES_MAX} candles in all indicators together, here are ${windows}`,
    );
  }
  return indicators;
}

function windowsOf({ kind, parameters }: Pick<Indicator, "kind" | "parameters">) {
  return kind === "bollinger" ? parameters.slice(0, 1) : parameters;
}

function parseIndicator(name: string, text: string): Indicator {
  const [kind = "", ...given] = name.split(":");
  if (!isKind(kind)) {
    throw refusal(text, `${name === "" ? "an empty name" : name} is none; ${INDICATOR_FORMS}`);
  }
  const { byDefault, allowed, endings, warmUp, warmUpChanges } = KINDS[kind];
  const parameters = given.length === 0 ? byDefault : given.map(Number);
  const isRight =
    given.every((one) => NUMBER.test(one)) &&
    parameters.length === byDefault.length &&
    isInBounds(kind, parameters);
  if (!isRight) {
    throw refusal(text, `${name} should be ${allowed}`);
  }
  const own = [kind, ...parameters.map((one) => String(one).replace(".", "_"))].join("_");
  return {
    kind,
    parameters,
    columns: endings.map((ending) => own + ending),
    warmUp: (timeframe) => warmUp(parameters, timeframe),
    warmUpChanges: warmUpChanges?.(parameters) ?? 0,
  };
}

function isInBounds(kind: IndicatorKind, parameters: readonly number[]): boolean {
  const [first = 0, second = 0] = parameters;
  return (
    windowsOf({ kind, parameters }).every(
      (one) => Number.isInteger(one) && one >= KINDS[kind].least && one <= WINDOW_CANDLES_MAX,
    ) &&
    (kind !== "bollinger" || (second > 0 && second <= DEVIATIONS_MAX)) &&
    (kind !== "macd" || first < second)
  );
}

function isKind(text: string): text is IndicatorKind {
  return KNOWN.has(text);
}

function refusal(text: string, allowed: string): InvalidInputError {
  return new InvalidInputError("indicators", text, allowed);
}

/** Candles after which an exponential average over `window` has forgotten what was before. */
function exponentialMemory(window: number): number {
  return forgottenAfter(1 - 2 / (window + 1));
}

/** The same of Wilder's average, of which each candle takes one part in `window`. */
function wilderMemory(window: number): number {
  return forgottenAfter(1 - 1 / window);
}

/** After how many candles what is left weighs less than WEIGHT_LEFT, if each leaves `left` of it. */
function forgottenAfter(left: number): number {
  return left === 0 ? 1 : Math.ceil(Math.log(WEIGHT_LEFT) / Math.log(left));
}

const DAY_SECONDS = 86_400;

/** Start of the time over which vwap is taken that holds `timestamp`; both are unix seconds. */
export function vwapStart(timestamp: number, timeframe: Timeframe): number {
  return openTimeOf(timestamp, timeframeSeconds(timeframe) < DAY_SECONDS ? "1d" : "1M");
}

/** Most candles of one such time. */
function vwapCandles(timeframe: Timeframe): number {
  const whole = timeframeSeconds(timeframe) < DAY_SECONDS ? "1d" : "1M";
  return Math.ceil(timeframeSeconds(whole) / timeframeSeconds(timeframe));
}
