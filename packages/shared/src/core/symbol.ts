/** A market in this system's own spelling: `BASE-QUOTE`, upper case, BTC not XBT, DOGE not XDG. */
export interface MarketSymbol {
  readonly base: string;
  readonly quote: string;
}

/** Longest symbol that is accepted, in characters. */
export const SYMBOL_LENGTH_MAX = 32;

/** Names of a source's own for assets that this system calls otherwise: BTC and DOGE. */
const FOREIGN_ASSETS = "XBT|XDG";

const SYMBOL_PATTERN = new RegExp(
  `^(?!(?:${FOREIGN_ASSETS})-)[A-Z0-9]{1,20}-(?!(?:${FOREIGN_ASSETS})$)[A-Z0-9]{1,11}$`,
);

/** Whether `text` is a symbol in canonical spelling. `XBT-USD` is not: the word is `BTC-USD`. */
export function isSymbol(text: string): boolean {
  return SYMBOL_PATTERN.test(text);
}

/** Base and quote of a canonical symbol. */
export function splitSymbol(symbol: string): MarketSymbol {
  const dash = symbol.indexOf("-");
  return { base: symbol.slice(0, dash), quote: symbol.slice(dash + 1) };
}
