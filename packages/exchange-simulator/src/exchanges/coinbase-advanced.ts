import { Hono } from "hono";
import { formatShortest, fromUnits } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import type { Grid } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { limitRequests } from "./coinbase-limits.ts";

const MINUTES = {
  ONE_MINUTE: 1,
  FIVE_MINUTE: 5,
  FIFTEEN_MINUTE: 15,
  THIRTY_MINUTE: 30,
  ONE_HOUR: 60,
  TWO_HOUR: 120,
  FOUR_HOUR: 240,
  SIX_HOUR: 360,
  ONE_DAY: 1440,
};
const GRIDS: ReadonlyMap<string, Grid & { readonly stepMs: number }> = new Map(
  Object.entries(MINUTES).map(([name, minutes]) => [
    name,
    { kind: "fixed", stepMs: minutes * 60_000, offsetMs: 0 },
  ]),
);
const ROWS_MAX = 350;

/** api.coinbase.com: the public part of Advanced Trade, and the lists that its v2 gives. */
export function coinbaseAdvancedRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  routes.use(limitRequests({ error: "RESOURCE_EXHAUSTED", message: "too many requests" }));
  routes.get("/api/v3/brokerage/time", (context) => {
    const { nowMs } = context.env.call;
    return jsonAnswer({
      iso: new Date(nowMs).toISOString(),
      epochSeconds: String(Math.floor(nowMs / 1000)),
      epochMillis: String(nowMs),
    });
  });
  routes.get("/api/v3/brokerage/market/products", (context) => {
    const spot = (context.req.query("product_type") ?? "SPOT") === "SPOT";
    const products = exchange.catalogue
      .of("coinbase")
      .filter((market) => spot && market.listedMs <= context.env.call.nowMs)
      .map(productOf);
    return jsonAnswer({ products, num_products: products.length });
  });
  routes.get("/api/v3/brokerage/market/products/:id", (context) => {
    const market = exchange.catalogue.find("coinbase", context.req.param("id"));
    return market === undefined ? notFound() : jsonAnswer(productOf(market));
  });
  routes.get("/api/v3/brokerage/market/products/:id/candles", (context) => {
    const market = exchange.catalogue.find("coinbase", context.req.param("id"));
    return market === undefined ? notFound() : candles(exchange, context, market);
  });
  routes.get("/v2/currencies", () =>
    jsonAnswer({ data: [{ id: "USD", name: "United States Dollar", min_size: "0.01" }] }),
  );
  routes.get("/v2/currencies/crypto", () => jsonAnswer({ data: cryptoCurrencies(exchange) }));
  routes.get("/v2/exchange-rates", () =>
    jsonAnswer({ data: { currency: "USD", rates: { USD: "1.0" } } }),
  );
  routes.all("*", () => notFound());
  return routes;
}

function candles(exchange: Exchange, context: SourceContext, market: Market): Response {
  const call = context.env.call;
  const grid = GRIDS.get(context.req.query("granularity") ?? "");
  const startMs = secondsOf(context.req.query("start"));
  const endMs = secondsOf(context.req.query("end"));
  if (grid === undefined) {
    return invalid("granularity argument is invalid");
  }
  if (Number.isNaN(startMs) || Number.isNaN(endMs) || startMs > endMs) {
    return invalid("start and end argument is invalid");
  }
  if ((endMs - startMs) / grid.stepMs >= ROWS_MAX) {
    return invalid(
      `start and end argument is invalid - number of candles requested should be less than ${ROWS_MAX} `,
    );
  }
  const limit = Number(context.req.query("limit") ?? ROWS_MAX);
  const rows = exchange
    .candlesFor(call)
    // Both bounds are inclusive.
    .candles({ market, grid, fromMs: startMs, toMs: endMs + 1, nowMs: call.nowMs })
    .toReversed()
    .slice(0, limit >= 1 ? Math.min(limit, ROWS_MAX) : ROWS_MAX)
    .map((candle) => ({
      start: String(candle.openMs / 1000),
      low: formatShortest(candle.low),
      high: formatShortest(candle.high),
      open: formatShortest(candle.open),
      close: formatShortest(candle.close),
      volume: formatShortest(candle.volume),
    }));
  return jsonAnswer({ candles: pageOf(call, rows) });
}

function secondsOf(text: string | undefined): number {
  return /^\d+$/.test(text ?? "") ? Number(text) * 1000 : Number.NaN;
}

function invalid(details: string): Response {
  return jsonAnswer({ error: "INVALID_ARGUMENT", error_details: details, message: details }, 400);
}

function notFound(): Response {
  return jsonAnswer({ error: "NOT_FOUND", error_details: "not found", message: "not found" }, 404);
}

function productOf(market: Market): unknown {
  return {
    product_id: market.symbol,
    quote_increment: formatShortest(fromUnits(1, market.priceDecimals)),
    price_increment: formatShortest(fromUnits(1, market.priceDecimals)),
    base_increment: formatShortest(fromUnits(1, market.lotDecimals)),
    base_min_size: formatShortest(fromUnits(1, market.lotDecimals)),
    base_max_size: "1000000",
    quote_min_size: "1",
    quote_max_size: "150000000",
    base_name: market.token.name,
    quote_name: "US Dollar",
    base_currency_id: market.token.code,
    quote_currency_id: market.quote,
    base_display_symbol: market.token.code,
    quote_display_symbol: market.quote,
    product_type: "SPOT",
    product_venue: "CBE",
    status: "online",
    watched: false,
    is_disabled: false,
    new: false,
    cancel_only: false,
    limit_only: false,
    post_only: false,
    trading_disabled: false,
    auction_mode: false,
    view_only: false,
    alias: "",
    alias_to: [],
    fcm_trading_session_details: null,
    mid_market_price: "",
  };
}

function cryptoCurrencies(exchange: Exchange): readonly unknown[] {
  return exchange.catalogue.of("coinbase").map(({ token }, index) => ({
    asset_id: token.geckoId,
    code: token.code,
    name: token.name,
    color: "#000000",
    sort_index: 100 + index,
    exponent: 8,
    type: "crypto",
    address_regex: "",
  }));
}
