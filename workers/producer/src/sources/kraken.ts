import type { Candle } from "@candlehouse/shared/core/candle";
import {
  SourceAnswerError,
  SourceRateLimitedError,
  SourceUnavailableError,
  UnknownSymbolError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { addCandles, isAligned, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { describeAnswer, readStatusError } from "./answer-error.ts";
import {
  countRequested,
  isRecord,
  readCount,
  readDecimal,
  readList,
  readOpenTime,
  readRows,
  selectCandles,
  unreadable,
} from "./candle-rows.ts";
import { krakenTrades } from "./kraken-trades.ts";
import { USER_AGENT, type HttpAnswer, type Source } from "./source.ts";

/** https://docs.kraken.com/api/docs/rest-api/get-ohlc-data: the newest ones, and no others, ever. */
const COMMITTED_MAX = 720;

/** https://docs.kraken.com/api/docs/guides/global-intro: "Temporary lockout". */
const LOCKOUT_MS = 15 * 60_000;

/**
 * Kraken's interval in minutes. Weeks are left out: Kraken's open on Thursdays, since it counts
 * seven days from the epoch on, and a candle of another week is not this system's candle.
 */
const INTERVALS: Readonly<Partial<Record<Timeframe, string>>> = {
  "1m": "1",
  "5m": "5",
  "15m": "15",
  "30m": "30",
  "1h": "60",
  "4h": "240",
  "1d": "1440",
};

/** Assets that Kraken calls otherwise. */
const NATIVE_ASSET: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };

const RATE_LIMITED = /^(EGeneral:Too many requests|EAPI:Rate limit exceeded)/;
const LOCKED_OUT = /^EGeneral:Temporary lockout/;
const UNKNOWN_PAIR = /^EQuery:(Unknown|Invalid) asset pair/;
const UNAVAILABLE = /^(EService:|EGeneral:Internal error)/;

/** Kraken spot. */
export const kraken: Source = {
  id: "kraken",
  timeframes: ["1m", "5m", "15m", "30m", "1h", "4h", "1d"],
  candlesPerRequest: COMMITTED_MAX,
  longerPages: {},
  newestOnly: COMMITTED_MAX,
  // Answers are cached for two seconds, and trades are committed to the closed candle a bit later.
  settleSeconds: 5,
  hosts: ["api.kraken.com"],
  // One request a second is what an address without a key can keep up; a burst of 15 is refused.
  rate: { burst: 10, perSecond: 1, requestWeight: 1, weightPerMinuteMax: null },
  requestsPerMinute: 50,
  keyName: null,
  keyNeededSince: null,
  trades: krakenTrades,
  grouped: null,

  nativeSymbol(symbol) {
    const { base, quote } = splitSymbol(symbol);
    return `${NATIVE_ASSET[base] ?? base}${NATIVE_ASSET[quote] ?? quote}`;
  },

  toHttpRequest(request, host) {
    countRequested(kraken, request);
    return {
      host,
      path: "/0/public/OHLC",
      query: {
        pair: request.nativeSymbol,
        interval: INTERVALS[request.timeframe] ?? "",
        // Exclusive: the answer begins after this candle. There is no upper bound to send.
        since: String(addCandles(request.start, request.timeframe, -1)),
      },
      headers: { "User-Agent": USER_AGENT },
    };
  },

  readError(answer) {
    return readDialect(answer) ?? readStatusError("kraken", answer);
  },

  parseCandles(request, answer) {
    const result = readResult(answer, request.timeframe);
    const rows = result.rows.map((row) => toCandle(answer, row));
    // A full page begins where Kraken's memory begins; a shorter one begins where `since` said.
    const oldest =
      rows.length < COMMITTED_MAX
        ? request.start
        : Math.min(...rows.map(({ timestamp }) => timestamp));
    return selectCandles(kraken, request, answer, rows, { oldest, newest: result.last });
  },

  usedWeight() {
    return undefined;
  },
};

/** `{ "error": ["EGeneral:Too many requests"] }` with a status of 200; a leading W is a warning. */
function readDialect(answer: HttpAnswer): CandlehouseError | undefined {
  const errors: unknown = isRecord(answer.body) ? answer.body["error"] : undefined;
  if (!Array.isArray(errors)) {
    return undefined;
  }
  const error: unknown = errors.find(
    (text: unknown) => typeof text !== "string" || !text.startsWith("W"),
  );
  if (error === undefined) {
    return undefined;
  }
  const text = typeof error === "string" ? error : "";
  const message = describeAnswer("kraken", answer);
  if (LOCKED_OUT.test(text)) {
    return new SourceRateLimitedError(message, LOCKOUT_MS);
  }
  if (RATE_LIMITED.test(text)) {
    return new SourceRateLimitedError(message);
  }
  if (UNKNOWN_PAIR.test(text)) {
    return new UnknownSymbolError(message);
  }
  return UNAVAILABLE.test(text)
    ? new SourceUnavailableError(message)
    : new SourceAnswerError(message);
}

/**
 * `{ "error": [], "result": { "XXBTZUSD": [row, …], "last": 1762820160 } }`: the pair has Kraken's
 * inner name, whatever name was asked for, and `last` is the open time of the newest candle that
 * is committed. The row after it is still open.
 */
function readResult(
  answer: HttpAnswer,
  timeframe: Timeframe,
): { rows: readonly unknown[]; last: number } {
  const result = isRecord(answer.body) ? answer.body["result"] : undefined;
  if (!isRecord(result)) {
    throw unreadable("kraken", "result", result, "an object");
  }
  const last = result["last"];
  if (typeof last !== "number" || !isAligned(last, timeframe)) {
    throw unreadable("kraken", "last", last, `an open time of ${timeframe} candles`);
  }
  const names = Object.keys(result).filter((key) => key !== "last");
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw unreadable("kraken", "pairs", names, "one pair");
  }
  return { rows: readRows("kraken", name, result[name]), last };
}

/**
 * `[1762777020, "106038.2", "106038.2", "106038.2", "106038.2", "0.0", "0.00000000", 0]`: open
 * time in seconds, open, high, low, close, average price, base volume, trades. The average price
 * is rounded, so the quote volume cannot be had from it.
 */
function toCandle(answer: HttpAnswer, raw: unknown): Candle {
  const row = readList("kraken", raw, 8);
  return {
    timestamp: readOpenTime("kraken", answer, row[0]),
    open: readDecimal("kraken", "open", row[1]),
    high: readDecimal("kraken", "high", row[2]),
    low: readDecimal("kraken", "low", row[3]),
    close: readDecimal("kraken", "close", row[4]),
    volume_from: readDecimal("kraken", "volume_from", row[6]),
    volume_to: null,
    trades: readCount("kraken", "trades", row[7]),
  };
}
