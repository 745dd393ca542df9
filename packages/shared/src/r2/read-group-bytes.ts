import { ArchiveDamagedError } from "../core/errors.ts";
import { sha256Hex } from "../hash/sha256.ts";
import type { CandleFile } from "./candle-file.ts";
import { damageOfGroup } from "./describe-file.ts";
import { readRange, type FileReference } from "./read-candle-file.ts";

/** Row groups `from` (inclusive) to `to` (exclusive) of a file whose footer is read. */
export interface GroupRange {
  readonly reference: FileReference;
  readonly file: CandleFile;
  readonly from: number;
  readonly to: number;
}

/** A row group's bytes, whose hash is right. */
export interface GroupBytes {
  readonly file: CandleFile;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * The row groups of `ranges`, in their order: one read of R2 a range. While those of one range are
 * used, the next is read; so two of them are in memory. Throws as `readGroups` does.
 */
export async function* readGroupBytes(
  bucket: R2Bucket,
  ranges: readonly GroupRange[],
): AsyncGenerator<GroupBytes> {
  let next = readAhead(bucket, ranges[0]);
  for (let index = 0; index < ranges.length; index += 1) {
    const groups = await next;
    next = readAhead(bucket, ranges[index + 1]);
    yield* groups;
  }
}

/** Starts to read; that it fails is told to who awaits it, or to nobody if nobody gets that far. */
function readAhead(bucket: R2Bucket, range: GroupRange | undefined): Promise<GroupBytes[]> {
  const groups = range === undefined ? Promise.resolve([]) : readRangeOfGroups(bucket, range);
  groups.catch(() => undefined);
  return groups;
}

async function readRangeOfGroups(
  bucket: R2Bucket,
  { reference, file, from, to }: GroupRange,
): Promise<GroupBytes[]> {
  const groups = file.groups.slice(from, to);
  const start = groups[0]?.start ?? 0;
  const end = groups.at(-1)?.end ?? 0;
  if (start === end) {
    return [];
  }
  const bytes = await readRange(bucket, reference, start, end - start);
  return groups.map((group, place) => {
    const index = from + place;
    const part = bytes.subarray(group.start - start, group.end - start);
    if (sha256Hex(part) !== group.sha256) {
      throw new ArchiveDamagedError(file.key, damageOfGroup(file, index));
    }
    return { file, index, bytes: part };
  });
}
