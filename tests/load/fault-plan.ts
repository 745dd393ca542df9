import type { Fault } from "@candlehouse/exchange-simulator";
import { oneOf, wholeOf, type Draw } from "../fuzz/draw.ts";
import type { FleetSeries } from "../../workers/producer/src/fleet.ts";

/** Seconds between two looks at whether something goes wrong. */
export const FAULT_SECONDS = 5;

/** Kraken lets a request a second through: what goes wrong there costs the fleet the most. */
const HOSTS = [
  "api.binance.com",
  "api.binance.com",
  "api.coinbase.com",
  "api.coinbase.com",
  "min-api.cryptocompare.com",
  "min-api.cryptocompare.com",
  "api.kraken.com",
] as const;

const KINDS = ["error", "error", "cut", "garbage", "busy", "slow", "restate", "restate"] as const;
const ERROR_STATUSES = [500, 502, 503, 504] as const;

/** So many minutes back from the newest closed one: it is stored, and is still asked for again. */
const RESTATED_MINUTES_BACK = 2;
/** Of these, the simulator restates by the name of the market alone. */
const RESTATING_SOURCES: readonly string[] = ["binance", "coinbase"];

/** A candle that the source states anew: its market, its open time and by how much. */
export interface Restated {
  readonly source: string;
  readonly nativeSymbol: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly factor: number;
}

/** What goes wrong at the sources, and which candle it states anew. */
export interface DrawnFault {
  readonly fault: Fault;
  readonly restated: readonly Restated[];
}

/** What goes wrong next at the sources, at `nowSeconds`; unix seconds. */
export function drawFault(
  draw: Draw,
  fleet: readonly FleetSeries[],
  nowSeconds: number,
): DrawnFault {
  const kind = oneOf(draw, KINDS);
  if (kind === "restate") {
    const restated = drawRestated(draw, fleet, nowSeconds);
    return { fault: faultOf(restated), restated: [restated] };
  }
  return { fault: drawFailure(draw, kind), restated: [] };
}

function drawFailure(draw: Draw, kind: Exclude<(typeof KINDS)[number], "restate">): Fault {
  const host = oneOf(draw, HOSTS);
  const times = wholeOf(draw, 1, 4);
  switch (kind) {
    case "error":
      return { kind: "status", status: oneOf(draw, ERROR_STATUSES), host, times };
    case "busy":
      return {
        kind: "status",
        status: 429,
        host,
        headers: { "Retry-After": String(wholeOf(draw, 1, 8)) },
      };
    case "slow":
      return { kind: "delay", delayMs: wholeOf(draw, 1_000, 15_000), host, times };
    case "cut":
    case "garbage":
      return { kind, host, times };
  }
}

function drawRestated(draw: Draw, fleet: readonly FleetSeries[], nowSeconds: number): Restated {
  const [first, ...others] = fleet.filter(
    ({ source, timeframe }) => RESTATING_SOURCES.includes(source) && timeframe === "1m",
  );
  if (first === undefined) {
    throw new Error("the fleet has no series whose candles can be restated");
  }
  const { source, nativeSymbol } = oneOf(draw, [first, ...others]);
  const timestamp = (Math.floor(nowSeconds / 60) - 1 - RESTATED_MINUTES_BACK) * 60;
  return { source, nativeSymbol, timestamp, factor: 1 + wholeOf(draw, 1, 9) / 1_000 };
}

/** The fault by which the simulator states `restated` anew until faults are cleared. */
export function faultOf({ nativeSymbol, timestamp, factor }: Omit<Restated, "source">): Fault {
  return { kind: "restate", symbol: nativeSymbol, timestamp: timestamp * 1_000, factor };
}
