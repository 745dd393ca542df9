import { Big } from "big.js";
import type { Candle } from "./candle.ts";
import { compareStored, decimalOf, storedDecimal, type StoredDecimal } from "./decimal.ts";
import { openTimeOf, type Timeframe } from "./timeframe.ts";

/** One trade of a market. */
export interface Trade {
  /** In quote currency. */
  readonly price: StoredDecimal;
  /** In base currency. */
  readonly volume: StoredDecimal;
  /** Unix nanoseconds, UTC. */
  readonly timeNs: bigint;
  /** The source's own number of the trade: no two trades of one market share it. */
  readonly id: number;
}

const NS_PER_SECOND = 1_000_000_000n;

/**
 * The candles of `timeframe` that `trades` make, oldest first. The trades may come in any order and
 * overlap, as pages do: one id counts once. Open is the first price by time, then by id, and close
 * the last; volumes are exact sums. There is no quote volume: a source that gives trades does not
 * say what it would have added up. An interval without a trade has no candle, and one of which
 * `trades` holds a part has a candle of that part: whoever asks sees to it that they are whole.
 */
export function rollUpTrades(trades: readonly Trade[], timeframe: Timeframe): Candle[] {
  const candles: Candle[] = [];
  let group: Trade[] = [];
  let timestamp = Number.NaN;
  for (const trade of inOrder(trades)) {
    const openTime = openTimeOf(Number(trade.timeNs / NS_PER_SECOND), timeframe);
    if (openTime !== timestamp) {
      closeGroup(candles, timestamp, group);
      timestamp = openTime;
      group = [];
    }
    group.push(trade);
  }
  closeGroup(candles, timestamp, group);
  return candles;
}

/** `trades` by time, then by id, each once. */
function inOrder(trades: readonly Trade[]): Trade[] {
  const seen = new Set<number>();
  return trades
    .filter(({ id }) => {
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    })
    .toSorted((a, b) => compareTimes(a.timeNs, b.timeNs) || a.id - b.id);
}

function compareTimes(a: bigint, b: bigint): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}

/** Puts the candle that `group` (in order) makes after `candles`; nothing where there is no trade. */
function closeGroup(candles: Candle[], timestamp: number, group: readonly Trade[]): void {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) {
    return;
  }
  let { price: high } = first;
  let low = high;
  let volume = new Big(0);
  for (const trade of group) {
    high = compareStored(trade.price, high) > 0 ? trade.price : high;
    low = compareStored(trade.price, low) < 0 ? trade.price : low;
    volume = volume.plus(decimalOf(trade.volume));
  }
  candles.push({
    timestamp,
    open: first.price,
    high,
    low,
    close: last.price,
    volume_from: storedDecimal(volume.toFixed()),
    volume_to: null,
    trades: group.length,
  });
}
