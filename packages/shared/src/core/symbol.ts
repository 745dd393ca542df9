/** A market in this system's own spelling: `BASE-QUOTE`, upper case, BTC not XBT, DOGE not XDG. */
export interface MarketSymbol {
  readonly base: string;
  readonly quote: string;
}

/** Longest symbol that is accepted, in characters. */
export const SYMBOL_LENGTH_MAX = 32;

const SYMBOL_PATTERN = /^[A-Z0-9]{1,20}-[A-Z0-9]{1,11}$/;

/** Names that a source may use for an asset that this system calls otherwise. */
const CANONICAL_ASSET: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

/** Whether `text` is a symbol in canonical spelling. `XBT-USD` is not: the word is `BTC-USD`. */
export function isSymbol(text: string): boolean {
  if (!SYMBOL_PATTERN.test(text)) {
    return false;
  }
  const { base, quote } = splitSymbol(text);
  return !(base in CANONICAL_ASSET) && !(quote in CANONICAL_ASSET);
}

/** Base and quote of a canonical symbol. */
export function splitSymbol(symbol: string): MarketSymbol {
  const dash = symbol.indexOf("-");
  return { base: symbol.slice(0, dash), quote: symbol.slice(dash + 1) };
}
