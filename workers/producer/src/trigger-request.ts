import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { TIMESTAMP_MIN } from "@candlehouse/shared/core/candle";
import { z } from "zod";

/** Most candles that one `POST /trigger` fetches. */
export const TRIGGER_CANDLES_MAX = 2_000;

/** Above this a time is in milliseconds: as seconds it would lie beyond the year 5000. */
const SECONDS_MAX = 100_000_000_000;

/** What `POST /trigger` is asked for. */
export interface TriggerRequest {
  readonly source: SourceId;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** 1 to `TRIGGER_CANDLES_MAX`. */
  readonly limit: number;
  /** Unix seconds: the newest candle wanted is the one that holds it. Absent: the newest closed. */
  readonly toTs?: number | undefined;
}

const ALLOWED: Readonly<Record<string, string>> = {
  source: `one of ${SOURCES.join(", ")}`,
  symbol: "BASE-QUOTE in upper case, such as BTC-USDT",
  timeframe: `one of ${TIMEFRAMES.join(", ")}`,
  limit: `a whole number from 1 to ${TRIGGER_CANDLES_MAX}`,
  toTs: `a whole number of unix seconds from ${TIMESTAMP_MIN} on`,
};

const triggerRequest = z.strictObject({
  source: z.enum(SOURCES),
  symbol: z.string().refine(isSymbol),
  timeframe: z.enum(TIMEFRAMES),
  limit: z.int().min(1).max(TRIGGER_CANDLES_MAX).default(TRIGGER_CANDLES_MAX),
  toTs: z.int().min(TIMESTAMP_MIN).max(SECONDS_MAX).optional(),
});

/** The request in `body`. Throws InvalidInputError that names the first parameter that is off. */
export function parseTriggerRequest(body: unknown): TriggerRequest {
  const result = triggerRequest.safeParse(body);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    throw new InvalidInputError(
      key,
      valueOf(body, key),
      `the parameters are ${Object.keys(ALLOWED).join(", ")}`,
    );
  }
  const parameter = String(issue?.path[0] ?? "body");
  const allowed = ALLOWED[parameter] ?? "a JSON object with source, symbol and timeframe";
  throw new InvalidInputError(parameter, valueOf(body, parameter), allowed);
}

function valueOf(body: unknown, parameter: string): unknown {
  if (typeof body !== "object" || body === null) {
    return body;
  }
  return Reflect.get(body, parameter);
}
