import { formatFixed, fromUnits } from "../decimal.ts";
import type { Exchange, SourceContext } from "../exchange.ts";
import type { Market } from "../market/catalogue.ts";
import { BinanceError } from "./binance-limits.ts";

const RATE_LIMITS = [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6000 },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 100 },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 200_000 },
  { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 300_000 },
];

/** The body of /api/v3/exchangeInfo: all symbols, or those of `symbol` or `symbols`. */
export function exchangeInfo(exchange: Exchange, context: SourceContext): unknown {
  const call = context.env.call;
  const names = namesOf(context);
  const markets =
    names === undefined
      ? exchange.catalogue.of("binance").filter((market) => market.listedMs <= call.nowMs)
      : names.map((name) => {
          const market = exchange.catalogue.find("binance", name);
          if (market === undefined) {
            throw new BinanceError(-1121, "Invalid symbol.");
          }
          return market;
        });
  return {
    timezone: "UTC",
    serverTime: call.nowMs,
    rateLimits: RATE_LIMITS,
    exchangeFilters: [],
    symbols: markets.map(symbolOf),
  };
}

function namesOf(context: SourceContext): readonly string[] | undefined {
  const one = context.req.query("symbol");
  const many = context.req.query("symbols");
  if (one !== undefined && many !== undefined) {
    throw new BinanceError(-1128, "Combination of optional parameters invalid.");
  }
  if (many === undefined) {
    return one === undefined ? undefined : [one];
  }
  if (!/^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\]$/.test(many)) {
    throw new BinanceError(
      -1100,
      "Illegal characters found in parameter 'symbols'; legal range is '^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$'.",
    );
  }
  return many.slice(2, -2).split('","');
}

function symbolOf(market: Market): unknown {
  const tick = formatFixed(fromUnits(1, market.priceDecimals), 8);
  const lot = formatFixed(fromUnits(1, market.lotDecimals), 8);
  return {
    symbol: market.symbol,
    status: "TRADING",
    baseAsset: market.token.code,
    baseAssetPrecision: 8,
    quoteAsset: market.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: [
      "LIMIT",
      "LIMIT_MAKER",
      "MARKET",
      "STOP_LOSS",
      "STOP_LOSS_LIMIT",
      "TAKE_PROFIT",
      "TAKE_PROFIT_LIMIT",
    ],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    amendAllowed: true,
    pegInstructionsAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tick, maxPrice: "1000000.00000000", tickSize: tick },
      { filterType: "LOT_SIZE", minQty: lot, maxQty: "9000000.00000000", stepSize: lot },
      {
        filterType: "NOTIONAL",
        minNotional: "5.00000000",
        applyMinToMarket: true,
        maxNotional: "9000000.00000000",
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
  };
}
