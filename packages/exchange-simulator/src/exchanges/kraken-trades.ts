import { formatFixed } from "../decimal.ts";
import { pageOf, type Call, type Exchange } from "../exchange.ts";
import { DAY_MS, EVERY_MINUTE, HOUR_MS, MINUTE_MS } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { tradesOf, type MarketTrade } from "../market/trades.ts";

const COUNT_MAX = 1_000;
const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
/** A number below is a time in seconds. */
const SECONDS_MAX = 100_000_000_000n;
/** Minutes that are looked through at once. */
const STEP_MS = HOUR_MS;

/** The result of /0/public/Trades; undefined where an argument is none. */
export function tradesResult(
  exchange: Exchange,
  call: Call,
  market: Market,
  query: Readonly<Record<string, string>>,
): unknown {
  const { since, count = String(COUNT_MAX) } = query;
  if (!/^\d+$/.test(count) || Number(count) < 1 || Number(count) > COUNT_MAX) {
    return undefined;
  }
  if (since !== undefined && !/^\d{1,19}$/.test(since)) {
    return undefined;
  }
  const find = since === undefined ? newestTrades : oldestTrades;
  const found = find(exchange, call, market, sinceNs(since), Number(count));
  const sent = pageOf(call, found);
  const last = sent.at(-1)?.timeNs ?? sinceNs(since);
  return {
    [market.symbol]: sent.map((trade) => rowOf(trade, market.priceDecimals)),
    last: String(last),
  };
}

function sinceNs(since: string | undefined): bigint {
  const time = BigInt(since ?? 0);
  return time < SECONDS_MAX ? time * NS_PER_SECOND : time;
}

/** The oldest `count` trades after `afterNs`, exclusive, up to now. */
function oldestTrades(
  exchange: Exchange,
  call: Call,
  market: Market,
  afterNs: bigint,
  count: number,
): readonly MarketTrade[] {
  const found: MarketTrade[] = [];
  const afterMs = Math.max(market.listedMs, Number(afterNs / NS_PER_MS));
  let fromMs = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS;
  while (found.length < count && fromMs <= call.nowMs) {
    const trades = tradesBetween(exchange, call, market, fromMs, fromMs + STEP_MS);
    found.push(...trades.filter(({ timeNs }) => timeNs > afterNs));
    fromMs += STEP_MS;
  }
  return found.slice(0, count);
}

/** The newest `count` trades, of the last day at most. */
function newestTrades(
  exchange: Exchange,
  call: Call,
  market: Market,
  _afterNs: bigint,
  count: number,
): readonly MarketTrade[] {
  let found: readonly MarketTrade[] = [];
  let toMs = Math.floor(call.nowMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const firstMs = toMs - DAY_MS;
  while (found.length < count && toMs > firstMs) {
    found = [...tradesBetween(exchange, call, market, toMs - STEP_MS, toMs), ...found];
    toMs -= STEP_MS;
  }
  return found.slice(-count);
}

/** The trades of the minutes from `fromMs` up to, without, `toMs`, as far as they have happened. */
function tradesBetween(
  exchange: Exchange,
  call: Call,
  market: Market,
  fromMs: number,
  toMs: number,
): readonly MarketTrade[] {
  // The minute that is still open is looked at as a whole: of its trades those are there that were.
  const lastMs = Math.floor(call.nowMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const nowNs = BigInt(call.nowMs) * NS_PER_MS;
  return exchange
    .candlesFor(call)
    .candles({
      market,
      grid: EVERY_MINUTE,
      fromMs,
      toMs: Math.min(toMs, lastMs),
      nowMs: lastMs,
    })
    .flatMap((candle) => tradesOf(candle, market))
    .filter(({ timeNs }) => timeNs <= nowNs);
}

/** Price, volume, time in seconds, buy or sell, market or limit, miscellaneous, id. */
function rowOf(trade: MarketTrade, priceDecimals: number): readonly (string | number)[] {
  const seconds = trade.timeNs / NS_PER_SECOND;
  const nanoseconds = String(trade.timeNs % NS_PER_SECOND).padStart(9, "0");
  return [
    formatFixed(trade.price, Math.max(5, priceDecimals)),
    formatFixed(trade.volume, 8),
    Number(`${seconds}.${nanoseconds}`),
    trade.isBuy ? "b" : "s",
    trade.id % 3 === 0 ? "m" : "l",
    "",
    trade.id,
  ];
}
