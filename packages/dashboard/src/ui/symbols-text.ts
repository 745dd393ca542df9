import { isSymbol } from "@candlehouse/shared/core/symbol";

/** Symbols as people type them. */

/** The symbols in `text`, each once, in their order: `btc/usdt, ETH-USDT`. */
export function symbolsIn(text: string): readonly string[] {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  return [...new Set(words.map((word) => word.toUpperCase().replace("/", "-")))];
}

/** `text` with `symbol` behind what it names, or as it is where it names that already. */
export function withSymbol(text: string, symbol: string): string {
  const symbols = symbolsIn(text);
  return symbols.includes(symbol) ? text : [...symbols, symbol].join(", ");
}

/** What is known of a symbol that was typed. */
export type Knowledge = "known" | "new" | "alias" | "wrong";

const ALIAS = /^(?:XBT|XDG)-|-(?:XBT|XDG)$/;

/**
 * Whether `symbol` is one of `known`; an alias, which the system understands; none of them, but
 * spelled like a symbol; or nothing.
 */
export function knowledgeOf(symbol: string, known: ReadonlySet<string>): Knowledge {
  if (known.has(symbol)) {
    return "known";
  }
  if (isSymbol(symbol)) {
    return "new";
  }
  return ALIAS.test(symbol) ? "alias" : "wrong";
}
