import type { Context, Hono } from "hono";
import { largest, multiply, roundTo, smallest } from "./decimal.ts";
import { absencesOf, restatementsOf, type Fault, type Restatement } from "./faults.ts";
import type { Candle } from "./market/candle.ts";
import type { Catalogue } from "./market/catalogue.ts";
import type { MarketData } from "./market/market-data.ts";

/** One request on its way through the simulator. */
export interface Call {
  readonly host: string;
  /** Simulated time of its arrival, Unix milliseconds: the time of the answer too. */
  readonly nowMs: number;
  readonly faults: readonly Fault[];
  /** The market that is asked for, as it is asked. */
  readonly symbol: string | undefined;
  /** What it costs at the source's rate limit; the source sets it. */
  weight: number;
}

export interface SimulatorEnv {
  Bindings: { call: Call };
}

export type SourceContext = Context<SimulatorEnv>;

/** The routes of one host, as paths below the host. */
export type SourceRoutes = Hono<SimulatorEnv>;

/** What the sources publish. */
export interface Exchange {
  readonly catalogue: Catalogue;
  /** The candles as `call` sees them: with the restatements and absences that are in force for it. */
  candlesFor(call: Call): MarketData;
}

export function createExchange(catalogue: Catalogue, data: MarketData): Exchange {
  return {
    catalogue,
    candlesFor(call) {
      const restatements = restatementsOf(call.faults);
      return {
        candles(range) {
          const absent = absencesOf(call.faults, range.market.symbol, call.symbol);
          const candles = data.candles(absent.length === 0 ? range : { ...range, absent });
          return restatements.length === 0
            ? candles
            : candles.map((candle) => restate(candle, restatements, range.market.priceDecimals));
        },
      };
    },
  };
}

/** `rows` in the order in which they are sent, cut short where a fault says so. */
export function pageOf<Row>(call: Call, rows: readonly Row[]): readonly Row[] {
  return call.faults.reduce(
    (page, fault) => (fault.kind === "truncate" ? page.slice(0, fault.rows) : page),
    rows,
  );
}

/** An answer of `body` as JSON with the source's own spelling of the content type. */
export function jsonAnswer(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const type = headers["Content-Type"] ?? "application/json; charset=utf-8";
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { ...headers, "Content-Type": type },
  });
}

function restate(
  candle: Candle,
  restatements: readonly Restatement[],
  priceDecimals: number,
): Candle {
  return restatements
    .filter((restatement) => restatement.openMs === candle.openMs)
    .reduce((stated, { factor }) => {
      const close = roundTo(multiply(stated.close, factor), priceDecimals);
      return {
        ...stated,
        close,
        high: largest(stated.high, close),
        low: smallest(stated.low, close),
        volume: roundTo(multiply(stated.volume, factor), 8),
        quoteVolume: roundTo(multiply(stated.quoteVolume, factor), 8),
        takerVolume: roundTo(multiply(stated.takerVolume, factor), 8),
        takerQuoteVolume: roundTo(multiply(stated.takerQuoteVolume, factor), 8),
      };
    }, candle);
}
