import { parseDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import {
  isRecord,
  readDecimal,
  readList,
  readOpenTime,
  readRows,
  unreadable,
} from "./candle-rows.ts";
import { USER_AGENT, type HttpAnswer, type Trade, type TradeHistory } from "./source.ts";

/** https://docs.kraken.com/api/docs/rest-api/get-recent-trades */
const COUNT_MAX = 1_000;

const NS_DECIMALS = 9;

/** `last` is the time of the newest trade; now and then Kraken sends a shorter number in its place. */
const NANOSECONDS = /^1\d{18}$/;

/** How far `last` may lie from the newest row, whose time is a JSON number and so a rounded one. */
const LAST_OFF_NS_MAX = 1_000_000n;

/**
 * Kraken's trades, back to the first one of each market. Candles that are made of them equal
 * Kraken's own, and a minute without a trade has none.
 */
export const krakenTrades: TradeHistory = {
  tradesPerRequest: COUNT_MAX,

  toTradesRequest(nativeSymbol, sinceNs, host) {
    return {
      host,
      path: "/0/public/Trades",
      // `since` is exclusive.
      query: { pair: nativeSymbol, since: String(sinceNs - 1n), count: String(COUNT_MAX) },
      headers: { "User-Agent": USER_AGENT },
    };
  },

  parseTrades(answer) {
    const { rows, last } = readResult(answer);
    const trades = rows
      .map((row) => toTrade(answer, row))
      .toSorted((a, b) => Number(a.timeNs - b.timeNs) || a.id - b.id);
    refuseTwofold(trades);
    const newest = trades.at(-1);
    if (newest !== undefined && distance(newest.timeNs, last) > LAST_OFF_NS_MAX) {
      throw unreadable("kraken", "last", String(last), `the newest trade's time ${newest.timeNs}`);
    }
    // From `last` itself on, not after it: a page may end between two trades of one time.
    return { trades, nextNs: last };
  },
};

/** `{ "error": [], "result": { "XXBTZUSD": [row, …], "last": "1688671969993150842" } }` */
function readResult(answer: HttpAnswer): { rows: readonly unknown[]; last: bigint } {
  const result = isRecord(answer.body) ? answer.body["result"] : undefined;
  if (!isRecord(result)) {
    throw unreadable("kraken", "result", result, "an object");
  }
  const { last, ...pairs } = result;
  if (typeof last !== "string" || !NANOSECONDS.test(last)) {
    throw unreadable("kraken", "last", last, "a time in nanoseconds");
  }
  const [name, ...others] = Object.keys(pairs);
  if (name === undefined || others.length > 0) {
    throw unreadable("kraken", "pairs", Object.keys(pairs), "one pair");
  }
  return { rows: readRows("kraken", name, pairs[name]), last: BigInt(last) };
}

/**
 * `["30243.40000", "0.34507674", 1688669597.8277369, "b", "m", "", 61044952]`: price, base volume,
 * time in seconds, buy or sell, market or limit, miscellaneous, id of the trade.
 */
function toTrade(answer: HttpAnswer, raw: unknown): Trade {
  const row = readList("kraken", raw, 7);
  return {
    price: readAmount("price", row[0], Number.MIN_VALUE),
    volume: readAmount("volume", row[1], 0),
    timeNs: readTimeNs(answer, row[2]),
    id: readId(row[6]),
  };
}

/** The digits as they stand: times 1e9, a double would lose some. */
function readTimeNs(answer: HttpAnswer, seconds: unknown): bigint {
  const text = parseDecimal(readOpenTime("kraken", answer, seconds)) ?? "";
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(NS_DECIMALS, "0").slice(0, NS_DECIMALS));
}

/** In the sum of a candle nobody would see that one of its trades was below zero. */
function readAmount(field: string, value: unknown, least: number): StoredDecimal {
  const amount = readDecimal("kraken", field, value);
  if (!(Number(amount) >= least)) {
    throw unreadable("kraken", field, value, least === 0 ? "zero or more" : "more than zero");
  }
  return amount;
}

/** Where two different trades have one id, which of them is true cannot be known here. */
function refuseTwofold(trades: readonly Trade[]): void {
  const texts = new Map<number, string>();
  for (const { id, price, volume, timeNs } of trades) {
    const text = [price, volume, timeNs].join(" ");
    if ((texts.get(id) ?? text) !== text) {
      throw unreadable("kraken", "trade id", id, "an id that no other trade has");
    }
    texts.set(id, text);
  }
}

function readId(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw unreadable("kraken", "trade id", value, "a whole number from 1 on");
  }
  return value;
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}
