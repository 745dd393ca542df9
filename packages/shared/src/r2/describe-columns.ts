import type { FileDescription } from "../core/archive.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import { partitionStart, type Partition } from "../core/partition.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { parseCandleFile, type CandleFile } from "./candle-file.ts";
import { contentHashOfColumns } from "./content-hash.ts";
import { decodeGroup, reuseOutput, type CandleColumns, type OutputOf } from "./decode-columns.ts";
import {
  assertPartition,
  countInDays,
  damageOfGroup,
  descriptionOf,
  footerOf,
} from "./describe-file.ts";
import { DECIMAL_COLUMNS } from "./file-schema.ts";

/** Prices, which no candle is without. */
const PRICES = DECIMAL_COLUMNS.slice(0, 4);

/** Integers up to here are exact as doubles. */
const EXACT_MAX = 2 ** 53;

/**
 * What the manifest has of `bytes`, a whole file of ours, computed from them alone: every hash, the
 * order and the bounds of the candles, and each of their values. The same as `describeFile`, without
 * an object for each candle. Throws ArchiveDamagedError.
 */
export function describeColumns(
  bytes: Uint8Array,
  key: string,
  partition: Partition,
): FileDescription {
  const file = parseCandleFile(footerOf(bytes, key), key);
  assertPartition(file, partition);
  const dayCounts: number[] = [];
  const found = contentHashOfColumns(file.series, checkedGroups(file, bytes, partition, dayCounts));
  if (found !== file.contentHash) {
    throw new ArchiveDamagedError(key, "its candles are not the ones that were written");
  }
  return descriptionOf(file, bytes, dayCounts);
}

/** The row groups, one after the other in the same memory. */
function* checkedGroups(
  file: CandleFile,
  bytes: Uint8Array,
  partition: Partition,
  dayCounts: number[],
): Generator<CandleColumns> {
  const output = reuseOutput();
  const start = partitionStart(partition);
  let before = -1;
  for (const [index, group] of file.groups.entries()) {
    const part = bytes.subarray(group.start, group.end);
    if (sha256Hex(part) !== group.sha256) {
      throw new ArchiveDamagedError(file.key, damageOfGroup(file, index));
    }
    const columns = decodeOrThrow(file, index, part, output);
    before = checkOrder(file, columns, before);
    checkValues(file, columns);
    countInDays(dayCounts, columns.timestamps, start);
    yield columns;
  }
  if (before !== file.last) {
    throw new ArchiveDamagedError(file.key, `its last candle is ${before}, not ${file.last}`);
  }
}

function decodeOrThrow(
  file: CandleFile,
  index: number,
  bytes: Uint8Array,
  output: OutputOf,
): CandleColumns {
  try {
    return decodeGroup(file, index, bytes, output);
  } catch (cause) {
    throw new ArchiveDamagedError(
      file.key,
      `row group ${index} cannot be decoded: ${String(cause)}`,
      { cause },
    );
  }
}

/** Returns the last timestamp. Throws where one is not above the one before it, or the first another. */
function checkOrder(file: CandleFile, { timestamps }: CandleColumns, before: number): number {
  if (before < 0 && timestamps[0] !== file.first) {
    throw new ArchiveDamagedError(
      file.key,
      `its first candle is ${timestamps[0]}, not ${file.first}`,
    );
  }
  let last = before;
  for (const timestamp of timestamps) {
    if (!(timestamp > last) || !Number.isInteger(timestamp)) {
      throw new ArchiveDamagedError(file.key, `candle ${timestamp} stands after ${last}`);
    }
    last = timestamp;
  }
  return last;
}

/** Throws where a value is none that was ever written: the text of it, and its hash, mean nothing. */
function checkValues(file: CandleFile, { decimals, trades }: CandleColumns): void {
  for (const name of DECIMAL_COLUMNS) {
    const column = decimals[name];
    if (column.kind === "scaled" && !isExact(column.integers)) {
      throw new ArchiveDamagedError(file.key, `column ${name} holds what is no exact decimal`);
    }
    if (column.kind === "values" && PRICES.includes(name) && column.values.includes(null)) {
      throw new ArchiveDamagedError(file.key, `column ${name} lacks a price`);
    }
  }
  const counts = trades instanceof Float64Array ? trades : trades.filter((count) => count !== null);
  if (!isExact(counts)) {
    throw new ArchiveDamagedError(file.key, "column trades holds what is no count");
  }
}

function isExact(integers: Float64Array | readonly number[]): boolean {
  for (let row = 0; row < integers.length; row += 1) {
    const integer = integers[row] ?? Number.NaN;
    if (!(integer >= 0 && integer <= EXACT_MAX)) {
      return false;
    }
  }
  return true;
}
