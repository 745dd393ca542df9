import type { FileDescription } from "../core/archive.ts";
import type { Candle } from "../core/candle.ts";
import { ArchiveDamagedError } from "../core/errors.ts";
import { partitionEnd, partitionStart, type Partition } from "../core/partition.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { footerLengthOf, parseCandleFile, type CandleFile } from "./candle-file.ts";
import { contentHashOf } from "./content-hash.ts";
import { candlesOf } from "./decode-candles.ts";
import { decodeGroup } from "./decode-columns.ts";

const DAY_SECONDS = 86_400;
/** From 1970 on or back, no Date goes further. */
const DATE_SECONDS_MAX = 8_640_000_000_000;

/** A file with all that is in it. */
export interface WholeFile {
  readonly file: CandleFile;
  readonly candles: Candle[];
}

/**
 * The candles of `bytes`, a whole file of ours. Everything that it says of itself is checked: the
 * hash of each row group and of the candles, their order and bounds. Throws ArchiveDamagedError.
 */
export function decodeWholeFile(bytes: Uint8Array, key: string): WholeFile {
  const file = parseCandleFile(footerOf(bytes, key), key);
  const candles = file.groups.flatMap((group, index) => {
    const part = bytes.subarray(group.start, group.end);
    if (sha256Hex(part) !== group.sha256) {
      throw new ArchiveDamagedError(key, damageOfGroup(file, index));
    }
    return decodeOrThrow(file, index, part);
  });
  const fault = findFault(file, candles);
  if (fault !== undefined) {
    throw new ArchiveDamagedError(key, fault);
  }
  return { file, candles };
}

/** What the manifest has of `bytes`, a whole file of ours. Throws ArchiveDamagedError. */
export function describeFile(
  bytes: Uint8Array,
  key: string,
  partition: Partition,
): FileDescription {
  const { file, candles } = decodeWholeFile(bytes, key);
  assertPartition(file, partition);
  return descriptionOf(file, bytes, countDays(candles, partition));
}

/** Throws ArchiveDamagedError where not all candles of a file are of `partition`. */
export function assertPartition({ key, first, last }: CandleFile, partition: Partition): void {
  if (first < partitionStart(partition) || last >= partitionEnd(partition)) {
    throw new ArchiveDamagedError(key, `its candles are not all of ${partition}`);
  }
}

/** What the manifest has of `bytes`, which are `file` and were found right. */
export function descriptionOf(
  { format, rows, first, last, footerLength, contentHash }: CandleFile,
  bytes: Uint8Array,
  dayCounts: readonly number[],
): FileDescription {
  return {
    format,
    rows,
    first,
    last,
    bytes: bytes.length,
    footerLength,
    contentHash,
    fileHash: sha256Hex(bytes),
    footerHash: sha256Hex(bytes.subarray(bytes.length - footerLength)),
    dayCounts,
  };
}

/**
 * How many of `candles` (ascending, of `partition`) lie on each of its days, from the first one up to
 * the day of the last candle.
 */
export function countDays(
  candles: readonly Pick<Candle, "timestamp">[],
  partition: Partition,
): number[] {
  const counts: number[] = [];
  const timestamps = candles.map(({ timestamp }) => timestamp);
  countInDays(counts, timestamps, partitionStart(partition));
  return counts;
}

/**
 * Adds candles, by open times that ascend, to `counts`: those of the days from `start` (unix
 * seconds) up to the newest candle so far. Days are few and candles many, so it divides none.
 */
export function countInDays(counts: number[], timestamps: ArrayLike<number>, start: number): void {
  let [day, end, candles] = [counts.length - 1, start + counts.length * DAY_SECONDS, 0];
  const add = (): void => {
    if (day >= 0) {
      counts[day] = (counts[day] ?? 0) + candles;
    }
  };
  for (let row = 0; row < timestamps.length; row += 1) {
    const timestamp = timestamps[row] ?? 0;
    for (; timestamp >= end; end += DAY_SECONDS) {
      add();
      candles = 0;
      day += 1;
      counts.push(0);
    }
    candles += 1;
  }
  add();
}

/** What is wrong with row group `index`, for people: which bytes, and which candles they hold. */
export function damageOfGroup({ groups }: CandleFile, index: number): string {
  const { start = 0, end = 0, first = 0, last = 0 } = groups[index] ?? {};
  return `bytes ${start} to ${end - 1} are not what was written (row group ${index}, candles of ${timeOf(first)} to ${timeOf(last)})`;
}

function timeOf(seconds: number): string {
  if (!(Math.abs(seconds) <= DATE_SECONDS_MAX)) {
    // A file that was handed in may say anything.
    return String(seconds);
  }
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

/** The end of `bytes` that is the footer of the file. Throws ArchiveDamagedError where it has none. */
export function footerOf(bytes: Uint8Array, key: string): Uint8Array {
  const length = footerLengthOf(bytes);
  if (length === undefined || length > bytes.length) {
    throw new ArchiveDamagedError(key, "it does not end as a Parquet file does");
  }
  return bytes.subarray(bytes.length - length);
}

function decodeOrThrow(file: CandleFile, index: number, bytes: Uint8Array): Candle[] {
  try {
    return candlesOf(decodeGroup(file, index, bytes));
  } catch (cause) {
    throw new ArchiveDamagedError(
      file.key,
      `row group ${index} cannot be decoded: ${String(cause)}`,
      { cause },
    );
  }
}

/** What is wrong with what a file says of its candles, or undefined. */
function findFault(file: CandleFile, candles: readonly Candle[]): string | undefined {
  for (const [index, { timestamp }] of candles.entries()) {
    const before = candles[index - 1]?.timestamp ?? -1;
    if (!(timestamp > before)) {
      return `candle ${timestamp} stands after ${before}`;
    }
  }
  if (candles[0]?.timestamp !== file.first || candles.at(-1)?.timestamp !== file.last) {
    return `its candles are not those of ${timeOf(file.first)} to ${timeOf(file.last)}`;
  }
  const group = file.groups.findIndex(
    ({ firstRow, rows, first, last }) =>
      candles[firstRow]?.timestamp !== first || candles[firstRow + rows - 1]?.timestamp !== last,
  );
  if (group !== -1) {
    // Who reads a part of the file goes by these.
    return `the candles of row group ${group} are not those of its statistics`;
  }
  return contentHashOf(file.series, candles) === file.contentHash
    ? undefined
    : "its candles are not the ones that were written";
}
