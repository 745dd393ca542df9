import { Hono } from "hono";
import { formatShortest, fromUnits, toJsonNumber } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { openTimeFrom, openTimeOf, shiftOpenTime, type Grid } from "../interval.ts";
import type { Market } from "../market/catalogue.ts";
import { limitRequests } from "./coinbase-limits.ts";

/** Granularity in seconds. */
const GRIDS: ReadonlyMap<string, Grid & { readonly stepMs: number }> = new Map(
  [60, 300, 900, 3600, 21_600, 86_400].map((seconds) => [
    String(seconds),
    { kind: "fixed", stepMs: seconds * 1000, offsetMs: 0 },
  ]),
);
const GRANULARITY_DEFAULT = "60";
const BUCKETS_MAX = 300;

/** api.exchange.coinbase.com. */
export function coinbaseExchangeRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  routes.use(limitRequests({ message: "Public rate limit exceeded" }));
  routes.get("/time", (context) => {
    const { nowMs } = context.env.call;
    return jsonAnswer({ iso: new Date(nowMs).toISOString(), epoch: nowMs / 1000 });
  });
  routes.get("/currencies", () => jsonAnswer(currencies(exchange)));
  routes.get("/products", (context) =>
    jsonAnswer(
      exchange.catalogue
        .of("coinbase")
        .filter((market) => market.listedMs <= context.env.call.nowMs)
        .map(productOf),
    ),
  );
  routes.get("/products/:id", (context) => {
    const market = exchange.catalogue.find("coinbase", context.req.param("id"));
    return market === undefined ? notFound() : jsonAnswer(productOf(market));
  });
  routes.get("/products/:id/candles", (context) => {
    const market = exchange.catalogue.find("coinbase", context.req.param("id"));
    return market === undefined ? notFound() : candles(exchange, context, market);
  });
  routes.all("*", () => jsonAnswer({ message: "Route not found" }, 404));
  return routes;
}

function candles(exchange: Exchange, context: SourceContext, market: Market): Response {
  const call = context.env.call;
  const grid = GRIDS.get(context.req.query("granularity") ?? GRANULARITY_DEFAULT);
  if (grid === undefined) {
    return jsonAnswer({ message: "Unsupported granularity" }, 400);
  }
  const asked = { start: context.req.query("start"), end: context.req.query("end") };
  let fromMs = shiftOpenTime(grid, openTimeOf(grid, call.nowMs), 1 - BUCKETS_MAX);
  let toMs = call.nowMs + 1;
  // One of the two alone is ignored.
  if (asked.start !== undefined && asked.end !== undefined) {
    const startMs = timeOf(asked.start);
    const endMs = timeOf(asked.end);
    if (Number.isNaN(startMs) || Number.isNaN(endMs)) {
      return jsonAnswer({ message: "Invalid start or end: expected ISO 8601 or unix time" }, 400);
    }
    if (startMs > endMs) {
      return jsonAnswer({ message: "start must be before end" }, 400);
    }
    const buckets = Math.floor((endMs - openTimeFrom(grid, startMs)) / grid.stepMs) + 1;
    if (buckets > BUCKETS_MAX) {
      return jsonAnswer(
        {
          message: `granularity too small for the requested time range. Count of aggregations requested exceeds ${BUCKETS_MAX}`,
        },
        400,
      );
    }
    // Both bounds are inclusive, and the candle that was open at `start` may come along.
    fromMs = buckets < BUCKETS_MAX ? openTimeOf(grid, startMs) : startMs;
    toMs = endMs + 1;
  }
  const found = exchange
    .candlesFor(call)
    .candles({ market, grid, fromMs, toMs, nowMs: call.nowMs });
  const rows = found
    .toReversed()
    .map((candle) => [
      candle.openMs / 1000,
      toJsonNumber(candle.low),
      toJsonNumber(candle.high),
      toJsonNumber(candle.open),
      toJsonNumber(candle.close),
      toJsonNumber(candle.volume),
    ]);
  return jsonAnswer(pageOf(call, rows));
}

/** ISO 8601, without a zone meaning UTC, or unix seconds. */
function timeOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) {
    return Number(text) * 1000;
  }
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
}

function notFound(): Response {
  return jsonAnswer({ message: "NotFound" }, 404);
}

function productOf(market: Market): unknown {
  return {
    id: market.symbol,
    base_currency: market.token.code,
    quote_currency: market.quote,
    quote_increment: formatShortest(fromUnits(1, market.priceDecimals)),
    base_increment: formatShortest(fromUnits(1, market.lotDecimals)),
    display_name: market.symbol.replace("-", "/"),
    min_market_funds: "1",
    margin_enabled: false,
    post_only: false,
    limit_only: false,
    cancel_only: false,
    status: "online",
    status_message: "",
    trading_disabled: false,
    fx_stablecoin: false,
    max_slippage_percentage: "0.02000000",
    auction_mode: false,
    high_bid_limit_percentage: "",
  };
}

function currencies(exchange: Exchange): readonly unknown[] {
  const tokens = exchange.catalogue.of("coinbase").map((market) => market.token);
  const rows = [
    { id: "USD", name: "United States Dollar", type: "fiat" },
    ...tokens.map((token) => ({ id: token.code, name: token.name, type: "crypto" })),
  ];
  return rows.map(({ id, name, type }) => ({
    id,
    name,
    min_size: "0.00000001",
    status: "online",
    message: "",
    max_precision: "0.00000001",
    convertible_to: [],
    details: {
      type,
      symbol: null,
      network_confirmations: 0,
      sort_order: 1,
      push_payment_methods: [],
    },
    default_network: "",
    supported_networks: [],
    display_name: id,
  }));
}
