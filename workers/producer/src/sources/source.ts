import type { Candle } from "@candlehouse/shared/core/candle";
import type { CandlehouseError } from "@candlehouse/shared/core/errors";
import type { RatePolicy } from "@candlehouse/shared/core/rate-limit";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import type { Trade } from "@candlehouse/shared/core/trade-candles";

export type { Trade } from "@candlehouse/shared/core/trade-candles";

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

/** What an answer holds of the window that was asked for. */
export interface ParsedAnswer extends ParsedCandles {
  /**
   * Candles of the window that are not closed, after those that are: oldest first, one a timestamp.
   * Their values still move, so they are for whoever wants to see the present, and never stored.
   */
  readonly openCandles: readonly Candle[];
}

/** Trades that an answer holds, and where the next page begins. */
export interface TradePage {
  /** Oldest first. Pages overlap by the trades of one time: `rollUpTrades` counts an id once. */
  readonly trades: readonly Trade[];
  /** What to ask for next; unix nanoseconds. Where fewer than `tradesPerRequest` came, there is no more yet. */
  readonly nextNs: bigint;
}

/** Every trade of a source's markets, for candles that it gives no more. All members are pure. */
export interface TradeHistory {
  /**
   * Trades of a full page. An answer that holds fewer reaches the source's own clock, unless it was
   * cut short on the way: asked once more from `nextNs`, a source that has no more repeats itself.
   */
  readonly tradesPerRequest: number;

  /**
   * The request that asks `host` for the oldest trades from `sinceNs` (inclusive, unix nanoseconds,
   * above 0) on. A trade just before it may come too.
   */
  toTradesRequest(
    nativeSymbol: string,
    sinceNs: bigint,
    host: string,
    key: string | undefined,
  ): HttpRequest;

  /**
   * The trades in an answer for which `Source.readError` found no error. Throws SourceAnswerError,
   * and nothing else, where the body is not what the source promises.
   */
  parseTrades(answer: HttpAnswer): TradePage;
}

/** What is kept of a day of all markets: thousands of them would not fit for many days. */
export interface GroupedDay {
  /** The candles of wanted markets, by native symbol. */
  readonly candles: ReadonlyMap<string, Candle>;
  /** Markets in the answer, wanted or not; 0 on a day without a session. */
  readonly markets: number;
}

/** One answer for a day of all markets of a source. All members are pure. */
export interface GroupedDays {
  /** The request that asks `host` for `day`, counted in days since 1970-01-01. Throws SourceOffError as `Source.toHttpRequest`. */
  toGroupedRequest(day: number, host: string, key: string | undefined): HttpRequest;

  /**
   * The 1d candles of `day` of those markets that `wanted` names, for an answer for which
   * `Source.readError` found no error. Throws SourceAnswerError, and nothing else, where the day has
   * not closed and settled, or the body is not what the source promises.
   */
  parseGrouped(day: number, answer: HttpAnswer, wanted: ReadonlySet<string>): GroupedDay;
}

/** Someone who publishes candles over HTTP. All members are pure: the caller does the asking. */
export interface Source {
  readonly id: SourceId;
  /** The timeframes whose candles the source gives on this system's grid, smallest first. */
  readonly timeframes: readonly Timeframe[];
  /** Most closed candles that one request gives, in every timeframe. */
  readonly candlesPerRequest: number;
  /** The timeframes in which one request gives more than that: how many. */
  readonly longerPages: Readonly<Partial<Record<Timeframe, number>>>;
  /** How many of the newest closed candles can be asked for at all; null where all of them can. */
  readonly newestOnly: number | null;
  /**
   * Whether an answer leaves out, without a word, what lies before the source's reach, and only a
   * request for nothing else is refused. Not there: no.
   */
  readonly cutsAtReach?: true;
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
  /** Since when the source answers nothing without its key: a day, or `its first day`; null where it does. */
  readonly keyNeededSince: string | null;
  /** The trades of its markets, or null where they are not asked for: its candles reach as far. */
  readonly trades: TradeHistory | null;
  /** A day of all its markets in one answer, or null where it has none. */
  readonly grouped: GroupedDays | null;

  /** The source's name of `symbol`, by rule; undefined where the source cannot have it. */
  nativeSymbol(symbol: string): string | undefined;

  /**
   * The request that asks `host` for a window of at most `pageSizeOf` candles. Throws
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
  parseCandles(request: CandleRequest, answer: HttpAnswer): ParsedAnswer;

  /** The weight that this caller's address has used in the running minute, where the source says. */
  usedWeight(headers: Headers): number | undefined;
}

/** Most closed candles of `timeframe` that one request gives. */
export function pageSizeOf(
  { candlesPerRequest, longerPages }: Pick<Source, "candlesPerRequest" | "longerPages">,
  timeframe: Timeframe,
): number {
  return longerPages[timeframe] ?? candlesPerRequest;
}

/** Several sources refuse a request without a User-Agent, and a Worker's fetch sends none. */
export const USER_AGENT = "candlehouse/0.1";

/** Why `source` cannot be asked with `key`, as a sentence; undefined where it can. */
export function offReason(
  { id, keyName, keyNeededSince }: Pick<Source, "id" | "keyName" | "keyNeededSince">,
  key: string | undefined,
): string | undefined {
  if (keyNeededSince === null || (key !== undefined && key !== "")) {
    return undefined;
  }
  return `${id} is off: it has answered nothing without a key since ${keyNeededSince}; set ${keyName} to collect from it`;
}
