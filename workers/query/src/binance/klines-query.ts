import { isTimeframe, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { BINANCE_CODES, BinanceError, invalidParameter } from "./binance-error.ts";
import {
  mandatory,
  readDoorParameters,
  readSymbol,
  readTimeUnit,
  readWholeNumber,
  type TimeUnit,
} from "./door-parameters.ts";

const NAMES = ["symbol", "interval", "startTime", "endTime", "timeZone", "limit"] as const;

const LIMIT_DEFAULT = 500;
/** More is no error, as at Binance: the answer just has no more candles. */
const LIMIT_MAX = 1_000;

/** A time above this is in microseconds: in milliseconds it would be the year 5138. */
const MILLISECONDS_MAX = 1e14;

/** After every candle; unix seconds. */
const SECONDS_MAX = MILLISECONDS_MAX / 1_000;

/** The ways to write UTC; any other zone would move where days begin. */
const UTC = /^[+-]?0{1,2}(:00)?$/;

/** What GET /api/v3/klines asks for. Times are unix seconds. */
export interface KlinesQuery {
  /** As the caller writes it. */
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** First open time, inclusive. */
  readonly start: number | undefined;
  /** Exclusive; bounds open times. */
  readonly end: number | undefined;
  /** Most candles. */
  readonly limit: number;
  /** Of the times in the answer. */
  readonly unit: TimeUnit;
}

/** Reads the query string and the header X-MBX-TIME-UNIT. Throws BinanceError. */
export function readKlinesQuery(
  queries: Readonly<Record<string, readonly string[]>>,
  timeUnit: string | undefined,
): KlinesQuery {
  const given = readDoorParameters(queries, NAMES);
  const symbol = readSymbol("symbol", mandatory("symbol", given.symbol));
  const timeframe = mandatory("interval", given.interval);
  const startTime = readWholeNumber("startTime", given.startTime);
  const endTime = readWholeNumber("endTime", given.endTime);
  const limit = readWholeNumber("limit", given.limit) ?? LIMIT_DEFAULT;
  if (limit < 1) {
    throw invalidParameter("limit", "from 1 on; above 1000 it is 1000");
  }
  if (given.timeZone !== undefined && !UTC.test(given.timeZone)) {
    throw invalidParameter("timeZone", "candles are here in UTC alone, so it may be 0");
  }
  if (!isTimeframe(timeframe)) {
    throw new BinanceError(BINANCE_CODES.invalidInterval, "Invalid interval.");
  }
  return {
    symbol,
    timeframe,
    start:
      startTime === undefined ? undefined : Math.min(Math.ceil(secondsOf(startTime)), SECONDS_MAX),
    // endTime is inclusive.
    end:
      endTime === undefined ? undefined : Math.min(Math.floor(secondsOf(endTime)) + 1, SECONDS_MAX),
    limit: Math.min(limit, LIMIT_MAX),
    unit: readTimeUnit(timeUnit),
  };
}

/** Unix seconds with their fraction, of milliseconds or microseconds. */
function secondsOf(time: number): number {
  return time > MILLISECONDS_MAX ? time / 1e6 : time / 1_000;
}
