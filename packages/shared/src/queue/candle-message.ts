import { z } from "zod";
import { candleValues, type Candle, type CandleRow } from "../core/candle.ts";
import { isStoredDecimal } from "../core/decimal.ts";
import { PoisonMessageError, showValue } from "../core/errors.ts";
import { SOURCES, type SourceId } from "../core/source.ts";
import { isSymbol } from "../core/symbol.ts";
import { isTimeframe, TIMEFRAMES, type Timeframe } from "../core/timeframe.ts";

/** Version of the message; a consumer that does not know a version keeps it as a dead letter. */
export const MESSAGE_VERSION = 1;

/** Most candles in a message. */
export const MESSAGE_CANDLES_MAX = 10;

/** Why the candles were fetched. */
export const ORIGINS = ["cron", "trigger", "backfill", "repair", "import", "replay"] as const;
export type Origin = (typeof ORIGINS)[number];

/** What travels between producer and consumer: up to ten candles of one source. */
export interface CandleMessage {
  readonly v: typeof MESSAGE_VERSION;
  readonly source: SourceId;
  readonly origin: Origin;
  /** The job that asked for the candles, where there is one. */
  readonly job?: string | undefined;
  readonly candles: readonly CandleRow[];
}

const messageEnvelope = z.strictObject({
  v: z.literal(MESSAGE_VERSION),
  source: z.enum(SOURCES),
  origin: z.enum(ORIGINS),
  job: z.string().max(100).optional(),
  // The rows are `findRowFault`'s: a thousand zod tuples take the consumer longer than storing them.
  candles: z.array(z.unknown()).min(1).max(MESSAGE_CANDLES_MAX),
});

/** One place of a row: what may stand there, and how an error says so. */
interface RowField {
  readonly name: string;
  readonly isAllowed: (value: unknown) => boolean;
  readonly allowed: string;
}

const DECIMAL_ALLOWED = "a number, or as text a decimal that no double holds";

function price(name: string): RowField {
  return { name, isAllowed: isStoredDecimal, allowed: DECIMAL_ALLOWED };
}

function volume(name: string): RowField {
  return {
    name,
    isAllowed: (value) => value === null || isStoredDecimal(value),
    allowed: `${DECIMAL_ALLOWED}, or null`,
  };
}

/** The places of a `CandleRow`, in its order. */
const ROW_FIELDS: readonly RowField[] = [
  {
    name: "symbol",
    isAllowed: (value) => typeof value === "string" && isSymbol(value),
    allowed: "a symbol such as BTC-USDT",
  },
  {
    name: "timeframe",
    isAllowed: (value) => typeof value === "string" && isTimeframe(value),
    allowed: `one of ${TIMEFRAMES.join(", ")}`,
  },
  { name: "timestamp", isAllowed: Number.isSafeInteger, allowed: "a whole number of seconds" },
  price("open"),
  price("high"),
  price("low"),
  price("close"),
  volume("volume_from"),
  volume("volume_to"),
  {
    name: "trades",
    isAllowed: (value) => value === null || Number.isSafeInteger(value),
    allowed: "a whole number, or null",
  },
];

/** The row of `candle` in a message. */
export function encodeCandle(symbol: string, timeframe: Timeframe, candle: Candle): CandleRow {
  return [symbol, timeframe, ...candleValues(candle)];
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
  const result = messageEnvelope.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = issue?.path ?? [];
    throw shapeError(path, valueAt(body, path), issue?.message ?? "unreadable");
  }
  const { candles, ...envelope } = result.data;
  return { ...envelope, candles: candles.map(decodeRow) };
}

function decodeRow(row: unknown, index: number): CandleRow {
  if (!Array.isArray(row) || row.length !== ROW_FIELDS.length) {
    throw shapeError(["candles", index], row, `expected an array of ${ROW_FIELDS.length} values`);
  }
  // By index: an iterator's pairs would cost as much as the checks.
  for (let position = 0; position < ROW_FIELDS.length; position += 1) {
    const field = ROW_FIELDS[position];
    const value: unknown = row[position];
    if (field !== undefined && !field.isAllowed(value)) {
      throw shapeError(["candles", index, position], value, `${field.name} is ${field.allowed}`);
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every field was checked above
  return row as unknown as CandleRow;
}

function shapeError(
  path: readonly PropertyKey[],
  value: unknown,
  expected: string,
): PoisonMessageError {
  const place = path.map((key) => `[${JSON.stringify(key)}]`).join("");
  return new PoisonMessageError(`message${place} is ${showValue(value)}: ${expected}`);
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
