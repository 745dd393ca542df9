import type { Candle } from "../core/candle.ts";
import type { StoredDecimal } from "../core/decimal.ts";
import {
  BLOCK_DECIMALS,
  BlockRow,
  INTEGER_MAX,
  longOf,
  POWERS_OF_TEN,
  SCALE_NULL,
  SCALE_OTHER,
} from "./block-row.ts";

/** A column of decimals of which each is an integer over a power of ten, no zero too many. */
export interface ScaledDecimals {
  readonly kind: "scaled";
  readonly scale: number;
  readonly integers: Float64Array<ArrayBuffer>;
}

/** Any other column of decimals. */
export interface ListedDecimals {
  readonly kind: "values";
  readonly values: readonly (StoredDecimal | null)[];
}

const FIRST_ROWS = 1_024;
/** How many times as many rows a block has room for when it is full. */
const GROWTH = 4;
const WIDTH = BLOCK_DECIMALS.length;

/** Candles in columns, in the order in which they were read, each with the line that it stood on. */
export class CandleBlock {
  rows = 0;
  /** Whether each timestamp is above the one before it. */
  ascending = true;
  timestamps = new Float64Array(FIRST_ROWS);
  lines = new Float64Array(FIRST_ROWS);
  trades = new Float64Array(FIRST_ROWS);
  /** The decimals of a row lie together. */
  mantissas = new Float64Array(FIRST_ROWS * WIDTH);
  scales = new Uint8Array(FIRST_ROWS * WIDTH);
  /** Decimals of more digits than a double gives back, by row times columns plus column. */
  readonly others = new Map<number, StoredDecimal>();

  push(row: BlockRow, line: number): void {
    const at = this.rows;
    if (at === this.timestamps.length) {
      this.grow();
    }
    if (at > 0 && !(row.timestamp > (this.timestamps[at - 1] ?? 0))) {
      this.ascending = false;
    }
    this.timestamps[at] = row.timestamp;
    this.lines[at] = line;
    this.trades[at] = row.trades;
    const { mantissas, scales } = this;
    const first = at * WIDTH;
    for (let column = 0; column < WIDTH; column += 1) {
      const scale = row.scales[column] ?? 0;
      mantissas[first + column] = row.mantissas[column] ?? 0;
      scales[first + column] = scale;
      if (scale === SCALE_OTHER) {
        this.others.set(first + column, row.others[column] ?? 0);
      }
    }
    this.rows = at + 1;
  }

  /** The rows at `places`, in their order. */
  select(places: ArrayLike<number>): CandleBlock {
    const block = new CandleBlock();
    const row = new BlockRow();
    for (let index = 0; index < places.length; index += 1) {
      const at = places[index] ?? 0;
      this.read(at, row);
      block.push(row, this.lines[at] ?? 0);
    }
    return block;
  }

  /** Puts row `at` into `row`. */
  read(at: number, row: BlockRow): void {
    row.timestamp = this.timestamps[at] ?? 0;
    row.trades = this.trades[at] ?? Number.NaN;
    for (let column = 0; column < WIDTH; column += 1) {
      row.mantissas[column] = this.mantissas[at * WIDTH + column] ?? 0;
      row.scales[column] = this.scales[at * WIDTH + column] ?? 0;
      row.others[column] = this.others.get(at * WIDTH + column);
    }
  }

  /** One decimal of row `at`; null where it has none. */
  decimalAt(column: number, at: number): StoredDecimal | null {
    const place = at * WIDTH + column;
    const scale = this.scales[place] ?? SCALE_NULL;
    if (scale === SCALE_NULL) {
      return null;
    }
    return scale === SCALE_OTHER
      ? (this.others.get(place) ?? null)
      : (this.mantissas[place] ?? 0) / (POWERS_OF_TEN[scale] ?? 1);
  }

