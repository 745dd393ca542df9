import type { SourceId } from "@candlehouse/shared/core/source";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import { askAll } from "@candlehouse/shared/d1/ask-databases";
import { read } from "@candlehouse/shared/d1/read-series";
import { readDigits, type MarketDigits } from "../read-digits.ts";
import type { Stores } from "../read-pages.ts";
import { BINANCE_CODES, BinanceError, illegalCharacters } from "./binance-error.ts";
import { findMarket, type DoorMarket } from "./door-markets.ts";
import { readDoorParameters, readSymbol } from "./door-parameters.ts";

/** Where a market has no candle or no volume: what assets have at Binance. */
const DIGITS_DEFAULT: MarketDigits = { price: 8, volume: 8 };

/** Most names in one request; more is more than a URL holds. */
const SYMBOLS_MAX = 100;

/** `["BTCUSDT","ETHUSDT"]` */
const SYMBOLS = /^\["[A-Z0-9-_.]{1,32}"(,"[A-Z0-9-_.]{1,32}")*\]$/;

/** A market is traded where it is collected and not closed at its source. */
const SELECT_TRADING = `
SELECT symbol FROM series AS s WHERE source = ?1 AND enabled = 1 AND NOT EXISTS (
  SELECT 1 FROM markets AS m
  WHERE m.source = s.source AND m.symbol = s.symbol AND m.valid_until <= ?2
) GROUP BY symbol`;

/** The names that `symbol` or `symbols` ask for; undefined where all are meant. */
export function readNames(
  queries: Readonly<Record<string, readonly string[]>>,
): readonly string[] | undefined {
  const { symbol, symbols } = readDoorParameters(queries, ["symbol", "symbols"]);
  if (symbol !== undefined && symbols !== undefined) {
    throw new BinanceError(
      BINANCE_CODES.badCombination,
      "Combination of optional parameters invalid.",
    );
  }
  if (symbol !== undefined) {
    return [readSymbol("symbol", symbol)];
  }
  if (symbols === undefined) {
    return undefined;
  }
  if (!SYMBOLS.test(symbols)) {
    throw illegalCharacters("symbols", SYMBOLS.source);
  }
  const names = symbols.slice(2, -2).split('","');
  if (names.length > SYMBOLS_MAX) {
    throw new BinanceError(
      BINANCE_CODES.tooManyParameters,
      `Too many parameters; expected '${SYMBOLS_MAX}' and received '${names.length}'.`,
    );
  }
  return [...new Set(names)];
}

/** Those of `markets` that are called `names`, in that order; all where no names are given. */
export function chooseMarkets(
  markets: readonly DoorMarket[],
  names: readonly string[] | undefined,
): readonly DoorMarket[] {
  return names === undefined ? markets : names.map((name) => findMarket(markets, name));
}

/** The `symbols` of GET /api/v3/exchangeInfo for `markets` of `source`. */
export async function readSymbolInfos(
  stores: Stores,
  source: SourceId,
  markets: readonly DoorMarket[],
  nowSeconds: number,
) {
  const { rows } = await askAll(stores.DB, (one) =>
    read<{ symbol: string }>(one, SELECT_TRADING, [source, nowSeconds]),
  );
  const trading = new Set(rows.map(({ symbol }) => symbol));
  const digits = await readDigits(stores, markets, DIGITS_DEFAULT, nowSeconds);
  return markets.map((market, index) =>
    symbolInfoOf(market, digits[index] ?? DIGITS_DEFAULT, trading.has(market.symbol)),
  );
}

function symbolInfoOf({ name, symbol }: DoorMarket, digits: MarketDigits, isTrading: boolean) {
  const { base, quote } = splitSymbol(symbol);
  return {
    symbol: name,
    status: isTrading ? ("TRADING" as const) : ("BREAK" as const),
    baseAsset: base,
    baseAssetPrecision: digits.volume,
    quoteAsset: quote,
    quotePrecision: digits.price,
    quoteAssetPrecision: digits.price,
    orderTypes: [],
    icebergAllowed: false,
    ocoAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    // Binance's maxPrice and maxQty are not known, and nothing is bought here.
    filters: [
      {
        filterType: "PRICE_FILTER" as const,
        minPrice: stepOf(digits.price),
        tickSize: stepOf(digits.price),
      },
      {
        filterType: "LOT_SIZE" as const,
        minQty: stepOf(digits.volume),
        stepSize: stepOf(digits.volume),
      },
    ],
    permissions: ["SPOT"],
    permissionSets: [["SPOT"]],
  };
}

/** The least step between numbers of so many digits after the point: `0.01` for 2. */
function stepOf(digits: number): string {
  return digits === 0 ? "1" : `0.${"0".repeat(digits - 1)}1`;
}
