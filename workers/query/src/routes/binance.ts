import { parseClock, shownTimeMs } from "@candlehouse/shared/core/clock";
import type { z } from "@hono/zod-openapi";
import { CACHE_BY_TAG, CACHE_NEVER } from "../answer.ts";
import { NOT_MODIFIED } from "../answer-schemas.ts";
import type { App, AppContext } from "../app.ts";
import { answerDoor, answerNoDoor, doorSourceOf, type DoorBody } from "../binance/door-answer.ts";
import { readDoorMarket, readDoorMarkets } from "../binance/door-markets.ts";
import { readDoorParameters, readTimeUnit, unitsASecond } from "../binance/door-parameters.ts";
import {
  doorErrorSchema,
  emptySchema,
  exchangeInfoParameters,
  exchangeInfoSchema,
  klinesParameters,
  klinesSchema,
  serverTimeSchema,
  sourceInPath,
  timeUnitHeader,
} from "../binance/door-schemas.ts";
import { chooseMarkets, readNames, readSymbolInfos } from "../binance/exchange-info.ts";
import { klinesJson } from "../binance/kline-row.ts";
import { readKlinesQuery } from "../binance/klines-query.ts";
import { readKlines, type Klines } from "../binance/read-klines.ts";
import { cacheFor, holdsSeconds } from "../edge-cache.ts";
import { readNowSeconds } from "../settings.ts";

const TIME_UNIT_HEADER = "X-MBX-TIME-UNIT";

/** What markets there are changes seldom, and costs a row read a candle looked at. */
const CACHE_A_MINUTE = "public, max-age=60";

/** By which each route is asked. */
const METHODS = "GET, HEAD, OPTIONS";

/** A route of the door, below `/binance` and below `/binance/{source}`. */
interface DoorRoute {
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly query?: z.ZodObject;
  readonly handle: (c: AppContext) => Promise<DoorBody> | DoorBody;
}

const ROUTES: readonly DoorRoute[] = [
  {
    path: "/api/v3/ping",
    operationId: "Ping",
    summary: "Whether the door answers, as Binance says it",
    schema: emptySchema,
    handle: answerPing,
  },
  {
    path: "/api/v3/time",
    operationId: "Time",
    summary: "The time, as Binance says it",
    schema: serverTimeSchema,
    handle: answerTime,
  },
  {
    path: "/api/v3/exchangeInfo",
    operationId: "ExchangeInfo",
    summary: "The stored markets, as Binance lists its own",
    schema: exchangeInfoSchema,
    query: exchangeInfoParameters,
    handle: answerExchangeInfo,
  },
  {
    path: "/api/v3/klines",
    operationId: "Klines",
    summary: "Candles, as Binance gives them, the open one among them",
    schema: klinesSchema,
    query: klinesParameters,
    handle: answerKlines,
  },
];

/** The Binance-compatible door: of the source of a setting, or of any source by path. */
export function addBinanceRoutes(app: App): void {
  for (const route of ROUTES) {
    describe(app, route, "/binance", {});
    describe(app, route, "/binance/{source}", { params: sourceInPath });
    for (const prefix of ["/binance", "/binance/:source"]) {
      app.get(`${prefix}${route.path}`, (c) => answerDoor(c, route.handle));
      app.all(`${prefix}${route.path}`, (c) => answerNoDoor(c, METHODS));
    }
  }
  app.all("/binance/*", (c) => answerNoDoor(c, undefined));
}

function describe(
  app: App,
  { path, operationId, summary, schema, query }: DoorRoute,
  prefix: string,
  request: { params?: z.ZodObject },
): void {
  const ofSource = request.params === undefined ? "" : "OfSource";
  app.openAPIRegistry.registerPath({
    method: "get",
    path: `${prefix}${path}`,
    operationId: `binance${operationId}${ofSource}`,
    tags: ["binance"],
    summary,
    request: { ...request, headers: timeUnitHeader, ...(query === undefined ? {} : { query }) },
    responses: {
      200: { description: "As Binance answers.", content: { "application/json": { schema } } },
      ...NOT_MODIFIED,
      400: errorAnswer("What is wrong with the request, by Binance's codes."),
      500: errorAnswer("A failure of ours: -1000."),
      503: errorAnswer("The database or the archive does not answer now: -1001."),
    },
  });
}

function errorAnswer(description: string) {
  return { description, content: { "application/json": { schema: doorErrorSchema } } };
}

function answerPing(c: AppContext): DoorBody {
  doorSourceOf(c);
  readDoorParameters(c.req.queries(), []);
  return { body: "{}", cacheControl: CACHE_NEVER };
}

function answerTime(c: AppContext): DoorBody {
  doorSourceOf(c);
  readDoorParameters(c.req.queries(), []);
  return { body: JSON.stringify({ serverTime: serverTimeOf(c) }), cacheControl: CACHE_NEVER };
}

async function answerExchangeInfo(c: AppContext): Promise<DoorBody> {
  const source = doorSourceOf(c);
  const names = readNames(c.req.queries());
  const markets = chooseMarkets(await readDoorMarkets(c.env.DB, source), names);
  const symbols = await readSymbolInfos(c.env, source, markets, readNowSeconds(c.env));
  const info = {
    timezone: "UTC",
    serverTime: serverTimeOf(c),
    // None is told: how often may be asked depends on who asks, and weighs each request alike.
    rateLimits: [],
    exchangeFilters: [],
    symbols,
  };
  return { body: JSON.stringify(info), cacheControl: CACHE_A_MINUTE };
}

async function answerKlines(c: AppContext): Promise<DoorBody> {
  const source = doorSourceOf(c);
  const query = readKlinesQuery(c.req.queries(), c.req.header(TIME_UNIT_HEADER));
  const market = await readDoorMarket(c.env.DB, source, query.symbol);
  const klines = await readKlines(c.env, market, query, readNowSeconds(c.env));
  const servedMs = performance.now();
  const body = klinesJson(klines.candles, query.timeframe, query.unit);
  return {
    body,
    cacheControl: cachingOf(klines, c.req.param("source") !== undefined),
    took: { cost: klines.cost, plan: klines.plan, servedMs },
  };
}

/** How long klines may be kept; `isOfSource` says whether the path names their source. */
function cachingOf({ present, ...state }: Klines, isOfSource: boolean): string {
  if (present) {
    return CACHE_NEVER;
  }
  const seconds = holdsSeconds(state);
  // Whose candles they are is a setting where the path does not say it.
  return seconds > 0 && !isOfSource ? CACHE_BY_TAG : cacheFor(seconds);
}

/** Now, by the clock that the Worker lives by, in the unit that the caller wants. */
function serverTimeOf(c: AppContext): number {
  const units = unitsASecond(readTimeUnit(c.req.header(TIME_UNIT_HEADER)));
  return Math.floor(shownTimeMs(parseClock(c.env.CLOCK), Date.now()) * (units / 1_000));
}
