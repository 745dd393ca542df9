import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceOffError,
  SourceRateLimitedError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { describeAnswer, readStatusError, retryAfterMs } from "./answer-error.ts";
import {
  countRequested,
  isRecord,
  readDecimal,
  readOpenTime,
  readRows,
  selectCandles,
  unreadable,
} from "./candle-rows.ts";
import { offReason, USER_AGENT, type HttpAnswer, type Source } from "./source.ts";

/**
 * https://finnhub.io/docs/api/stock-candles gives a month of minutes a call, and what is more is cut
 * off without a word. 8,000 minutes are five days and a half.
 */
const CANDLES_MAX = 8_000;

const KEY_NAME = "FINNHUB_API_KEY";

/** A limit of calls a minute that names no end is over after one. */
const MINUTE_MS = 60_000;

/**
 * Days are left out: Finnhub's are adjusted for splits, and so become others at each split, and
 * nothing in them says so. Weeks and months are made of them.
 */
const RESOLUTIONS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "1",
  "5m": "5",
  "15m": "15",
  "30m": "30",
  "1h": "60",
};

const COLUMNS = ["t", "o", "h", "l", "c", "v"] as const;

/**
 * Finnhub's candles of US stocks, for keys of a plan that includes them. A ticker that it does not
 * know, and one that did not trade, get the same empty answer.
 */
export const finnhub: Source = {
  id: "finnhub",
  timeframes: ["1m", "5m", "15m", "30m", "1h"],
  candlesPerRequest: CANDLES_MAX,
  longerPages: {},
  newestOnly: null,
  // Trades are reported up to a quarter of an hour late, and the newest minutes come late too.
  settleSeconds: 960,
  hosts: ["finnhub.io"],
  // Plans allow 60 calls a minute and more.
  rate: { burst: 10, perSecond: 1, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 50,
  keyName: KEY_NAME,
  keyNeededSince: "its first day",
  trades: null,
  grouped: null,

  nativeSymbol(symbol) {
    const { base, quote } = splitSymbol(symbol);
    return quote === "USD" ? base : undefined;
  },

  toHttpRequest(request, host, key) {
    countRequested(finnhub, request);
    const off = offReason(finnhub, key);
    if (off !== undefined) {
      throw new SourceOffError(off);
    }
    return {
      host,
      path: "/api/v1/stock/candle",
      query: {
        symbol: request.nativeSymbol,
        resolution: RESOLUTIONS[request.timeframe] ?? "",
        from: String(request.start),
        to: String(request.end - 1),
      },
      headers: { "User-Agent": USER_AGENT, "X-Finnhub-Token": key ?? "" },
    };
  },

  readError(answer) {
    return readDialect(answer) ?? readStatusError("finnhub", answer);
  },

  parseCandles(request, answer) {
    return selectCandles(finnhub, request, answer, readCandles(answer));
  },

  usedWeight() {
    return undefined;
  },
};

/** `{ "error": "You don't have access to this resource." }`, with the status that belongs to it. */
function readDialect(answer: HttpAnswer): CandlehouseError | undefined {
  const error = isRecord(answer.body) ? answer.body["error"] : undefined;
  const message = describeAnswer("finnhub", answer);
  if (answer.status === 429) {
    return new SourceRateLimitedError(message, retryAfterMs(answer) ?? MINUTE_MS);
  }
  const isRefused = answer.status === 401 || (answer.status === 403 && error !== undefined);
  return isRefused
    ? new SourceOffError(`${message}; is ${KEY_NAME} the key of a plan with stock candles?`)
    : undefined;
}

/**
 * `{ "c": [366.5698], "h": [367.31], "l": [366.21], "o": [366.95], "s": "ok", "t": [1593714600], "v": [2113793] }`:
 * a column for each field, `t` in seconds; or `{ "s": "no_data" }`.
 */
function readCandles(answer: HttpAnswer): readonly Candle[] {
  const body = isRecord(answer.body) ? answer.body : {};
  if (body["s"] === "no_data") {
    return [];
  }
  if (body["s"] !== "ok") {
    throw unreadable("finnhub", "s", body["s"], "ok or no_data");
  }
  const [times = [], opens, highs, lows, closes, volumes] = COLUMNS.map((name) =>
    readRows("finnhub", name, body[name]),
  );
  const others = [opens, highs, lows, closes, volumes];
  const lengths = others.map((column) => column?.length);
  if (lengths.some((length) => length !== times.length)) {
    throw unreadable("finnhub", "columns", lengths, `columns of ${times.length}`);
  }
  return times.map((time, row) => ({
    timestamp: readOpenTime("finnhub", answer, time),
    open: readDecimal("finnhub", "open", opens?.[row]),
    high: readDecimal("finnhub", "high", highs?.[row]),
    low: readDecimal("finnhub", "low", lows?.[row]),
    close: readDecimal("finnhub", "close", closes?.[row]),
    volume_from: readDecimal("finnhub", "volume_from", volumes?.[row]),
    volume_to: null,
    trades: null,
  }));
}
