import { candleValues, type Candle } from "@candlehouse/shared/core/candle";
import { parseDecimal, storedDecimal, type StoredDecimal } from "@candlehouse/shared/core/decimal";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { closeTimeOf, openTimeOf, timeframeSeconds } from "@candlehouse/shared/core/timeframe";
import { hashOf } from "./random.ts";

/** What a source says of one candle, in the decimals that it writes. */
interface Said {
  readonly timestamp: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly trades: number;
}

/** A seeded market: every candle follows from the seed. Times are unix seconds. */
export class Market {
  readonly #seed: number;
  /** From here on nothing is traded any more; exclusive. */
  end = Number.POSITIVE_INFINITY;
  /** How often the source has restated a candle. */
  readonly #restated = new Map<string, number>();
  /** Every value that an answer held, by candle. */
  readonly said = new Map<string, Set<string>>();
  /** Candles that the market has and an answer left out of what it spoke for. */
  readonly denied = new Set<string>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Whether something was traded in the interval. */
  has(series: Series, timestamp: number): boolean {
    return timestamp < this.end && this.#hash(series, timestamp) % 19 !== 7;
  }

  /** What the source says of a candle at `nowSeconds`; of an open one, as far as it is. */
  say(series: Series, timestamp: number, nowSeconds: number): Said {
    const isOpen = nowSeconds < closeTimeOf(timestamp, series.timeframe);
    const hash = this.#hash(series, timestamp);
    const version = this.#restated.get(keyOf(series, timestamp)) ?? 0;
    const low = 100 + (hash % 5_000) / 4;
    const moved = isOpen ? 0.5 : 1.75 + version * 0.25;
    return {
      timestamp,
      low: String(low),
      open: String(low + 0.25),
      close: String(low + moved),
      high: String(low + moved + 1),
      volume: `${(hash % 977) + version}.${isOpen ? "5" : "125"}`,
      // More digits than a double holds.
      quoteVolume: `${123_456_789 + (hash % 1_000)}.1234567890${version + 1}`,
      trades: hash % 1_000,
    };
  }

  /** From now on the source says otherwise of one of the candles of `from` to `until`. */
  restate(series: Series, from: number, until: number, draw: number): void {
    const step = timeframeSeconds(series.timeframe);
    const count = Math.max(1, Math.floor((until - from) / step));
    const timestamp = openTimeOf(from + Math.floor(draw * count) * step, series.timeframe);
    const key = keyOf(series, timestamp);
    this.#restated.set(key, (this.#restated.get(key) ?? 0) + 1);
  }

  /** Remembers that an answer held `said`. */
  note(series: Series, said: Said): void {
    const key = keyOf(series, said.timestamp);
    const values = this.said.get(key) ?? new Set<string>();
    this.said.set(key, values.add(valueOf(candleOf(series, said))));
  }

  /** Open times of the market's candles of `from` (inclusive) to `to` (exclusive). */
  times(series: Series, from: number, to: number): number[] {
    const step = timeframeSeconds(series.timeframe);
    const times: number[] = [];
    for (let time = from; time < to; time += step) {
      if (this.has(series, time)) {
        times.push(time);
      }
    }
    return times;
  }

  #hash(series: Series, timestamp: number): number {
    return hashOf(`${this.#seed} ${keyOf(series, timestamp)}`);
  }
}

/** Names a candle. */
export function keyOf(series: Series, timestamp: number): string {
  return `${formatSeries(series)} ${timestamp}`;
}

/** The values of a candle, to be compared. */
export function valueOf(candle: Candle): string {
  return JSON.stringify(candleValues(candle));
}

/** The candle that is to be stored of what a source says. */
export function candleOf({ source }: Series, said: Said): Candle {
  const hasQuote = source === "binance";
  return {
    timestamp: said.timestamp,
    open: stored(said.open),
    high: stored(said.high),
    low: stored(said.low),
    close: stored(said.close),
    volume_from: stored(said.volume),
    volume_to: hasQuote ? stored(said.quoteVolume) : null,
    trades: hasQuote ? said.trades : null,
  };
}

function stored(text: string): StoredDecimal {
  return storedDecimal(parseDecimal(text) ?? "0");
}

/** A row as the source writes it. */
export function wireRow({ source }: Series, said: Said): unknown {
  const { timestamp, open, high, low, close, volume, quoteVolume, trades } = said;
  return source === "binance"
    ? [
        timestamp * 1_000,
        open,
        high,
        low,
        close,
        volume,
        timestamp * 1_000 + 59_999,
        quoteVolume,
        trades,
      ]
    : { start: String(timestamp), low, high, open, close, volume };
}
