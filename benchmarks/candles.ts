/** The candles that every side of a benchmark stores: the same for the same number. */

export const CANDLES_PER_MESSAGE = 10;
export const MESSAGES_PER_BATCH = 100;
export const CANDLES_PER_BATCH = CANDLES_PER_MESSAGE * MESSAGES_PER_BATCH;

const FIRST_OPEN_TIME = 1_672_531_200;
const SYMBOLS = ["BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT"] as const;

export type BenchCandle = [
  symbol: string,
  timeframe: "1m",
  timestamp: number,
  open: number,
  high: number,
  low: number,
  close: number,
  volume_from: number,
  volume_to: number,
  trades: number,
];

/** Candle number `index`: minutes of four symbols in turn, digits as an exchange writes them. */
export function benchCandle(index: number): BenchCandle {
  const symbol = SYMBOLS[index % SYMBOLS.length] ?? SYMBOLS[0];
  const timestamp = FIRST_OPEN_TIME + Math.floor(index / SYMBOLS.length) * 60;
  const open = cents(20_000 + ((index * 7_919) % 1_000_000) / 100);
  const close = cents(open + ((index * 31) % 200) / 100 - 1);
  const high = cents(Math.max(open, close) + (index % 97) / 100);
  const low = cents(Math.min(open, close) - (index % 89) / 100);
  const volume = ((index * 104_729) % 10_000_000) / 100_000;
  return [
    symbol,
    "1m",
    timestamp,
    open,
    high,
    low,
    close,
    volume,
    cents(volume * open),
    index % 5_000,
  ];
}

function cents(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What a queue hands over: parsed, as the platform does before a handler is called. */
export interface BenchMessage {
  readonly v: 1;
  readonly source: string;
  readonly origin: string;
  readonly candles: readonly BenchCandle[];
}

/** The messages with the candles from `from` (inclusive) to `to` (exclusive). */
export function benchMessages(from: number, to: number): BenchMessage[] {
  const messages: BenchMessage[] = [];
  for (let first = from; first < to; first += CANDLES_PER_MESSAGE) {
    const candles = Array.from({ length: CANDLES_PER_MESSAGE }, (_, i) => benchCandle(first + i));
    messages.push({ v: 1, source: "binance", origin: "cron", candles });
  }
  return messages;
}
