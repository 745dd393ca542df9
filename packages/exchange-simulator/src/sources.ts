import { Hono } from "hono";
import type { Exchange, SimulatorEnv, SourceRoutes } from "./exchange.ts";
import { binanceFuturesRoutes, binanceRoutes } from "./exchanges/binance.ts";
import { coinbaseAdvancedRoutes } from "./exchanges/coinbase-advanced.ts";
import { coinbaseExchangeRoutes } from "./exchanges/coinbase-exchange.ts";
import { coingeckoRoutes } from "./exchanges/coingecko.ts";
import { cryptocompareRoutes } from "./exchanges/cryptocompare.ts";
import { finnhubRoutes } from "./exchanges/finnhub.ts";
import { krakenRoutes } from "./exchanges/kraken.ts";
import { massiveRoutes } from "./exchanges/massive.ts";

const ROUTES_BY_HOST: Readonly<Record<string, (exchange: Exchange) => SourceRoutes>> = {
  "api.binance.com": binanceRoutes,
  "data-api.binance.vision": binanceRoutes,
  "fapi.binance.com": binanceFuturesRoutes,
  "dapi.binance.com": binanceFuturesRoutes,
  "api.kraken.com": krakenRoutes,
  "api.exchange.coinbase.com": coinbaseExchangeRoutes,
  "api.coinbase.com": coinbaseAdvancedRoutes,
  "min-api.cryptocompare.com": cryptocompareRoutes,
  "api.coingecko.com": coingeckoRoutes,
  "api.massive.com": massiveRoutes,
  "finnhub.io": finnhubRoutes,
};

/** Real hosts that the simulator answers for. */
export const SOURCE_HOSTS = Object.keys(ROUTES_BY_HOST);

/** Every host's routes under `/{host}`. Each host has rate limits of its own. */
export function sourceRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  for (const [host, routesOf] of Object.entries(ROUTES_BY_HOST)) {
    routes.route(`/${host}`, routesOf(exchange));
  }
  return routes;
}
