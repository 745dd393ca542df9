import type { SchemaElement } from "hyparquet";
import { storedDecimal, type StoredDecimal } from "../core/decimal.ts";
import { rescale } from "../core/scaled-column.ts";
import type { CandleFile } from "./candle-file.ts";
import { chunkOf, readRaw, unitOf, unpackIntegers, type ColumnChunk } from "./column-chunk.ts";
import { DECIMAL_COLUMNS, FILE_COLUMNS, type FileColumn } from "./file-schema.ts";

/**
 * A column of decimals. `scaled` is the usual one: exact integers that are divided by 10^scale, no
 * null among them. `values` is any other, value by value.
 */
export type DecimalColumn =
  | { readonly kind: "scaled"; readonly scale: number; readonly integers: Float64Array }
  | { readonly kind: "values"; readonly values: readonly (StoredDecimal | null)[] };

/** Candles by column. All columns have `rows` values. */
export interface CandleColumns {
  readonly rows: number;
  /** Open times, unix seconds, ascending. */
  readonly timestamps: Float64Array;
  readonly decimals: Readonly<Record<(typeof DECIMAL_COLUMNS)[number], DecimalColumn>>;
  readonly trades: Float64Array | readonly (number | null)[];
}

/** Where the column at `place` is put, of which there are `rows` values. */
export type OutputOf = (place: number, rows: number) => Float64Array;

/** Output of its own for each column. */
const newOutput: OutputOf = (_, rows) => new Float64Array(rows);

/**
 * One and the same output for the same column of all row groups: memory that is in the processor's
 * cache already. What was decoded into it is gone with the next row group.
 */
export function reuseOutput(): OutputOf {
  const outputs: Float64Array[] = [];
  return (place, rows) => {
    let output = outputs[place];
    if (output === undefined || output.length < rows) {
      output = new Float64Array(rows);
      outputs[place] = output;
    }
    return output.subarray(0, rows);
  };
}

/**
 * The columns of row group `index` of `file`, of which `bytes` are all. Throws where they are no
 * such columns; bytes whose hash was checked are.
 */
export function decodeGroup(
  file: CandleFile,
  index: number,
  bytes: Uint8Array,
  outputOf: OutputOf = newOutput,
): CandleColumns {
  const rows = file.groups[index]?.rows ?? 0;
  const decimalsAt = (place: number): DecimalColumn =>
    decodeDecimals(chunkOf(file, index, place, bytes), outputOf(place, rows));
  const timestamps = outputOf(0, rows);
  decodeNumbers(file, index, "timestamp", bytes, timestamps);
  return {
    rows,
    timestamps,
    decimals: {
      open: decimalsAt(1),
      high: decimalsAt(2),
      low: decimalsAt(3),
      close: decimalsAt(4),
      volume_from: decimalsAt(5),
      volume_to: decimalsAt(6),
    },
    trades: decodeCounts(chunkOf(file, index, 7, bytes), outputOf(7, rows)),
  };
}

/**
 * Column `name` of row group `index` of `file`, of which `bytes` are all, as numbers into `output`,
 * which has as many places as the row group has rows. A timestamp is in unix seconds; a decimal is
 * the double nearest to it; null is NaN. Throws as `decodeGroup` does.
 */
export function decodeNumbers(
  file: CandleFile,
  index: number,
  name: FileColumn,
  bytes: Uint8Array,
  output: Float64Array,
): void {
  const chunk = chunkOf(file, index, FILE_COLUMNS.indexOf(name), bytes);
  const { element } = chunk.column;
  if (unpackIntegers(chunk, output)) {
    divideBy(unitOf(element), output);
    return;
  }
  const isDecimal = DECIMAL_NAMES.has(name);
  for (const [row, raw] of readRaw(chunk).entries()) {
    const value = isDecimal ? decimalOfRaw(raw, element) : countOf(raw);
    output[row] = value === null ? Number.NaN : Number(value) / (isDecimal ? 1 : unitOf(element));
  }
}

const DECIMAL_NAMES: ReadonlySet<string> = new Set(DECIMAL_COLUMNS);

/** One value of `column`, as it is stored. */
export function valueAt(column: DecimalColumn, row: number): StoredDecimal | null {
  return column.kind === "scaled"
    ? rescale(column.integers[row] ?? Number.NaN, column.scale)
    : (column.values[row] ?? null);
}

function decodeDecimals(chunk: ColumnChunk, output: Float64Array): DecimalColumn {
  const { element } = chunk.column;
  return unpackIntegers(chunk, output)
    ? { kind: "scaled", scale: element.scale ?? 0, integers: output }
    : { kind: "values", values: readRaw(chunk).map((raw) => decimalOfRaw(raw, element)) };
}

function decodeCounts(chunk: ColumnChunk, output: Float64Array): CandleColumns["trades"] {
  return unpackIntegers(chunk, output) ? output : readRaw(chunk).map(countOf);
}

/** Divides each value: of exact numbers, that is the double nearest to the decimal. */
function divideBy(unit: number, values: Float64Array): void {
  if (unit !== 1) {
    for (let row = 0; row < values.length; row += 1) {
      values[row] = (values[row] ?? Number.NaN) / unit;
    }
  }
}

function decimalOfRaw(raw: unknown, element: SchemaElement): StoredDecimal | null {
  if (raw === null || raw === undefined) {
    return null;
  }
  if (typeof raw === "string") {
    return storedDecimal(raw);
  }
  if (raw instanceof Uint8Array) {
    return rescale(integerOf(raw), element.scale ?? 0);
  }
  if (typeof raw !== "number" && typeof raw !== "bigint") {
    throw new TypeError(`column ${element.name} holds a ${typeof raw}`);
  }
  return element.type === "DOUBLE" ? Number(raw) : rescale(raw, element.scale ?? 0);
}

/** The integer that `bytes` are in two's complement, the highest byte first. */
function integerOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) {
    value = (value << 8n) | BigInt(byte);
  }
  return BigInt.asIntN(bytes.length * 8, value);
}

function countOf(raw: unknown): number | null {
  return raw === null || raw === undefined ? null : Number(raw);
}
