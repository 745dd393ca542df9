import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import { TEXT_VALUES } from "./candle-limits.ts";

type Value = StoredDecimal | boolean | null;
type Piece = Float64Array | readonly (StoredDecimal | null)[];

/**
 * Values of one column, collected piece by piece: an array that grows would hold room for more.
 * Numbers take eight bytes each, beside the heap; decimals that no double holds stay as they are.
 */
export class ColumnValues {
  readonly #pieces: Piece[] = [];
  hasNull = false;
  /** Whether a decimal is among them that no double holds. */
  hasText = false;
  /** The largest number among them, 0 where there is none above. */
  most = 0;
  /** What the values take, in numbers. */
  size = 0;

  /** Adds `values`; true is 1, and false 0. */
  add(values: readonly Value[]): void {
    const decimals = values.map((value) => (typeof value === "boolean" ? Number(value) : value));
    this.hasNull ||= decimals.includes(null);
    for (const value of decimals) {
      if (typeof value === "number" && value > this.most) {
        this.most = value;
      }
    }
    if (decimals.some((value) => typeof value === "string")) {
      this.hasText = true;
      this.size += decimals.length * TEXT_VALUES;
      this.#pieces.push(decimals);
      return;
    }
    this.size += decimals.length;
    this.#pieces.push(
      Float64Array.from(decimals, (value) => (value === null ? NaN : Number(value))),
    );
  }

  /** Lets go of what was added. */
  clear(): void {
    this.#pieces.length = 0;
  }

  /** What was added, in the same pieces. */
  *pieces(): Generator<readonly (StoredDecimal | null)[], void> {
    for (const piece of this.#pieces) {
      yield decimalsOf(piece);
    }
  }

  /** The values of the rows `from` to `to`, exclusive. */
  slice(from: number, to: number): (StoredDecimal | null)[] {
    const values: (StoredDecimal | null)[] = [];
    let offset = 0;
    for (const piece of this.#pieces) {
      if (offset < to && offset + piece.length > from) {
        const part = piece.slice(Math.max(0, from - offset), to - offset);
        for (const value of decimalsOf(part)) {
          values.push(value);
        }
      }
      offset += piece.length;
    }
    return values;
  }
}

/** `piece` as it was added: what is no number there was null. */
function decimalsOf(piece: Piece): readonly (StoredDecimal | null)[] {
  return piece instanceof Float64Array
    ? Array.from(piece, (value) => (Number.isNaN(value) ? null : value))
    : piece;
}
