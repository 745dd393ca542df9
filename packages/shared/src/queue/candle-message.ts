import { z } from "zod";
import type { Candle } from "../core/candle.ts";
import { isStoredDecimal, type StoredDecimal } from "../core/decimal.ts";
import { PoisonMessageError, showValue } from "../core/errors.ts";
import { SOURCES, type SourceId } from "../core/source.ts";
import { isSymbol } from "../core/symbol.ts";
import { TIMEFRAMES, type Timeframe } from "../core/timeframe.ts";

/** Version of the message; a consumer that does not know a version keeps it as a dead letter. */
export const MESSAGE_VERSION = 1;

/** Most candles in a message. */
export const MESSAGE_CANDLES_MAX = 10;

/** Why the candles were fetched. */
export const ORIGINS = ["cron", "trigger", "backfill", "repair", "import", "replay"] as const;
export type Origin = (typeof ORIGINS)[number];

/**
 * A candle in a message: symbol, timeframe, timestamp (open time, unix seconds), open, high, low,
 * close, volume_from, volume_to, trades. The source stands once, in the message.
 */
export type CandleRow = readonly [
  symbol: string,
  timeframe: Timeframe,
  timestamp: number,
  open: StoredDecimal,
  high: StoredDecimal,
  low: StoredDecimal,
  close: StoredDecimal,
  volume_from: StoredDecimal | null,
  volume_to: StoredDecimal | null,
  trades: number | null,
];

/** What travels between producer and consumer: up to ten candles of one source. */
export interface CandleMessage {
  readonly v: typeof MESSAGE_VERSION;
  readonly source: SourceId;
  readonly origin: Origin;
  /** The job that asked for the candles, where there is one. */
  readonly job?: string | undefined;
  readonly candles: readonly CandleRow[];
}

const storedDecimal = z.custom<StoredDecimal>(
  isStoredDecimal,
  "expected a number, or as text a decimal that no double holds",
);

const candleRow = z.tuple([
  z.string().refine(isSymbol, "expected a symbol such as BTC-USDT"),
  z.enum(TIMEFRAMES),
  z.int(),
  storedDecimal,
  storedDecimal,
  storedDecimal,
  storedDecimal,
  storedDecimal.nullable(),
  storedDecimal.nullable(),
  z.int().nullable(),
]);

const candleMessage = z.strictObject({
  v: z.literal(MESSAGE_VERSION),
  source: z.enum(SOURCES),
  origin: z.enum(ORIGINS),
  job: z.string().max(100).optional(),
  candles: z.array(candleRow).min(1).max(MESSAGE_CANDLES_MAX),
});

/** The row of `candle` in a message. */
export function encodeCandle(symbol: string, timeframe: Timeframe, candle: Candle): CandleRow {
  return [
    symbol,
    timeframe,
    candle.timestamp,
    candle.open,
    candle.high,
    candle.low,
    candle.close,
    candle.volume_from,
    candle.volume_to,
    candle.trades,
  ];
}

/** The candle in a message's row. Inverse of `encodeCandle`. */
export function decodeCandle(row: CandleRow): Candle {
  const [, , timestamp, open, high, low, close, volume_from, volume_to, trades] = row;
  return { timestamp, open, high, low, close, volume_from, volume_to, trades };
}

/**
 * The message in a queue message's body. Checks the shape; whether the candles can be true is
 * `findCandleFault`'s matter. Throws PoisonMessageError with the place and the offending value.
 */
export function decodeMessage(body: unknown): CandleMessage {
  const result = candleMessage.safeParse(body);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const path = issue?.path ?? [];
  throw new PoisonMessageError(
    `message${path.map((key) => `[${JSON.stringify(key)}]`).join("")} is ${showValue(valueAt(body, path))}: ${issue?.message ?? "unreadable"}`,
  );
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) {
      return undefined;
    }
    value = Reflect.get(value, key);
  }
  return value;
}
