import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import type { RatePolicy } from "@candlehouse/shared/core/rate-limit";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";

/** A window of one series that is asked of a source. Times are unix seconds. */
export interface CandleRequest {
  readonly symbol: string;
  /** The source's own name of the market, as `Source.nativeSymbol` gives it. */
  readonly nativeSymbol: string;
  readonly timeframe: Timeframe;
  /** Open time of the first candle asked for; inclusive, aligned. */
  readonly start: number;
  /** Open time that follows the last candle asked for; exclusive, aligned. */
  readonly end: number;
}

/** What a source is asked with: plain data, so that a test compares it. Always a GET over HTTPS. */
export interface HttpRequest {
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a source answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as parsed JSON; undefined where it is none, such as a page of HTML. */
  readonly body: unknown;
  /** The source's clock when it answered, from its Date header; unix seconds. */
  readonly nowSeconds: number;
}

/** What an answer says about the window that was asked for. */
export interface ParsedCandles {
  /** Closed candles of the window, oldest first, one a timestamp. They may be faulty: see `findCandleFault`. */
  readonly candles: readonly Candle[];
  /**
   * The part of the window that the answer speaks for, in unix seconds: from `coveredStart`
   * (inclusive) to `coveredEnd` (exclusive). A candle of that part which is not in `candles` is one
   * that the source does not have. Outside it nothing is known: the candle may not have closed
   * yet, or be older than what the source still gives.
   */
  readonly coveredStart: number;
  readonly coveredEnd: number;
}

/** Someone who publishes candles over HTTP. All members are pure: the caller does the asking. */
export interface Source {
  readonly id: SourceId;
  /** The timeframes whose candles the source gives on this system's grid, smallest first. */
  readonly timeframes: readonly Timeframe[];
  /** Most closed candles that one request gives, in every timeframe. */
  readonly candlesPerRequest: number;
  /** How many of the newest closed candles can be asked for at all; null where all of them can. */
  readonly newestOnly: number | null;
  /** Seconds after a candle's close before the source's answer about it counts as final. */
  readonly settleSeconds: number;
  /** Hosts that give the same candles, in order of preference. */
  readonly hosts: readonly string[];
  /** What one host allows, or less: callers share their address with others. */
  readonly rate: RatePolicy;
  /** Requests that collection may plan for one minute; the rest of `rate` is for other callers. */
  readonly requestsPerMinute: number;
  /** Name of the setting that holds the API key, or null where the source takes none. */
  readonly keyName: string | null;
  /** The day since when the source answers nothing without its key, or null where it does. */
  readonly keyNeededSince: string | null;

  /** The source's name of `symbol`, by rule; undefined where the source cannot have it. */
  nativeSymbol(symbol: string): string | undefined;

  /**
   * The request that asks `host` for a window of at most `candlesPerRequest` candles. Throws
   * InvalidInputError where the window cannot be asked for in one request, SourceOffError where
   * `key` is needed and missing.
   */
  toHttpRequest(request: CandleRequest, host: string, key: string | undefined): HttpRequest;

  /** The error that `answer` tells of, by its status or in the source's own dialect. */
  readError(answer: HttpAnswer): CandlehouseError | undefined;

  /**
   * The candles in an answer for which `readError` found no error. Throws SourceAnswerError, and
   * nothing else, where the body is not what the source promises.
   */
  parseCandles(request: CandleRequest, answer: HttpAnswer): ParsedCandles;

  /** The weight that this caller's address has used in the running minute, where the source says. */
  usedWeight(headers: Headers): number | undefined;
}

/** Several sources refuse a request without a User-Agent, and a Worker's fetch sends none. */
export const USER_AGENT = "candlehouse/0.1";

/** Why `source` cannot be asked with `key`, as a sentence; undefined where it can. */
export function offReason(
  { id, keyName, keyNeededSince }: Source,
  key: string | undefined,
): string | undefined {
  if (keyNeededSince === null || (key !== undefined && key !== "")) {
    return undefined;
  }
  return `${id} is off: it has answered nothing without a key since ${keyNeededSince}; set ${keyName} to collect from it`;
}
