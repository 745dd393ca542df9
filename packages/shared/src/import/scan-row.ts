import { TIMESTAMP_MIN } from "../core/candle.ts";
import { isAligned, openTimeOf, timeframeSeconds } from "../core/timeframe.ts";
import { MANTISSA_MAX, POWERS_OF_TEN, SCALE_NULL, type BlockRow } from "./block-row.ts";
import { COLUMN_ROLES, type ColumnPlan, type TimeUnit } from "./column-plan.ts";
import type { RowRules } from "./read-cells.ts";

const ZERO = 48;
const POINT = 46;
const SKIPPED = -1;
const TIME = COLUMN_ROLES.indexOf("time");
const TRADES = COLUMN_ROLES.indexOf("trades");
const FIRST_DECIMAL = COLUMN_ROLES.indexOf("open");
const FIRST_VOLUME = COLUMN_ROLES.indexOf("volume_from");

/** Whole numbers below this are exact as doubles. */
const EXACT_MAX = 2 ** 53;

/** Longest number that is read here, in characters: longer ones no decimal may have. */
const NUMBER_LENGTH_MAX = 64;

/**
 * Reads rows of the usual form, plain digits with a point, from bytes: no text is made, and no
 * object. What is not of that form it leaves to `readLine`.
 */
export class RowScanner {
  private readonly places: Int8Array;
  private readonly delimiter: number;
  private readonly unit: TimeUnit;
  private readonly step: number;
  private readonly origin: number;
  private readonly isMonthly: boolean;
  /** The newest open time of a candle that is closed. */
  private readonly newest: number;
  /** Of the number that was read last. */
  private mantissa = 0;
  private scale = 0;

  constructor({ roles, delimiter, unit }: ColumnPlan, { timeframe, nowSeconds }: RowRules) {
    this.places = Int8Array.from(roles, (role) =>
      role === undefined ? SKIPPED : COLUMN_ROLES.indexOf(role),
    );
    this.delimiter = delimiter.charCodeAt(0);
    this.unit = unit;
    this.isMonthly = timeframe === "1M";
    this.step = timeframeSeconds(timeframe);
    this.origin = openTimeOf(TIMESTAMP_MIN, timeframe);
    this.newest = openTimeOf(nowSeconds, timeframe) - (this.isMonthly ? 1 : this.step);
  }

  /**
   * Puts the candle in `bytes` from `start` to `end` (exclusive, a line without its end) into
   * `row`. False where the line is not of the usual form, or its candle not one to be stored.
   */
  scan(bytes: Uint8Array, start: number, end: number, row: BlockRow): boolean {
    const { places, delimiter } = this;
    row.scales.fill(SCALE_NULL);
    row.mantissas.fill(0);
    row.trades = Number.NaN;
    row.timestamp = Number.NaN;
    let at = start;
    for (let place = 0; place < places.length; place += 1) {
      const role = places[place] ?? SKIPPED;
      if (at > end) {
        return false;
      }
      if (role === SKIPPED) {
        while (at < end && bytes[at] !== delimiter) {
          if (bytes[at] === 34) {
            return false;
          }
          at += 1;
        }
      } else {
        const next = this.readNumber(bytes, at, end);
        if (next < 0 || !this.take(role, next === at, row)) {
          return false;
        }
        at = next;
      }
      at += 1;
    }
    // What stands behind the columns that are read may be anything but a quoted cell, whose text
    // could hold a delimiter of its own; that changes nothing before it.
    return this.isSound(row);
  }

  /** Takes the number that was read, or nothing where the cell is empty, as the value of `role`. */
  private take(role: number, isEmpty: boolean, row: BlockRow): boolean {
    const { mantissa, scale } = this;
    if (role === TIME) {
      row.timestamp = isEmpty || scale !== 0 ? Number.NaN : this.secondsOf(mantissa);
      return row.timestamp >= TIMESTAMP_MIN;
    }
    if (role === TRADES) {
      row.trades = isEmpty ? Number.NaN : mantissa;
      return scale === 0;
    }
    if (isEmpty) {
      return role >= FIRST_VOLUME;
    }
    if (mantissa >= MANTISSA_MAX || scale >= POWERS_OF_TEN.length) {
      return false;
    }
    row.mantissas[role - FIRST_DECIMAL] = mantissa;
    row.scales[role - FIRST_DECIMAL] = scale;
    return true;
  }

  /**
   * Reads digits, with a point among them or not, and returns where they end: at a delimiter or the
   * line's end. Zeros at the end of a fraction count for nothing. Negative where it is no such cell.
   */
  private readNumber(bytes: Uint8Array, start: number, end: number): number {
    let mantissa = 0;
    let scale = 0;
    let at = start;
    let byte = 0;
    for (; at < end; at += 1) {
      byte = bytes[at] ?? 0;
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) {
        break;
      }
      mantissa = mantissa * 10 + digit;
    }
    if (at < end && byte === POINT) {
      // A point needs digits on either side.
      const first = at + 1;
      let zeros = 0;
      if (at === start) {
        return -1;
      }
      for (at = first; at < end; at += 1) {
        byte = bytes[at] ?? 0;
        const digit = byte - ZERO;
        if (digit < 0 || digit > 9) {
          break;
        }
        if (digit === 0) {
          zeros += 1;
        } else {
          mantissa = mantissa * (POWERS_OF_TEN[zeros + 1] ?? Number.NaN) + digit;
          scale += zeros + 1;
          zeros = 0;
        }
      }
      if (at === first) {
        return -1;
      }
    }
    if (at < end && byte !== this.delimiter) {
      return -1;
    }
    this.mantissa = mantissa;
    this.scale = scale;
    // A NaN, of more zeros than any market writes, and what a double may round are read as text.
    return mantissa < EXACT_MAX && at - start <= NUMBER_LENGTH_MAX ? at : -1;
  }

  /** Unix seconds; NaN where `time` is not a whole number of them, or no unit is clear. */
  private secondsOf(time: number): number {
    const { unit } = this;
    let parts = 1;
    if (unit === "auto") {
      parts = time < 1e11 ? 1 : time < 1e14 ? 1e3 : 1e6;
    } else {
      parts = unit === "s" ? 1 : unit === "ms" ? 1e3 : unit === "us" ? 1e6 : 1e9;
    }
    return time % parts === 0 && time < 1e17 ? time / parts : Number.NaN;
  }

  /** Whether nothing is wrong with the candle; what it is, `readLine` says. */
  private isSound(row: BlockRow): boolean {
    const { timestamp, trades } = row;
    if (!(timestamp <= this.newest) || !this.isOpenTime(timestamp)) {
      return false;
    }
    const [open, high, low, close] = [
      priceOf(row, 0),
      priceOf(row, 1),
      priceOf(row, 2),
      priceOf(row, 3),
    ];
    return (
      low > 0 &&
      open <= high &&
      open >= low &&
      close <= high &&
      close >= low &&
      !(trades >= EXACT_MAX)
    );
  }

  private isOpenTime(timestamp: number): boolean {
    return this.isMonthly
      ? isAligned(timestamp, "1M")
      : (timestamp - this.origin) % this.step === 0;
  }
}

/** Decimals of 15 digits: doubles are equal where they are, and in their order. */
function priceOf({ mantissas, scales }: BlockRow, column: number): number {
  const scale = scales[column] ?? SCALE_NULL;
  return (mantissas[column] ?? Number.NaN) / (POWERS_OF_TEN[scale] ?? Number.NaN);
}
