import { overlaps, type ColdFile, type TimeRange } from "@candlehouse/shared/core/cold-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { countCandles } from "@candlehouse/shared/core/timeframe";
import type { CandleFile } from "@candlehouse/shared/r2/candle-file";
import { readFooterOf, readSpanOf } from "../read-cold.ts";

/** Most files that are read at once; each costs up to 0.6 MB while it is. */
const FILES_AT_ONCE = 6;

/** A row group of a file. */
interface Group {
  readonly file: ColdFile;
  readonly footer: CandleFile;
  readonly index: number;
}

/** A row group and its bytes, whose hash is right. */
export interface GroupRead extends Group {
  readonly bytes: Uint8Array;
}

/**
 * The row groups of `files` that overlap `range`, in their order. So many are read at once as hold
 * the rows that are `wanted`, if they are in a few files: of each its footer, and one stretch of
 * row groups. What lies before a damaged row group is given all the same. Throws DamagedRangeError
 * where a row group comes that cannot be read, StorageUnavailableError where R2 does not answer.
 */
export async function* readGroupsIn(
  bucket: R2Bucket,
  series: Series,
  files: readonly ColdFile[],
  range: TimeRange,
  wanted: () => number,
): AsyncGenerator<GroupRead, void> {
  let left = files.filter((file) => overlaps(file, range));
  while (left.length > 0) {
    const some = holding(left, wanted(), (file) => rowsIn(file, range, series));
    const footers = await untilFailure(
      some.slice(0, FILES_AT_ONCE).map((file) => readFooterOf(bucket, series, file, range)),
    );
    const groups = footers.flatMap((footer, place) => groupsIn(footer, left[place], range));
    left = left.slice(footers.length);
    yield* readBytes(bucket, series, groups, range, wanted);
  }
}

function groupsIn(footer: CandleFile, file: ColdFile | undefined, range: TimeRange): Group[] {
  return footer.groups.flatMap((group, index) =>
    file !== undefined && overlaps(group, range) ? [{ file, footer, index }] : [],
  );
}

async function* readBytes(
  bucket: R2Bucket,
  series: Series,
  groups: readonly Group[],
  range: TimeRange,
  wanted: () => number,
): AsyncGenerator<GroupRead, void> {
  let left = groups;
  while (left.length > 0) {
    const some = holding(left, wanted(), ({ footer, index }) => {
      const group = footer.groups[index];
      return group === undefined ? 0 : rowsIn(group, range, series);
    });
    const stretches = [...Map.groupBy(some, ({ file }) => file).values()];
    const read = (stretch: readonly Group[]) => readStretchOf(bucket, series, stretch, range);
    const parts = await untilFailure(stretches.map(read)).catch(async (error: unknown) => {
      // The row groups before the damaged one are read by themselves, and then that one.
      if (some.length === 1) {
        throw error;
      }
      return [await read(some.slice(0, 1))];
    });
    const found = parts.flat();
    left = left.slice(found.length);
    yield* found;
  }
}

/** The bytes of `stretch`, row groups of one file that lie together: one read of R2. */
async function readStretchOf(
  bucket: R2Bucket,
  series: Series,
  stretch: readonly Group[],
  range: TimeRange,
): Promise<GroupRead[]> {
  const [first] = stretch;
  if (first === undefined) {
    return [];
  }
  const { file, footer, index: from } = first;
  const span = { from, to: from + stretch.length };
  const parts = await readSpanOf(bucket, series, file, footer, span, range);
  return parts.map(({ index, bytes }) => ({ file, footer, index, bytes }));
}

/** What those of `promises` give that come before the first failure. Throws it where none does. */
async function untilFailure<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  const values: Value[] = [];
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === "rejected") {
      if (values.length === 0) {
        throw result.reason;
      }
      break;
    }
    values.push(result.value);
  }
  return values;
}

/** The first of `list` that hold `rows` rows, at least one. */
function holding<Value>(
  list: readonly Value[],
  rows: number,
  rowsOf: (value: Value) => number,
): readonly Value[] {
  let held = 0;
  const end = list.findIndex((value) => {
    held += rowsOf(value);
    return held >= rows;
  });
  return end === -1 ? list : list.slice(0, end + 1);
}

/** How many rows of `held` are in `range`, at most. */
function rowsIn(
  { first, last, rows }: Pick<ColdFile, "first" | "last" | "rows">,
  range: TimeRange,
  { timeframe }: Series,
): number {
  const from = Math.max(first, range.from);
  const to = Math.min(last + 1, range.to);
  return Math.min(rows, countCandles(from, to, timeframe));
}
