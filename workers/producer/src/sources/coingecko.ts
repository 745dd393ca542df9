import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceOffError,
  SourceRateLimitedError,
  SourceUnavailableError,
  UnknownSymbolError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { isAligned, timeframeSeconds, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { describeAnswer, readStatusError, retryAfterMs } from "./answer-error.ts";
import {
  countRequested,
  isRecord,
  readDecimal,
  readList,
  readOpenTime,
  readRows,
  selectCandles,
  unreadable,
} from "./candle-rows.ts";
import { USER_AGENT, type CandleRequest, type HttpAnswer, type Source } from "./source.ts";

/**
 * https://docs.coingecko.com/reference/coins-id-ohlc: the days asked for decide the timeframe, and
 * the days that are asked for here give each timeframe its longest page.
 */
const DAYS: Readonly<Partial<Record<Timeframe, string>>> = { "30m": "1", "4h": "30" };

/** A day holds 48 candles of 30m. The oldest may be partial, and the newest not be settled. */
const CANDLES_MIN = 46;

/** A ticker names many coins, so each coin stands here with CoinGecko's own name for it. */
const COIN_IDS: Readonly<Record<string, string>> = {
  BTC: "bitcoin",
  ETH: "ethereum",
  SOL: "solana",
  XRP: "ripple",
  ADA: "cardano",
  DOGE: "dogecoin",
  BNB: "binancecoin",
  DOT: "polkadot",
  LINK: "chainlink",
  LTC: "litecoin",
  AVAX: "avalanche-2",
  UNI: "uniswap",
  ATOM: "cosmos",
};

/** Codes of errors that name the key or its plan. */
const KEY_CODES: readonly unknown[] = [10_002, 10_005, 10_010, 10_011, 10_012];

/** CoinGecko's average over many venues, in US dollars and without volume. */
export const coingecko: Source = {
  id: "coingecko",
  timeframes: ["30m", "4h"],
  candlesPerRequest: CANDLES_MIN,
  longerPages: {},
  newestOnly: CANDLES_MIN,
  // Answers are cached for fifteen minutes.
  settleSeconds: 900,
  hosts: ["api.coingecko.com"],
  // A key of the Demo plan allows 30 to 100 calls a minute, and 10,000 a month; without a key the
  // address's few are shared with strangers.
  rate: { burst: 5, perSecond: 0.2, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 10,
  keyName: "COINGECKO_API_KEY",
  keyNeededSince: null,
  trades: null,
  grouped: null,

  nativeSymbol(symbol) {
    const { base, quote } = splitSymbol(symbol);
    return quote === "USD" ? COIN_IDS[base] : undefined;
  },

  toHttpRequest(request, host, key) {
    countRequested(coingecko, request);
    const withKey = key === undefined || key === "" ? {} : { "x-cg-demo-api-key": key };
    return {
      host,
      path: `/api/v3/coins/${encodeURIComponent(request.nativeSymbol)}/ohlc`,
      // There are no bounds to send. Without `precision`, prices come rounded.
      query: { vs_currency: "usd", days: DAYS[request.timeframe] ?? "", precision: "full" },
      headers: { "User-Agent": USER_AGENT, ...withKey },
    };
  },

  readError(answer) {
    return readDialect(answer) ?? readStatusError("coingecko", answer);
  },

  parseCandles(request, answer) {
    const stepSeconds = timeframeSeconds(request.timeframe);
    const all = readRows("coingecko", "body", answer.body)
      .map((row) => toCandle(answer, row, stepSeconds))
      .toSorted((a, b) => a.timestamp - b.timestamp);
    const newest = all.at(-1);
    // The last row is the candle still open, at the time of the answer; the first may be cut off.
    const isOpen = newest !== undefined && !isAligned(newest.timestamp, request.timeframe);
    const rows = all.slice(1, isOpen ? -1 : all.length);
    refuseOtherTimeframe(request, rows, stepSeconds);
    const oldest = rows[0]?.timestamp ?? request.end;
    return selectCandles(coingecko, request, answer, rows, { oldest });
  },

  usedWeight() {
    return undefined;
  },
};

/** `{ "status": { "error_code": 429, "error_message": "…" } }`, also with 200, or `{ "error": "coin not found" }`. */
function readDialect(answer: HttpAnswer): CandlehouseError | undefined {
  const body = isRecord(answer.body) ? answer.body : {};
  const status = isRecord(body["status"]) ? body["status"] : {};
  const code = status["error_code"];
  const message = describeAnswer("coingecko", answer);
  if (code === 429) {
    return new SourceRateLimitedError(message, retryAfterMs(answer));
  }
  if (KEY_CODES.includes(code)) {
    return new SourceOffError(message);
  }
  if (answer.status === 404 || body["error"] === "coin not found") {
    return new UnknownSymbolError(message);
  }
  return typeof code === "number" && code >= 500 && code < 600
    ? new SourceUnavailableError(message)
    : undefined;
}

/** Throws where no two neighbours lie one candle apart: CoinGecko chooses the timeframe itself. */
function refuseOtherTimeframe(
  request: CandleRequest,
  rows: readonly Candle[],
  stepSeconds: number,
): void {
  const steps = rows.slice(1).map((row, index) => row.timestamp - (rows[index]?.timestamp ?? 0));
  if (steps.length > 0 && !steps.includes(stepSeconds)) {
    throw unreadable("coingecko", "steps in seconds", steps, `candles of ${request.timeframe}`);
  }
}

/** `[1779199200000, 76769.0, 76889.0, 76744.0, 76818.0]`: CLOSE time in ms, open, high, low, close. */
function toCandle(answer: HttpAnswer, raw: unknown, stepSeconds: number): Candle {
  const row = readList("coingecko", raw, 5);
  const closeMs = row[0];
  const openTime = typeof closeMs === "number" ? closeMs / 1_000 - stepSeconds : closeMs;
  return {
    timestamp: readOpenTime("coingecko", answer, openTime),
    open: readDecimal("coingecko", "open", row[1]),
    high: readDecimal("coingecko", "high", row[2]),
    low: readDecimal("coingecko", "low", row[3]),
    close: readDecimal("coingecko", "close", row[4]),
    volume_from: null,
    volume_to: null,
    trades: null,
  };
}
