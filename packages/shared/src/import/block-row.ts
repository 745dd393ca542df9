import type { Candle } from "../core/candle.ts";
import { decimalOf, type StoredDecimal } from "../core/decimal.ts";

/** The decimals of a candle, in the order of a block's columns. */
export const BLOCK_DECIMALS = ["open", "high", "low", "close", "volume_from", "volume_to"] as const;

/** In the place of a scale: the value is null, or it is one that `others` holds. */
export const SCALE_NULL = 255;
export const SCALE_OTHER = 254;

/**
 * Below this, any integer over a power of ten has 15 digits at most: the double nearest to it gives
 * every digit back.
 */
export const MANTISSA_MAX = 1e15;

/** Powers of ten that are exact as doubles; a scale is an index of it. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, power) =>
  Number(`1e${power}`),
);

/** Integers up to here, and the differences of differences between them, are exact as doubles. */
export const INTEGER_MAX = 2 ** 52;

/** A candle as it is read: each decimal is `mantissas` over 10 to the power of `scales`. */
export class BlockRow {
  timestamp = 0;
  /** NaN for null. */
  trades = 0;
  readonly mantissas = new Float64Array(BLOCK_DECIMALS.length);
  readonly scales = new Uint8Array(BLOCK_DECIMALS.length);
  /** Decimals of more digits, where the scale is SCALE_OTHER. */
  readonly others: (StoredDecimal | undefined)[] = [];

  /** Takes the values of `candle`. */
  setCandle(candle: Candle): void {
    this.timestamp = candle.timestamp;
    this.trades = candle.trades ?? Number.NaN;
    for (const [column, name] of BLOCK_DECIMALS.entries()) {
      this.setDecimal(column, candle[name]);
    }
  }

  private setDecimal(column: number, value: StoredDecimal | null): void {
    const { mantissa, scale } = value === null ? NULL : scaledOf(value);
    this.mantissas[column] = mantissa;
    this.scales[column] = scale;
    this.others[column] = scale === SCALE_OTHER && value !== null ? value : undefined;
  }
}

const NULL = { mantissa: 0, scale: SCALE_NULL };
const OTHER = { mantissa: 0, scale: SCALE_OTHER };

function scaledOf(value: StoredDecimal): { readonly mantissa: number; readonly scale: number } {
  const text = decimalOf(value);
  const point = text.indexOf(".");
  const scale = point < 0 ? 0 : text.length - point - 1;
  const mantissa = Number(point < 0 ? text : text.slice(0, point) + text.slice(point + 1));
  return mantissa >= 0 && mantissa < MANTISSA_MAX && scale < POWERS_OF_TEN.length && text !== "-0"
    ? { mantissa, scale }
    : OTHER;
}

/** A decimal of more digits as an integer over a power of ten; NaN where no double holds that. */
export function longOf(value: StoredDecimal | undefined): {
  readonly mantissa: number;
  readonly scale: number;
} {
  const text = value === undefined ? "" : decimalOf(value);
  const point = text.indexOf(".");
  const scale = point < 0 ? 0 : text.length - point - 1;
  const mantissa = Number(text.replace(".", ""));
  return { mantissa: mantissa >= 0 && mantissa <= INTEGER_MAX ? mantissa : Number.NaN, scale };
}
