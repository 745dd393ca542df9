/** Everyone who publishes candles to this system, by the word used in keys, SQL and HTTP. */
export const SOURCES = [
  "binance",
  "kraken",
  "coinbase",
  "cryptocompare",
  "coingecko",
  "massive",
  "finnhub",
] as const;

export type SourceId = (typeof SOURCES)[number];

export function isSourceId(text: string): text is SourceId {
  return SOURCES.some((source) => source === text);
}
