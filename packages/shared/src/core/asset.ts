import { isSymbol } from "./symbol.ts";
import { TIER_BY_DEFAULT, type Tier } from "./tier.ts";

export const ASSET_CATEGORIES = ["CRYPTO", "STOCK", "COMMODITY", "CURRENCY"] as const;

export type AssetCategory = (typeof ASSET_CATEGORIES)[number];

/** What is known of what is traded. Times are unix seconds; they inform and decide nothing. */
export interface Asset {
  /** This system's spelling: BTC, DOGE. */
  readonly ticker: string;
  readonly name: string | null;
  readonly category: AssetCategory;
  readonly tier: Tier;
  /** Who gave the tier: the built-in table, or somebody by hand. */
  readonly assigned: "table" | "hand";
  /** Other names that people use for it; a symbol may be given with them. */
  readonly aliases: readonly string[];
  /** The ticker that took its place; its series keep their name. */
  readonly successor: string | null;
  /** Inclusive. */
  readonly valid_from: number | null;
  /** Exclusive. */
  readonly valid_until: number | null;
}

/** What an asset is taken for of which nothing but its ticker is known. */
export function unknownAsset(ticker: string, category: AssetCategory = "CRYPTO"): Asset {
  return {
    ticker,
    name: null,
    category,
    tier: TIER_BY_DEFAULT,
    assigned: "table",
    aliases: [],
    successor: null,
    valid_from: null,
    valid_until: null,
  };
}

const NAME_PATTERN = /^[A-Z0-9]{1,20}$/;

/** Whether `text` is spelled like a ticker or an alias. */
export function isAssetName(text: string): boolean {
  return NAME_PATTERN.test(text);
}

/** Whether `text` can name an asset here. XBT cannot: the word is BTC. */
export function isTicker(text: string): boolean {
  return isSymbol(`${text}-USD`);
}

/** Tickers by alias. */
export type Aliases = ReadonlyMap<string, string>;

export function aliasesOf(assets: Iterable<Asset>): Aliases {
  return new Map(
    Array.from(assets).flatMap(({ ticker, aliases }) =>
      aliases.map((alias): [string, string] => [alias, ticker]),
    ),
  );
}

/**
 * The symbol that `text` means where it may use aliases: `XBT-EUR` is `BTC-EUR`. Undefined where it
 * is none.
 */
export function resolveSymbol(text: string, aliases: Aliases): string | undefined {
  const [base = "", quote = "", ...rest] = text.split("-");
  const symbol = `${aliases.get(base) ?? base}-${aliases.get(quote) ?? quote}`;
  return rest.length === 0 && isSymbol(symbol) ? symbol : undefined;
}
