import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceRateLimitedError,
  SourceUnavailableError,
  UnknownSymbolError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES } from "@candlehouse/shared/core/timeframe";
import { describeAnswer, readStatusError, retryAfterMs } from "./answer-error.ts";
import {
  countRequested,
  isRecord,
  readCount,
  readDecimal,
  readList,
  readOpenTime,
  readRows,
  selectCandles,
} from "./candle-rows.ts";
import { USER_AGENT, type HttpAnswer, type Source } from "./source.ts";

/** https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints */
const ROWS_MAX = 1_000;
const REQUEST_WEIGHT = 2;

/** Shortest ban; an answer of 418 without Retry-After is taken as one. */
const BAN_MS_MIN = 120_000;

/** https://developers.binance.com/docs/binance-spot-api-docs/errors */
const UNKNOWN_MARKET_CODES: readonly unknown[] = [-1121, -1120];
const TOO_MANY_REQUESTS_CODES: readonly unknown[] = [-1003, -1015];
const UNAVAILABLE_CODES: readonly unknown[] = [-1000, -1001, -1006, -1007, -1008, -1016];

/**
 * Binance spot. Timeframes have the names that Binance uses; weeks, months and three-day candles
 * lie on its own grid, which is this system's grid too.
 */
export const binance: Source = {
  id: "binance",
  timeframes: TIMEFRAMES,
  candlesPerRequest: ROWS_MAX,
  longerPages: {},
  newestOnly: null,
  // Right after a close the row is still moved by late writes for two seconds or so.
  settleSeconds: 3,
  // The second one gives market data alone, and answers where the first refuses the country.
  hosts: ["api.binance.com", "data-api.binance.vision"],
  // 6,000 of weight a minute and address are allowed. A Worker's address is shared, so half of it
  // is planned, and all pause when the header tells that everybody together has used most of it.
  rate: { burst: 100, perSecond: 50, requestWeight: REQUEST_WEIGHT, weightPerMinuteMax: 4_800 },
  requestsPerMinute: 1_200,
  keyName: null,
  keyNeededSince: null,
  trades: null,
  grouped: null,

  nativeSymbol(symbol) {
    const { base, quote } = splitSymbol(symbol);
    // There is no market against the dollar itself, only against coins that stand for it.
    return quote === "USD" ? undefined : `${base}${quote}`;
  },

  toHttpRequest(request, host) {
    return {
      host,
      path: "/api/v3/klines",
      // Both bounds are inclusive and meet open times. With an end, a hole longer than the window
      // gives an empty page instead of candles from beyond it. No timeZone: it would move days.
      query: {
        symbol: request.nativeSymbol,
        interval: request.timeframe,
        // A thousand months reach back beyond 1970, and a time below zero is refused.
        startTime: String(Math.max(0, request.start) * 1_000),
        endTime: String(request.end * 1_000 - 1),
        limit: String(countRequested(binance, request)),
      },
      headers: { "User-Agent": USER_AGENT },
    };
  },

  readError(answer) {
    return answer.status === 200 ? undefined : readDialect(answer);
  },

  parseCandles(request, answer) {
    const rows = readRows("binance", "body", answer.body).map((row) => toCandle(answer, row));
    return selectCandles(binance, request, answer, rows);
  },

  usedWeight(headers) {
    const weight = headers.get("x-mbx-used-weight-1m");
    return weight !== null && /^\d+$/.test(weight) ? Number(weight) : undefined;
  },
};

/** Errors are `{ code, msg }` with a status of 400 or above. */
function readDialect(answer: HttpAnswer): CandlehouseError | undefined {
  const code = isRecord(answer.body) ? answer.body["code"] : undefined;
  const message = describeAnswer("binance", answer);
  if (answer.status === 418) {
    return new SourceRateLimitedError(message, retryAfterMs(answer) ?? BAN_MS_MIN);
  }
  if (TOO_MANY_REQUESTS_CODES.includes(code)) {
    return new SourceRateLimitedError(message, retryAfterMs(answer));
  }
  if (UNKNOWN_MARKET_CODES.includes(code)) {
    return new UnknownSymbolError(message);
  }
  if (UNAVAILABLE_CODES.includes(code)) {
    return new SourceUnavailableError(message);
  }
  return readStatusError("binance", answer);
}

/**
 * `[1499040000000, "0.0163", "0.8", "0.0157", "0.0158", "148976.1", 1499644799999, "2434.1", 308, …]`:
 * open time in ms, open, high, low, close, base volume, close time, quote volume, trades, and the
 * takers' volumes. The close time is not read: outages cut it short.
 */
function toCandle(answer: HttpAnswer, raw: unknown): Candle {
  const row = readList("binance", raw, 9);
  return {
    timestamp: readOpenTime("binance", answer, Number(row[0]) / 1_000),
    open: readDecimal("binance", "open", row[1]),
    high: readDecimal("binance", "high", row[2]),
    low: readDecimal("binance", "low", row[3]),
    close: readDecimal("binance", "close", row[4]),
    volume_from: readDecimal("binance", "volume_from", row[5]),
    volume_to: readDecimal("binance", "volume_to", row[7]),
    trades: readCount("binance", "trades", row[8]),
  };
}
