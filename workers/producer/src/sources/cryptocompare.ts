import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceAnswerError,
  SourceOffError,
  SourceRateLimitedError,
  UnknownSymbolError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
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
import { offReason, USER_AGENT, type HttpAnswer, type Source } from "./source.ts";

/** https://developers.coindesk.com/documentation/legacy/Historical/dataHistominute */
const LIMIT_MAX = 2_000;

const KEY_NAME = "CRYPTOCOMPARE_API_KEY";

/** No `aggregate`: it makes candles whose open and close lie outside low and high. */
const PATHS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "/data/v2/histominute",
  "1h": "/data/v2/histohour",
  "1d": "/data/v2/histoday",
};

/** Rows of the market itself. Any other type was reckoned by way of a third currency. */
const DIRECT_TYPES: readonly unknown[] = [undefined, "", "direct", "force_direct"];

/** `Type` of an error that arrives with a status of 200. */
const MARKET_TYPES: readonly unknown[] = [1, 2];
const RATE_LIMIT_TYPE = 99;
const MARKET_PARAMETERS: readonly unknown[] = [undefined, "fsym", "tsym", "e"];

/** CryptoCompare's index over many venues (CCCAGG): a price of its own, of no single exchange. */
export const cryptocompare: Source = {
  id: "cryptocompare",
  timeframes: ["1m", "1h", "1d"],
  candlesPerRequest: LIMIT_MAX,
  longerPages: {},
  newestOnly: null,
  // The index waits for trades of all its venues.
  settleSeconds: 15,
  hosts: ["min-api.cryptocompare.com"],
  // Plans allow 20 to 50 calls a second and count them by the month: speed is not what they sell.
  rate: { burst: 10, perSecond: 5, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 240,
  keyName: KEY_NAME,
  keyNeededSince: "2026-05-21",
  trades: null,
  grouped: null,

  nativeSymbol(symbol) {
    return symbol;
  },

  toHttpRequest(request, host, key) {
    const count = countRequested(cryptocompare, request);
    const off = offReason(cryptocompare, key);
    if (off !== undefined) {
      throw new SourceOffError(off);
    }
    const { base, quote } = splitSymbol(request.nativeSymbol);
    return {
      host,
      path: PATHS[request.timeframe] ?? "",
      query: {
        fsym: base,
        tsym: quote,
        // The last row is the candle that holds toTs; before it come `limit` more, at least one.
        toTs: String(request.end - 1),
        limit: String(Math.max(1, count - 1)),
        tryConversion: "false",
      },
      headers: { "User-Agent": USER_AGENT, Authorization: `Apikey ${key}` },
    };
  },

  readError(answer) {
    return readDialect(answer) ?? readStatusError("cryptocompare", answer);
  },

  parseCandles(request, answer) {
    const data = isRecord(answer.body) ? answer.body["Data"] : undefined;
    const list = isRecord(data) ? data["Data"] : undefined;
    const rows = readRows("cryptocompare", "Data.Data", list)
      .map((row) => toCandle(answer, row))
      .filter((candle) => !isPadding(candle));
    return selectCandles(cryptocompare, request, answer, rows);
  },

  usedWeight() {
    return undefined;
  },
};

/** `{ "Response": "Error", "Message": "…", "Type": 99 }` with a status of 200, or `{ "Err": { … } }`. */
function readDialect(answer: HttpAnswer): CandlehouseError | undefined {
  const body = isRecord(answer.body) ? answer.body : {};
  const message = describeAnswer("cryptocompare", answer);
  if (answer.status === 401) {
    return new SourceOffError(`${message}; is ${KEY_NAME} the key of a paid plan?`);
  }
  if (body["Response"] !== "Error") {
    return undefined;
  }
  if (body["Type"] === RATE_LIMIT_TYPE) {
    return new SourceRateLimitedError(message);
  }
  return MARKET_TYPES.includes(body["Type"]) && MARKET_PARAMETERS.includes(body["ParamWithError"])
    ? new UnknownSymbolError(message)
    : new SourceAnswerError(message);
}

/** `{ "time": 1779926400, "high": 74478.39, "low": 72476.19, "open": 74348.55, "volumefrom": 27233.93, "volumeto": 1995371003.86, "close": 73531.95, "conversionType": "direct", "conversionSymbol": "" }` */
function toCandle(answer: HttpAnswer, raw: unknown): Candle {
  const row = readObject("cryptocompare", raw);
  if (!DIRECT_TYPES.includes(row["conversionType"])) {
    throw unreadable("cryptocompare", "conversionType", row["conversionType"], "direct");
  }
  return {
    timestamp: readOpenTime("cryptocompare", answer, row["time"]),
    open: readDecimal("cryptocompare", "open", row["open"]),
    high: readDecimal("cryptocompare", "high", row["high"]),
    low: readDecimal("cryptocompare", "low", row["low"]),
    close: readDecimal("cryptocompare", "close", row["close"]),
    volume_from: readDecimal("cryptocompare", "volume_from", row["volumefrom"]),
    volume_to: readDecimal("cryptocompare", "volume_to", row["volumeto"]),
    trades: null,
  };
}

/** A row of zeros fills an answer where there is no candle, such as before the market's first. */
function isPadding({ open, high, low, close, volume_from, volume_to }: Candle): boolean {
  return [open, high, low, close, volume_from, volume_to].every((value) => value === 0);
}
