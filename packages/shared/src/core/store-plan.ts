import type { CandleRow } from "./candle.ts";

/** The candles of one source that were sent together, at `sentAtMs` (unix milliseconds). */
export interface SentCandles {
  readonly source: string;
  readonly sentAtMs: number;
  readonly candles: readonly CandleRow[];
}

/** A candle to store: whose it is, what a message carries of it, and when that was sent. */
export interface StoreCandle {
  readonly source: string;
  readonly candle: CandleRow;
  readonly sentAtMs: number;
}

/** What storing some messages takes. */
export interface StorePlan {
  /** Candles in the messages. */
  readonly candles: number;
  /** The first candle of each key (source, symbol, timeframe, timestamp). */
  readonly unique: readonly StoreCandle[];
  /**
   * Candles whose key came before them with other values. Each list holds a key once at most, and
   * a key's later candles stand in later lists: a revision is judged by the one before it.
   */
  readonly restated: readonly (readonly StoreCandle[])[];
}

/** Index in a CandleRow of the timestamp; what follows it are values. */
const TIMESTAMP = 2;

/**
 * How to store `sent`: by the time of sending, the first candle of a key is the one to store, a
 * candle that says the same as the one before it is dropped, and one that says otherwise is judged
 * as a revision.
 */
export function planStore(sent: readonly SentCandles[]): StorePlan {
  const unique: StoreCandle[] = [];
  const restated: StoreCandle[][] = [];
  const newest = new Map<string, Newest>();
  let candles = 0;
  for (const { source, sentAtMs, candles: sentCandles } of inOrderOfSending(sent)) {
    candles += sentCandles.length;
    for (const candle of sentCandles) {
      const key = `${source} ${candle[0]} ${candle[1]} ${candle[2]}`;
      const before = newest.get(key);
      if (before === undefined) {
        unique.push({ source, candle, sentAtMs });
        newest.set(key, { candle, restatements: 0 });
      } else if (!hasSameValues(before.candle, candle)) {
        (restated[before.restatements] ??= []).push({ source, candle, sentAtMs });
        newest.set(key, { candle, restatements: before.restatements + 1 });
      }
    }
  }
  return { candles, unique, restated };
}

/** The newest candle of a key so far. */
interface Newest {
  readonly candle: CandleRow;
  readonly restatements: number;
}

/**
 * The key that `candles` give twice with different values, as a sentence, or undefined where there
 * is none. What was sent in one message was sent at one time: no order says which value is later.
 */
export function findContradiction(candles: readonly CandleRow[]): string | undefined {
  for (const [index, later] of candles.entries()) {
    for (let before = 0; before < index; before += 1) {
      const earlier = candles[before];
      // Few candles, and the times of most differ: this costs nothing.
      if (earlier?.[2] === later[2] && contradicts(earlier, later)) {
        return `a candle stands twice, with different values: ${JSON.stringify(earlier)} and ${JSON.stringify(later)}`;
      }
    }
  }
  return undefined;
}

function contradicts(a: CandleRow, b: CandleRow): boolean {
  return a[0] === b[0] && a[1] === b[1] && a.some((value, place) => value !== b[place]);
}

function inOrderOfSending(sent: readonly SentCandles[]): SentCandles[] {
  return sent.toSorted((a, b) => a.sentAtMs - b.sentAtMs);
}

function hasSameValues(a: CandleRow, b: CandleRow): boolean {
  for (let place = TIMESTAMP + 1; place < a.length; place += 1) {
    if (a[place] !== b[place]) {
      return false;
    }
  }
  return true;
}
