import type { CandleFile } from "./candle-file.ts";
import {
  readSpan,
  type FileReference,
  type GroupBytes,
  type GroupSpan,
} from "./read-candle-file.ts";

/** Row groups of a file whose footer is read. */
export interface GroupRange extends GroupSpan {
  readonly reference: FileReference;
  readonly file: CandleFile;
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
  const groups =
    range === undefined
      ? Promise.resolve([])
      : readSpan(bucket, range.reference, range.file, range);
  groups.catch(() => undefined);
  return groups;
}
