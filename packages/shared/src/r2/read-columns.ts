import type { RolledCandle } from "../core/rollup.ts";
import { startRollUp } from "../core/rollup-columns.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { decodeGroup, decodeNumbers, reuseOutput } from "./decode-columns.ts";
import type { FileColumn } from "./file-schema.ts";
import { readGroupBytes, type GroupRange } from "./read-group-bytes.ts";

/**
 * Columns `names` of the row groups of `ranges`, in their order, as numbers: timestamps in unix
 * seconds, decimals as the doubles nearest to them, null as NaN. One read of R2 a range. Throws
 * ArchiveDamagedError where a file is not what the manifest means, StorageUnavailableError where R2
 * does not answer.
 */
export async function readColumns<Name extends FileColumn>(
  bucket: R2Bucket,
  ranges: readonly GroupRange[],
  names: readonly Name[],
): Promise<Map<Name, Float64Array>> {
  const rows = ranges.reduce(
    (sum, { file, from, to }) => sum + rowsOf(file.groups.slice(from, to)),
    0,
  );
  const columns = new Map(names.map((name) => [name, new Float64Array(rows)]));
  let row = 0;
  for await (const { file, index, bytes } of readGroupBytes(bucket, ranges)) {
    const end = row + rowsOf(file.groups.slice(index, index + 1));
    for (const [name, values] of columns) {
      decodeNumbers(file, index, name, bytes, values.subarray(row, end));
    }
    row = end;
  }
  return columns;
}

/**
 * The candles of the row groups of `ranges` (ascending, of one series) as candles of the coarser
 * timeframe `to`. Throws as `readColumns` does, and RangeError as `rollUp` does.
 */
export async function readRolledUp(
  bucket: R2Bucket,
  ranges: readonly GroupRange[],
  to: Timeframe,
): Promise<readonly RolledCandle[]> {
  const [first] = ranges;
  if (first === undefined) {
    return [];
  }
  const rolling = startRollUp(first.file.series.timeframe, to);
  const output = reuseOutput();
  for await (const { file, index, bytes } of readGroupBytes(bucket, ranges)) {
    rolling.add(decodeGroup(file, index, bytes, output));
  }
  return rolling.candles;
}

function rowsOf(groups: readonly { readonly rows: number }[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}
