import { isSymbol } from "./symbol.ts";

/** Currencies that markets are quoted in, as this system spells them. */
const QUOTES = [
  ..."USDT USDC FDUSD BUSD TUSD USDP USDG PYUSD RLUSD USD1 DAI UST USDD PAX".split(" "),
  ..."USD EUR GBP JPY CAD AUD CHF NZD TRY BRL ARS ZAR MXN PLN RON UAH RUB NGN IDRT COP".split(" "),
  ..."BTC ETH BNB TRX DOGE DOT SOL XRP".split(" "),
];

/** Assets by which an ambiguous name is understood: BTCTUSD is BTC in TUSD, for there is no BTCT. */
const KNOWN_BASES: ReadonlySet<string> = new Set(
  (
    "BTC ETH XRP SOL BNB ADA DOGE DOT LTC BCH LINK XLM XMR TRX AVAX MATIC POL UNI ATOM ETC FIL " +
    "AAVE ALGO EOS XTZ ZEC DASH NEAR ICP APT ARB OP SUI PEPE SHIB INJ GRT MKR COMP CRV SNX YFI " +
    "USDT USDC DAI EUR GBP AUD"
  ).split(" "),
);

/** The names of Kraken's own for assets that others call otherwise. */
const FOREIGN_ASSETS: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" };

/** Kraken's older names: X before a coin of three letters, Z before a state's currency. */
const KRAKEN_LONG_NAME = /^X([A-Z]{3})[XZ]([A-Z]{3})$/;
const SEPARATED = /^([A-Z0-9]+)[-/_:]([A-Z0-9]+)$/;

/**
 * The canonical symbol of a market by a source's own name of it: `XBTUSD`, `XXBTZUSD` and `BTC/USD`
 * are `BTC-USD`, `BTCUSDT` is `BTC-USDT`. Undefined where the name ends in no known currency, or
 * can be read in two ways.
 */
export function splitMarketName(name: string): string | undefined {
  const upper = name.toUpperCase();
  const parts = SEPARATED.exec(upper) ?? KRAKEN_LONG_NAME.exec(upper);
  if (parts !== null) {
    const [, base = "", quote = ""] = parts;
    return SEPARATED.test(upper) || QUOTES.includes(assetOf(quote))
      ? symbolOf(base, quote)
      : splitByQuote(upper);
  }
  return splitByQuote(upper);
}

function splitByQuote(name: string): string | undefined {
  const symbols = [...QUOTES, ...Object.keys(FOREIGN_ASSETS)]
    .filter((quote) => name.length > quote.length && name.endsWith(quote))
    .map((quote) => symbolOf(name.slice(0, -quote.length), quote))
    .filter((symbol) => symbol !== undefined);
  if (symbols.length <= 1) {
    return symbols[0];
  }
  const known = symbols.filter((symbol) => KNOWN_BASES.has(symbol.slice(0, symbol.indexOf("-"))));
  return known.length === 1 ? known[0] : undefined;
}

function symbolOf(base: string, quote: string): string | undefined {
  const symbol = `${assetOf(base)}-${assetOf(quote)}`;
  return isSymbol(symbol) ? symbol : undefined;
}

function assetOf(name: string): string {
  return FOREIGN_ASSETS[name] ?? name;
}
