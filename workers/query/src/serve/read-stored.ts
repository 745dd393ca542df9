import type { Candle } from "@candlehouse/shared/core/candle";
import { columnsOf, sliceColumns } from "@candlehouse/shared/core/candle-columns";
import { coverageOf, type TimeRange } from "@candlehouse/shared/core/cold-plan";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { replaceRevised } from "@candlehouse/shared/core/merge-candles";
import type { RollUpColumns } from "@candlehouse/shared/core/rollup-columns";
import type { Series } from "@candlehouse/shared/core/series";
import { readStretch, type StretchFound } from "@candlehouse/shared/d1/read-candles";
import { REVISED_ROWS_MAX } from "@candlehouse/shared/d1/read-revisions";
import { candlesOf } from "@candlehouse/shared/r2/decode-candles";
import { decodeGroup, reuseOutput } from "@candlehouse/shared/r2/decode-columns";
import { isIn, overlay } from "../read-cold.ts";
import type { MeteredStores } from "./meter.ts";
import { readGroupsIn } from "./read-groups.ts";

/** Most hot candles that are held at once: some 6 MB as rows. */
export const HOT_ROWS_MAX = 20_000;
/** Fewer are not asked for: the next look at the database would cost more than they do. */
const HOT_ROWS_MIN = 100;

/** Stored candles that are to be read, oldest first. */
export interface StoredRead {
  readonly series: Series;
  readonly range: TimeRange;
  /** With the newest values that were seen by then, unix milliseconds; undefined for the first ones. */
  readonly revisedUntilMs: number | undefined;
  /** How many candles are still wanted, by and by: that many are read at once, if not more. */
  readonly wanted: () => number;
}

/** Stored candles as they come: by row or by column. Columns are gone when the next part comes. */
export interface StoredPart {
  /** Unix seconds, exclusive: the parts so far hold all candles before it. */
  readonly end: number;
  /** Ascending. */
  readonly candles: () => readonly Candle[];
  readonly columns: () => RollUpColumns;
}

/**
 * The stored candles of a range, hot and cold as one, piece by piece, each once while the archiver
 * moves it: what is said of a stretch of time is what the database said of it at one moment. Throws
 * DamagedRangeError, StorageUnavailableError or StorageRejectedError, and PayloadTooLargeError where
 * it takes more queries than a request may make.
 */
export async function* readStored(
  stores: MeteredStores,
  read: StoredRead,
): AsyncGenerator<StoredPart, void> {
  const { series, revisedUntilMs } = read;
  let range = read.range;
  let failed: ArchiveDamagedError | undefined;
  while (range.from < range.to) {
    const rows = Math.min(Math.max(Math.ceil(read.wanted()), HOT_ROWS_MIN), HOT_ROWS_MAX);
    stores.meter.assertQueries(3);
    const found = await readStretch(stores.DB, { series, range, rows, revisedUntilMs });
    stores.meter.addQueries(found.queries, found);
    if (failed !== undefined && found.files.some(({ key }) => key === failed?.key)) {
      throw failed;
    }
    failed = undefined;
    const coverage = coveredBy(found, series, range, rows);
    let position = coverage.from;
    try {
      for await (const part of readCovered(stores.BUCKET, read, found, coverage)) {
        position = part.end;
        yield part;
      }
      range = { from: coverage.to, to: range.to };
    } catch (error) {
      if (!(error instanceof ArchiveDamagedError)) {
        throw error;
      }
      // A slow reader may come to a file that was replaced and deleted since the manifest was
      // read. Where the manifest names it still, it is damaged.
      failed = error;
      range = { from: position, to: range.to };
    }
  }
}

/** The beginning of `range` of which `found` tells everything. */
function coveredBy(found: StretchFound, series: Series, range: TimeRange, rows: number): TimeRange {
  const read = { series, ...range, order: "oldest first", limit: rows, rows } as const;
  const { from, to } = coverageOf(read, found);
  const { revisions } = found;
  const lastRevised = revisions.length < REVISED_ROWS_MAX ? undefined : revisions.at(-1);
  return { from, to: lastRevised === undefined ? to : Math.min(to, lastRevised.timestamp + 1) };
}

/** The candles of `coverage`, a row group a part; what no row group holds is in the part after it. */
async function* readCovered(
  bucket: R2Bucket,
  read: StoredRead,
  found: StretchFound,
  coverage: TimeRange,
): AsyncGenerator<StoredPart, void> {
  const output = reuseOutput();
  let from = coverage.from;
  const { series, wanted } = read;
  for await (const group of readGroupsIn(bucket, series, found.files, coverage, wanted)) {
    const { footer, index, bytes } = group;
    const end = Math.min((footer.groups[index]?.last ?? from) + 1, coverage.to);
    const range = { from, to: end };
    from = end;
    const [hot, revisions] = [within(found.hot, range), within(found.revisions, range)];
    const held = () => sliceColumns(decodeGroup(footer, index, bytes, output), range);
    const rows = () => replaceRevised(overlay(candlesOf(held()), hot), revisions);
    const isPlain = hot.length === 0 && revisions.length === 0;
    yield {
      end,
      candles: rows,
      columns: () => (isPlain ? held() : columnsOf(rows())),
    };
  }
  const rest = { from, to: coverage.to };
  const candles = replaceRevised(within(found.hot, rest), within(found.revisions, rest));
  yield { end: coverage.to, candles: () => candles, columns: () => columnsOf(candles) };
}

function within(candles: readonly Candle[], range: TimeRange): readonly Candle[] {
  return candles.length === 0 ? candles : candles.filter(({ timestamp }) => isIn(timestamp, range));
}