  candleAt(at: number): Candle {
    const trades = this.trades[at] ?? Number.NaN;
    return {
      timestamp: this.timestamps[at] ?? 0,
      open: this.decimalAt(0, at) ?? 0,
      high: this.decimalAt(1, at) ?? 0,
      low: this.decimalAt(2, at) ?? 0,
      close: this.decimalAt(3, at) ?? 0,
      volume_from: this.decimalAt(4, at),
      volume_to: this.decimalAt(5, at),
      trades: Number.isNaN(trades) ? null : trades,
    };
  }

  /** Whether the candles at `a` and `b` have the same values, their times and lines aside. */
  isSame(a: number, b: number): boolean {
    for (let column = 0; column < WIDTH; column += 1) {
      const [ofA, ofB] = [a * WIDTH + column, b * WIDTH + column];
      if (
        this.scales[ofA] !== this.scales[ofB] ||
        this.mantissas[ofA] !== this.mantissas[ofB] ||
        this.others.get(ofA) !== this.others.get(ofB)
      ) {
        return false;
      }
    }
    return Object.is(this.trades[a], this.trades[b]);
  }

  /** The columns as the encoder of files takes them. */
  toColumns() {
    return {
      rows: this.rows,
      timestamps: this.timestamps.subarray(0, this.rows),
      decimals: {
        open: this.columnAt(0),
        high: this.columnAt(1),
        low: this.columnAt(2),
        close: this.columnAt(3),
        volume_from: this.columnAt(4),
        volume_to: this.columnAt(5),
      },
      trades: this.tradesColumn(),
    };
  }

  private columnAt(column: number): ScaledDecimals | ListedDecimals {
    return (
      this.scaledColumn(column) ?? {
        kind: "values",
        values: Array.from({ length: this.rows }, (_, at) => this.decimalAt(column, at)),
      }
    );
  }

  private scaledColumn(column: number): ScaledDecimals | undefined {
    const { scales } = this;
    let scale = 0;
    for (let at = 0; at < this.rows; at += 1) {
      const place = at * WIDTH + column;
      const own = scales[place] ?? 0;
      const of = own === SCALE_OTHER ? longOf(this.others.get(place)).scale : own;
      scale = of > scale ? of : scale;
    }
    if (scale >= POWERS_OF_TEN.length) {
      return undefined;
    }
    const integers = new Float64Array(this.rows);
    for (let at = 0; at < this.rows; at += 1) {
      const integer = this.integerAt(at * WIDTH + column, scale);
      if (!(integer <= INTEGER_MAX)) {
        return undefined;
      }
      integers[at] = integer;
    }
    return { kind: "scaled", scale, integers };
  }

  /** The value at `place` times 10^`scale`; it has as many fraction digits at most. */
  private integerAt(place: number, scale: number): number {
    const own = this.scales[place] ?? 0;
    const { mantissas, others } = this;
    if (own !== SCALE_OTHER) {
      return (mantissas[place] ?? 0) * (POWERS_OF_TEN[scale - own] ?? 1);
    }
    const long = longOf(others.get(place));
    return long.mantissa * (POWERS_OF_TEN[scale - long.scale] ?? 1);
  }

  private tradesColumn(): Float64Array<ArrayBuffer> | (number | null)[] {
    const trades = this.trades.subarray(0, this.rows);
    return trades.some(Number.isNaN)
      ? Array.from(trades, (count) => (Number.isNaN(count) ? null : count))
      : trades;
  }

  private grow(): void {
    const rows = GROWTH * this.timestamps.length;
    this.timestamps = grown(this.timestamps, rows);
    this.lines = grown(this.lines, rows);
    this.trades = grown(this.trades, rows);
    this.mantissas = grown(this.mantissas, rows * WIDTH);
    const scales = new Uint8Array(rows * WIDTH);
    scales.set(this.scales);
    this.scales = scales;
  }
}

function grown(values: Float64Array<ArrayBuffer>, rows: number): Float64Array<ArrayBuffer> {
  const more = new Float64Array(rows);
  more.set(values);
  return more;
}
