import type { Candle } from "@candlehouse/shared/core/candle";
import { UnknownSymbolError } from "@candlehouse/shared/core/errors";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { describeAnswer, readStatusError } from "./answer-error.ts";
import {
  countRequested,
  isRecord,
  readDecimal,
  readObject,
  readOpenTime,
  readRows,
  selectCandles,
  unreadable,
} from "./candle-rows.ts";
import { USER_AGENT, type CandleRequest, type HttpAnswer, type Source } from "./source.ts";

/** https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public/get-public-product-candles */
const BUCKETS_MAX = 350;

const GRANULARITIES: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "ONE_MINUTE",
  "5m": "FIVE_MINUTE",
  "15m": "FIFTEEN_MINUTE",
  "30m": "THIRTY_MINUTE",
  "1h": "ONE_HOUR",
  "2h": "TWO_HOUR",
  "4h": "FOUR_HOUR",
  "6h": "SIX_HOUR",
  "1d": "ONE_DAY",
};

/**
 * Coinbase, by the public part of its Advanced Trade API: it writes numbers as text, so that every
 * digit arrives, gives 350 candles a request and knows 30m, 2h and 4h. The Exchange API beside it
 * writes JSON numbers, gives 300 candles and has none of the three.
 */
export const coinbase: Source = {
  id: "coinbase",
  timeframes: ["1m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "1d"],
  candlesPerRequest: BUCKETS_MAX,
  longerPages: {},
  newestOnly: null,
  // Answers are cached for a second, and the newest candle is built from trades as they arrive.
  settleSeconds: 5,
  hosts: ["api.coinbase.com"],
  // Ten requests a second and address are allowed; a Worker's address is shared.
  rate: { burst: 8, perSecond: 8, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 400,
  keyName: null,
  keyNeededSince: null,
  trades: null,
  grouped: null,

  nativeSymbol(symbol) {
    return symbol;
  },

  toHttpRequest(request, host) {
    countRequested(coinbase, request);
    return {
      host,
      path: `/api/v3/brokerage/market/products/${encodeURIComponent(request.nativeSymbol)}/candles`,
      // Both bounds are inclusive, and the end is a second short of the next candle. No `limit`:
      // with one, Coinbase ignores the bounds and gives its newest candles.
      query: {
        start: String(request.start),
        end: String(request.end - 1),
        granularity: GRANULARITIES[request.timeframe] ?? "",
      },
      headers: { "User-Agent": USER_AGENT },
    };
  },

  readError(answer) {
    // `{ "error": "NOT_FOUND", "message": "valid product_id is required" }`
    return answer.status === 404
      ? new UnknownSymbolError(describeAnswer("coinbase", answer))
      : readStatusError("coinbase", answer);
  },

  parseCandles(request, answer) {
    const list = isRecord(answer.body) ? answer.body["candles"] : undefined;
    const rows = readRows("coinbase", "candles", list).map((row) => toCandle(answer, row));
    refuseOtherWindow(request, rows);
    return selectCandles(coinbase, request, answer, rows);
  },

  usedWeight() {
    return undefined;
  },
};

/** Throws where the answer is about later candles alone: then the bounds were not honoured. */
function refuseOtherWindow({ start, end }: CandleRequest, rows: readonly Candle[]): void {
  const times = rows.map(({ timestamp }) => timestamp);
  if (times.some((time) => time >= end) && !times.some((time) => time >= start && time < end)) {
    throw unreadable("coinbase", "open times", times, `the window from ${start} to ${end}`);
  }
}

/** `{ "start": "1761004800", "low": "3838.88", "high": "4049.64", "open": "3980.43", "close": "4046.81", "volume": "71759.97243078" }` */
function toCandle(answer: HttpAnswer, raw: unknown): Candle {
  const row = readObject("coinbase", raw);
  const start = row["start"];
  const isSeconds = typeof start === "string" && /^\d+$/.test(start);
  return {
    timestamp: readOpenTime("coinbase", answer, isSeconds ? Number(start) : start),
    open: readDecimal("coinbase", "open", row["open"]),
    high: readDecimal("coinbase", "high", row["high"]),
    low: readDecimal("coinbase", "low", row["low"]),
    close: readDecimal("coinbase", "close", row["close"]),
    volume_from: readDecimal("coinbase", "volume_from", row["volume"]),
    volume_to: null,
    trades: null,
  };
}
