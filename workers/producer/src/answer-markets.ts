import { aliasesOf, resolveSymbol, type Aliases } from "@candlehouse/shared/core/asset";
import { assertValidity } from "@candlehouse/shared/core/asset-change";
import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { readAssets } from "@candlehouse/shared/d1/assets";
import {
  MARKET_COLUMNS,
  marketKey,
  putMarket,
  readMarkets,
  type Market,
} from "@candlehouse/shared/d1/markets";
import { jsonResponse, type Route } from "@candlehouse/shared/http/answer-routes";
import { readBody } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import { parseMarketOrder, type MarketOrder } from "./asset-order.ts";
import type { ProducerContext } from "./context.ts";
import { SYMBOL_FORM } from "./series-order.ts";
import { sourceOf } from "./sources/registry.ts";

/** Most bytes in an order; a sensible one has a hundred. */
const ORDER_BYTES_MAX = 16_000;

/** The route that says what a source calls a market, and when it was there. */
export const MARKET_ROUTES: readonly Route<ProducerContext>[] = [
  { method: "PUT", path: /^\/v1\/markets$/, answer: answerMarketChange },
];

async function answerMarketChange({ env }: ProducerContext, request: Request): Promise<Response> {
  const startMs = Date.now();
  const order = parseMarketOrder(await readBody(request, ORDER_BYTES_MAX));
  const aliases = aliasesOf((await readAssets(env.DB)).rows);
  const { source } = order;
  const symbol = resolve("symbol", order.symbol, aliases);
  const [known] = (await readMarkets(env.DB, { source, symbol })).rows;
  const market = applyMarketOrder(known, order, symbol, aliases);
  const given = MARKET_COLUMNS.filter((column) => order[column] !== undefined);
  const series = await putMarket(env.DB, market, given);
  log("markets.changed", {
    market: marketKey(market),
    nativeSymbol: market.native_symbol,
    series,
    durationMs: Date.now() - startMs,
  });
  const renamed = series === 0 ? "" : ` ${series} series of it are asked for by that name now.`;
  return jsonResponse({
    market,
    series_changed: series,
    message: `${marketKey(market)} is called ${market.native_symbol}.${renamed}`,
  });
}

/** The market that `order` makes of `known`. Throws InvalidInputError. */
function applyMarketOrder(
  known: Market | undefined,
  order: MarketOrder,
  symbol: string,
  aliases: Aliases,
): Market {
  const { source } = order;
  const native_symbol =
    order.native_symbol ?? known?.native_symbol ?? sourceOf(source).nativeSymbol(symbol);
  if (native_symbol === undefined) {
    throw new InvalidInputError(
      "native_symbol",
      native_symbol,
      `${source} has no rule for ${symbol}, so its name there is needed`,
    );
  }
  const market: Market = {
    source,
    symbol,
    native_symbol,
    valid_from: order.valid_from === undefined ? (known?.valid_from ?? null) : order.valid_from,
    valid_until: order.valid_until === undefined ? (known?.valid_until ?? null) : order.valid_until,
    successor:
      order.successor === undefined
        ? (known?.successor ?? null)
        : order.successor === null
          ? null
          : resolve("successor", order.successor, aliases),
  };
  assertValidity(market);
  if (market.successor === symbol) {
    throw new InvalidInputError("successor", symbol, "another symbol than that of the market");
  }
  return market;
}

function resolve(parameter: string, text: string, aliases: Aliases): string {
  const symbol = resolveSymbol(text, aliases);
  if (symbol === undefined) {
    throw new InvalidInputError(parameter, text, SYMBOL_FORM);
  }
  return symbol;
}
