import type { Candle } from "@candlehouse/shared/core/candle";
import {
  planFiles,
  planGroups,
  type ColdFile,
  type TimeRange,
  type Window,
} from "@candlehouse/shared/core/cold-plan";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { mergeCandles } from "@candlehouse/shared/core/merge-candles";
import type { SeriesRead } from "@candlehouse/shared/core/query-plan";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { closeTimeOf } from "@candlehouse/shared/core/timeframe";
import { DamagedRangeError } from "@candlehouse/shared/http/damaged-range-error";
import type { CandleFile } from "@candlehouse/shared/r2/candle-file";
import {
  readFooter,
  readGroups,
  readSpan,
  type GroupBytes,
} from "@candlehouse/shared/r2/read-candle-file";

/**
 * The candles of `range`, which `window` covers, oldest first: at least `read.rows` of them from
 * the side where `read` begins, or all there are. What is both hot and cold is taken from the file.
 * Each file that is touched costs one read of R2, and one more where its footer was not read
 * lately. Throws DamagedRangeError where candles cannot be read, StorageUnavailableError where R2
 * does not answer.
 */
export async function readMerged(
  bucket: R2Bucket,
  read: SeriesRead,
  { hot: found, files }: Window,
  range: TimeRange,
): Promise<readonly Candle[]> {
  const { series, order, rows } = read;
  const hot = found.filter(({ timestamp }) => isIn(timestamp, range));
  let cold: readonly Candle[] = [];
  let merged: readonly Candle[] = hot;
  let scan = { order, timeframe: series.timeframe, range, rows };
  for (;;) {
    const wanted = planFiles(scan, files, merged, hot);
    if (wanted.files.length === 0) {
      return merged;
    }
    const next = await readParts(bucket, series, scan, wanted.files, wanted.rows);
    const candles = next.candles.filter(({ timestamp }) => isIn(timestamp, scan.range));
    cold = order === "oldest first" ? [...cold, ...candles] : [...candles, ...cold];
    merged = overlay(cold, hot);
    scan = { ...scan, range: next.rest };
  }
}

/** `cold` and `hot` as one, both oldest first: what is in both is taken from `cold`. */
export function overlay(cold: readonly Candle[], hot: readonly Candle[]): readonly Candle[] {
  if (cold.length === 0 || hot.length === 0) {
    return cold.length === 0 ? hot : cold;
  }
  return mergeCandles(cold, hot).candles;
}

export function isIn(timestamp: number, { from, to }: TimeRange): boolean {
  return timestamp >= from && timestamp < to;
}

async function readParts(
  bucket: R2Bucket,
  series: Series,
  scan: Parameters<typeof planGroups>[0],
  files: readonly ColdFile[],
  rows: number,
): Promise<{ candles: Candle[]; rest: TimeRange }> {
  const footers = await Promise.all(
    files.map((file) => readFooterOf(bucket, series, file, scan.range)),
  );
  const { parts, rest } = planGroups(
    scan,
    footers.map(({ groups }) => groups),
    rows,
  );
  const pieces = await Promise.all(
    parts.map(async ({ file: index, ...groups }) => {
      const [file, footer] = [files[index], footers[index]];
      return file === undefined || footer === undefined
        ? []
        : readGroupsOf(bucket, series, file, footer, groups, scan.range);
    }),
  );
  const ordered = scan.order === "oldest first" ? pieces : pieces.toReversed();
  return { candles: ordered.flat(), rest };
}

/**
 * The footer of `file`, which must tell of the same candles as the manifest does. Throws
 * DamagedRangeError that names the part of `range` which the file holds.
 */
export async function readFooterOf(
  bucket: R2Bucket,
  series: Series,
  file: ColdFile,
  range: TimeRange,
): Promise<CandleFile> {
  try {
    const footer = await readFooter(bucket, file);
    const said = `${formatSeries(footer.series)}, ${footer.rows} candles from ${footer.first} to ${footer.last}`;
    const meant = `${formatSeries(series)}, ${file.rows} candles from ${file.first} to ${file.last}`;
    if (said !== meant) {
      throw new ArchiveDamagedError(file.key, `the manifest says ${meant}; the file says ${said}`);
    }
    return footer;
  } catch (error) {
    throw damageWithin(error, series, file, range);
  }
}

/** Row groups `from` (inclusive) to `to` (exclusive) of a file. */
interface GroupRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The candles of some row groups of `file`, oldest first. Throws DamagedRangeError that names the
 * part of `range` which cannot be read.
 */
export function readGroupsOf(
  bucket: R2Bucket,
  series: Series,
  file: ColdFile,
  footer: CandleFile,
  groups: GroupRange,
  range: TimeRange,
): Promise<Candle[]> {
  const reading = readGroups(bucket, file, footer, groups);
  return locateDamage(reading, bucket, series, file, footer, groups, range);
}

/** The bytes of some row groups of `file`, in their order. Throws as `readGroupsOf` does. */
export function readSpanOf(
  bucket: R2Bucket,
  series: Series,
  file: ColdFile,
  footer: CandleFile,
  groups: GroupRange,
  range: TimeRange,
): Promise<GroupBytes[]> {
  const reading = readSpan(bucket, file, footer, groups);
  return locateDamage(reading, bucket, series, file, footer, groups, range);
}

/** What `reading` of `groups` gives; where it finds damage, throws which candles it means. */
async function locateDamage<Value>(
  reading: Promise<Value>,
  bucket: R2Bucket,
  series: Series,
  file: ColdFile,
  footer: CandleFile,
  groups: GroupRange,
  range: TimeRange,
): Promise<Value> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ArchiveDamagedError)) {
      throw error;
    }
    const damaged = await findDamaged(bucket, file, footer, groups);
    const first = footer.groups[damaged.from]?.first ?? file.first;
    const last = footer.groups[damaged.to - 1]?.last ?? file.last;
    throw damageWithin(error, series, { first, last }, range);
  }
}

/** The stretch of `groups` in which those lie that cannot be read one by one. */
async function findDamaged(
  bucket: R2Bucket,
  file: ColdFile,
  footer: CandleFile,
  groups: GroupRange,
): Promise<GroupRange> {
  const damaged: number[] = [];
  for (let index = groups.from; index < groups.to; index += 1) {
    try {
      await readGroups(bucket, file, footer, { from: index, to: index + 1 });
    } catch {
      // What is wrong was thrown already, and is thrown on; here it is asked where.
      damaged.push(index);
    }
  }
  return damaged.length === 0
    ? groups
    : { from: Math.min(...damaged), to: Math.max(...damaged) + 1 };
}

function damageWithin(
  error: unknown,
  series: Series,
  { first, last }: Pick<ColdFile, "first" | "last">,
  { from, to }: TimeRange,
): unknown {
  return error instanceof ArchiveDamagedError
    ? new DamagedRangeError(error, series, {
        from: Math.max(first, from),
        to: Math.min(closeTimeOf(last, series.timeframe), to),
      })
    : error;
}
