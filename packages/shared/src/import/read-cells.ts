import { findCandleFault, TIMESTAMP_MIN, type Candle } from "../core/candle.ts";
import { parseDecimal, storedDecimal, type StoredDecimal } from "../core/decimal.ts";
import { showValue } from "../core/errors.ts";
import { parseTime } from "../core/time.ts";
import { closeTimeOf, isAligned, type Timeframe } from "../core/timeframe.ts";
import { splitCells } from "./column-names.ts";
import type { ColumnPlan, ColumnRole, TimeUnit } from "./column-plan.ts";

/** What a row is checked by. */
export interface RowRules {
  readonly timeframe: Timeframe;
  /** The shown time, unix seconds: a candle that closes after it is open. */
  readonly nowSeconds: number;
}

/** Parts of a second in a unit. */
const UNIT_PARTS = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;

/** From how many of the unit on a time is in the next finer one: 11 digits are seconds until 5138. */
const UNIT_ENDS = [
  { unit: "s", end: 100_000_000_000n },
  { unit: "ms", end: 100_000_000_000_000n },
  { unit: "us", end: 100_000_000_000_000_000n },
] as const;

const WHOLE_NUMBER = /^\d{1,19}$/;
/** Seconds with a fraction of zeros, as spreadsheets and data frames write them. */
const WHOLE_WITH_POINT = /^(\d{1,19})\.0*$/;
const MARKS_OF_NULL: ReadonlySet<string> = new Set(["", "null", "NULL", "nan", "NaN"]);

/**
 * The candle of a row of a CSV file or, as text, why it is none. This is what a row means, in all
 * the forms that files have; the scanner reads the usual form of it faster, and the same.
 */
export function readLine(line: string, plan: ColumnPlan, rules: RowRules): Candle | string {
  const cells = splitCells(line, plan.delimiter);
  const needed = plan.roles.length;
  if (cells.length < needed) {
    return `${cells.length} columns, while ${needed} are needed`;
  }
  const cellOf = (role: ColumnRole): string | undefined => cells[plan.roles.indexOf(role)];
  const timestamp = readTime(cellOf("time") ?? "", plan.unit);
  if (typeof timestamp === "string") {
    return timestamp;
  }
  const values: (StoredDecimal | null)[] = [];
  for (const role of ["open", "high", "low", "close", "volume_from", "volume_to"] as const) {
    const text = cellOf(role);
    const isNull = text === undefined || MARKS_OF_NULL.has(text);
    const decimal = isNull ? undefined : parseDecimal(text);
    if (decimal === undefined && !(isNull && role.startsWith("volume"))) {
      return `${role} ${showValue(text ?? "")} is not a decimal number`;
    }
    values.push(decimal === undefined ? null : storedDecimal(decimal));
  }
  const trades = readCount(cellOf("trades"));
  if (typeof trades === "string") {
    return trades;
  }
  const [open, high, low, close, volumeFrom, volumeTo] = values;
  const candle = {
    timestamp,
    open: open ?? 0,
    high: high ?? 0,
    low: low ?? 0,
    close: close ?? 0,
    volume_from: volumeFrom ?? null,
    volume_to: volumeTo ?? null,
    trades,
  };
  return findImportFault(candle, rules) ?? candle;
}

/** The open time that a row names, whatever is wrong with the rest of it; undefined where it is none. */
export function readOpenTime(
  line: string,
  plan: ColumnPlan,
  { timeframe }: Pick<RowRules, "timeframe">,
): number | undefined {
  const cell = splitCells(line, plan.delimiter)[plan.roles.indexOf("time")];
  const time = readTime(cell ?? "", plan.unit);
  return typeof time === "number" && time >= TIMESTAMP_MIN && isAligned(time, timeframe)
    ? time
    : undefined;
}

/** What is wrong with a candle of a file: no candle is stored before it has closed. */
export function findImportFault(candle: Candle, rules: RowRules): string | undefined {
  const { timeframe, nowSeconds } = rules;
  const fault = findCandleFault(candle, timeframe, nowSeconds);
  if (fault === undefined && closeTimeOf(candle.timestamp, timeframe) > nowSeconds) {
    return `timestamp ${candle.timestamp} is of a candle that is open until ${closeTimeOf(candle.timestamp, timeframe)}, now is ${nowSeconds}`;
  }
  return fault;
}

/** An open time in unix seconds; as text, why `text` is none. */
function readTime(text: string, unit: TimeUnit): number | string {
  const digits = WHOLE_NUMBER.test(text) ? text : WHOLE_WITH_POINT.exec(text)?.[1];
  if (digits === undefined) {
    const seconds = /^\d{4}-/.test(text) && !text.includes(".") ? parseTime(text) : undefined;
    return seconds ?? `time ${showValue(text)} is neither a whole number nor ISO 8601`;
  }
  const time = BigInt(digits);
  const meant = unit === "auto" ? (UNIT_ENDS.find(({ end }) => time < end)?.unit ?? "ns") : unit;
  const parts = UNIT_PARTS[meant];
  return time % parts === 0n
    ? Number(time / parts)
    : `time ${digits} (${meant}) is not a whole number of seconds`;
}

function readCount(text: string | undefined): number | null | string {
  if (text === undefined || MARKS_OF_NULL.has(text)) {
    return null;
  }
  const count = Number(parseDecimal(text));
  return Number.isSafeInteger(count) && count >= 0
    ? count
    : `trades ${showValue(text)} is not a count`;
}
