import { Hono } from "hono";
import { toJsonNumber } from "../decimal.ts";
import {
  jsonAnswer,
  pageOf,
  type Call,
  type Exchange,
  type SimulatorEnv,
  type SourceContext,
  type SourceRoutes,
} from "../exchange.ts";
import { DAY_MS, everyMs, HOUR_MS, MINUTE_MS, openTimeOf, shiftOpenTime } from "../interval.ts";
import { createWindowCounter } from "../rate-limit.ts";

interface Histo {
  readonly path: string;
  readonly stepMs: number;
  readonly limitDefault: number;
}

const HISTOS: readonly Histo[] = [
  { path: "/data/v2/histominute", stepMs: MINUTE_MS, limitDefault: 1440 },
  { path: "/data/v2/histohour", stepMs: HOUR_MS, limitDefault: 168 },
  { path: "/data/v2/histoday", stepMs: DAY_MS, limitDefault: 30 },
];
const LIMIT_MAX = 2000;
const CALLS_PER_SECOND = 50;
const CALLS_PER_MINUTE = 1000;
/** Venues that `e` may name; all of them show the index here. */
const VENUES = new Set(["CCCAGG", "BINANCE", "KRAKEN", "COINBASE", "BITSTAMP", "BITFINEX"]);

/** min-api.cryptocompare.com: no answer without a key, and errors with status 200. */
export function cryptocompareRoutes(exchange: Exchange): SourceRoutes {
  const routes = new Hono<SimulatorEnv>();
  const second = createWindowCounter(1000);
  const minute = createWindowCounter(MINUTE_MS);
  routes.use(async (context, next) => {
    if (keyOf(context) === "") {
      return jsonAnswer(
        {
          Data: {},
          Err: {
            type: 2,
            message:
              "API key required, please refer to the documentation at https://developers.coindesk.com/",
            http_status_code: 401,
          },
        },
        401,
      );
    }
    const { nowMs } = context.env.call;
    const made = { second: second.add(nowMs, 1), minute: minute.add(nowMs, 1) };
    if (made.second > CALLS_PER_SECOND || made.minute > CALLS_PER_MINUTE) {
      return refusal(99, "You are over your rate limit please upgrade your account!", {
        HasWarning: false,
        RateLimit: {
          calls_made: made,
          max_calls: { second: CALLS_PER_SECOND, minute: CALLS_PER_MINUTE },
        },
        Data: {},
      });
    }
    await next();
    return undefined;
  });
  for (const histo of HISTOS) {
    routes.get(histo.path, (context) => history(exchange, context, histo));
  }
  routes.get("/stats/rate/limit", (context) => {
    const { nowMs } = context.env.call;
    const made = { second: second.used(nowMs), minute: minute.used(nowMs) };
    const left = {
      second: CALLS_PER_SECOND - made.second,
      minute: CALLS_PER_MINUTE - made.minute,
    };
    return jsonAnswer({
      Response: "Success",
      Message: "",
      HasWarning: false,
      Type: 100,
      RateLimit: {},
      Data: { calls_made: made, calls_left: left },
    });
  });
  routes.all("*", () => refusal(2, "Path does not exist", { Data: {} }));
  return routes;
}

function history(exchange: Exchange, context: SourceContext, histo: Histo): Response {
  const query = (name: string): string | undefined => context.req.query(name);
  const call = context.env.call;
  const [fsym, tsym, venue] = [query("fsym"), query("tsym"), query("e") ?? "CCCAGG"];
  if (fsym === undefined || tsym === undefined) {
    return badParameter(fsym === undefined ? "fsym" : "tsym", "param is empty or null.");
  }
  const limit = Number(query("limit") ?? histo.limitDefault);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    return badParameter(
      "limit",
      limit > LIMIT_MAX ? "is larger than max value." : "param is not valid.",
    );
  }
  const aggregate = Number(query("aggregate") ?? 1);
  const toTs = Number(query("toTs") ?? -1);
  if (
    !Number.isInteger(aggregate) ||
    aggregate < 1 ||
    aggregate > LIMIT_MAX ||
    !Number.isInteger(toTs)
  ) {
    return badParameter(Number.isInteger(toTs) ? "aggregate" : "toTs", "param is not valid.");
  }
  const market = exchange.catalogue.find(
    "cryptocompare",
    `${fsym.toUpperCase()}-${tsym.toUpperCase()}`,
  );
  if (market === undefined || !VENUES.has(venue.toUpperCase())) {
    return refusal(1, `${venue} market does not exist for this coin pair (${fsym}-${tsym})`, {
      Aggregated: false,
      Data: [],
    });
  }
  const toMs = toTs < 0 ? call.nowMs : Math.min(toTs * 1000, call.nowMs);
  // More base candles than the cap are silently cut.
  const count = Math.min(limit, Math.max(1, Math.floor(LIMIT_MAX / aggregate)));
  const grid = everyMs(histo.stepMs * aggregate);
  const lastMs = openTimeOf(grid, toMs);
  const firstMs = shiftOpenTime(grid, lastMs, -count);
  const found = exchange
    .candlesFor(call)
    .candles({ market, grid, fromMs: firstMs, toMs: lastMs + 1, nowMs: call.nowMs });
  const byTime = new Map(found.map((candle) => [candle.openMs, candle]));
  const rows = Array.from({ length: count + 1 }, (_, index) => {
    const openMs = shiftOpenTime(grid, firstMs, index);
    const candle = byTime.get(openMs);
    // The history never ends: before the listing every number is zero.
    return {
      time: openMs / 1000,
      high: candle === undefined ? 0 : toJsonNumber(candle.high),
      low: candle === undefined ? 0 : toJsonNumber(candle.low),
      open: candle === undefined ? 0 : toJsonNumber(candle.open),
      volumefrom: candle === undefined ? 0 : toJsonNumber(candle.volume),
      volumeto: candle === undefined ? 0 : cents(toJsonNumber(candle.quoteVolume)),
      close: candle === undefined ? 0 : toJsonNumber(candle.close),
      conversionType: "direct",
      conversionSymbol: "",
    };
  });
  return success(call, aggregate > 1, rows);
}

function success(call: Call, aggregated: boolean, rows: readonly { time: number }[]): Response {
  return jsonAnswer({
    Response: "Success",
    Message: "",
    HasWarning: false,
    Type: 100,
    RateLimit: {},
    Data: {
      Aggregated: aggregated,
      TimeFrom: rows.at(0)?.time,
      TimeTo: rows.at(-1)?.time,
      Data: pageOf(call, rows),
    },
  });
}

function keyOf(context: SourceContext): string {
  const header = /^Apikey (.+)$/i.exec(context.req.header("Authorization") ?? "");
  return header?.[1] ?? context.req.query("api_key") ?? "";
}

function badParameter(name: string, reason: string): Response {
  return refusal(2, `${name} ${reason}`, {
    HasWarning: false,
    RateLimit: {},
    Data: {},
    ParamWithError: name,
  });
}

function refusal(type: number, message: string, rest: Readonly<Record<string, unknown>>): Response {
  return jsonAnswer({ Response: "Error", Message: message, Type: type, ...rest });
}

/** Quote volumes come with two decimals. */
function cents(value: number): number {
  return Math.round(value * 100) / 100;
}
