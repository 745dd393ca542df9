import { isSymbol } from "./symbol.ts";

/** `BTC-USDT` in one word. Several symbols of a source may share it. */
export function compactOf(symbol: string): string {
  return symbol.replace("-", "");
}

/** Every symbol that `word` is the compact form of. */
export function splitsOf(word: string): string[] {
  return Array.from(
    { length: word.length },
    (_, place) => `${word.slice(0, place)}-${word.slice(place)}`,
  ).filter((one) => isSymbol(one));
}
