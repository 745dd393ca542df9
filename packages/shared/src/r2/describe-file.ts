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
  return describeWholeFile(decodeWholeFile(bytes, key), bytes, partition);
}

/** The same of a file that is decoded already. Throws ArchiveDamagedError. */
export function describeWholeFile(
  { file, candles }: WholeFile,
  bytes: Uint8Array,
  partition: Partition,
): FileDescription {
  const { key, format, rows, first, last, footerLength, contentHash } = file;
  if (first < partitionStart(partition) || last >= partitionEnd(partition)) {
    throw new ArchiveDamagedError(key, `its candles are not all of ${partition}`);
  }
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
    dayCounts: countDays(candles, partition),
  };
}

/** Candles on each day of `partition`, from its first day up to the day of the last candle. */
export function countDays(
  candles: readonly Pick<Candle, "timestamp">[],
  partition: Partition,
): number[] {
  const start = partitionStart(partition);
  const counts: number[] = [];
  for (const { timestamp } of candles) {
    const day = Math.floor((timestamp - start) / DAY_SECONDS);
    while (counts.length <= day) {
      counts.push(0);
    }
    counts[day] = (counts[day] ?? 0) + 1;
  }
  return counts;
}

/** What is wrong with row group `index`, for people: which bytes, and which candles they hold. */
export function damageOfGroup({ groups }: CandleFile, index: number): string {
  const { start = 0, end = 0, first = 0, last = 0 } = groups[index] ?? {};
  return `bytes ${start} to ${end - 1} are not what was written (row group ${index}, candles of ${timeOf(first)} to ${timeOf(last)})`;
}

function timeOf(seconds: number): string {
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
  return contentHashOf(file.series, candles) === file.contentHash
    ? undefined
    : "its candles are not the ones that were written";
}
