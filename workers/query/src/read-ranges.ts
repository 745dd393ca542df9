import type { Candle } from "@candlehouse/shared/core/candle";
import {
  coverageOf,
  overlaps,
  readBeyond,
  type TimeRange,
  type Window,
} from "@candlehouse/shared/core/cold-plan";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import type { SeriesRead } from "@candlehouse/shared/core/query-plan";
import type { Series } from "@candlehouse/shared/core/series";
import { readWindows } from "@candlehouse/shared/d1/read-candles";
import { isIn, overlay, readFooterOf, readGroupsOf } from "./read-cold.ts";
import type { Stores } from "./read-pages.ts";
import { STREAM_HOT_ROWS, type SeriesRange } from "./stream-plan.ts";

/** Candles of a series, oldest first, as they come from one read of the archive or the database. */
export interface CandlePart {
  readonly series: Series;
  readonly candles: readonly Candle[];
}

/**
 * All candles of `ranges`, in their order, piece by piece: no more than a window of hot candles and
 * a row group are held at once. What is said of a stretch of time is what the database said of it
 * at one moment, so that each candle is there once while the archiver moves it. Throws as
 * `readPages` does.
 */
export async function* readRanges(
  stores: Stores,
  ranges: readonly SeriesRange[],
): AsyncGenerator<CandlePart, void> {
  for (const { series, range } of ranges) {
    for await (const candles of readRange(stores, series, range)) {
      yield { series, candles };
    }
  }
}

async function* readRange(
  { DB, BUCKET }: Stores,
  series: Series,
  range: TimeRange,
): AsyncGenerator<readonly Candle[], void> {
  const limits = { limit: STREAM_HOT_ROWS, rows: STREAM_HOT_ROWS };
  let next: SeriesRead | undefined = { series, ...range, order: "oldest first", ...limits };
  let failed: ArchiveDamagedError | undefined;
  while (next !== undefined) {
    const read: SeriesRead = next;
    const { windows } = await readWindows(DB, [read]);
    const window = windows[0] ?? { hot: [], files: [] };
    if (failed !== undefined && window.files.some(({ key }) => key === failed?.key)) {
      throw failed;
    }
    failed = undefined;
    const coverage = coverageOf(read, window);
    let position = coverage.from;
    try {
      for await (const { candles, end } of readWindow(BUCKET, series, window, coverage)) {
        position = end;
        if (candles.length > 0) {
          yield candles;
        }
      }
      next = readBeyond(read, coverage, 0);
    } catch (error) {
      if (!(error instanceof ArchiveDamagedError)) {
        throw error;
      }
      // A slow reader may come to a file that was replaced and deleted since the manifest was
      // read. Where the manifest names it still, it is damaged.
      failed = error;
      next = { ...read, from: position };
    }
  }
}

/** Candles up to `end`, exclusive, unix seconds. */
interface WindowPart {
  readonly candles: readonly Candle[];
  readonly end: number;
}

/** The candles of `coverage`, one row group at a time. */
async function* readWindow(
  bucket: R2Bucket,
  series: Series,
  { hot, files }: Window,
  coverage: TimeRange,
): AsyncGenerator<WindowPart, void> {
  let from = coverage.from;
  const upTo = (end: number, cold: readonly Candle[]): WindowPart => {
    const part = { from, to: end };
    from = end;
    return {
      candles: overlay(
        cold,
        hot.filter(({ timestamp }) => isIn(timestamp, part)),
      ),
      end,
    };
  };
  for (const file of files) {
    if (!overlaps(file, coverage)) {
      continue;
    }
    const footer = await readFooterOf(bucket, series, file, coverage);
    for (const [index, group] of footer.groups.entries()) {
      if (overlaps(group, coverage)) {
        const groups = { from: index, to: index + 1 };
        const candles = await readGroupsOf(bucket, series, file, footer, groups, coverage);
        const end = Math.min(group.last + 1, coverage.to);
        yield upTo(
          end,
          candles.filter(({ timestamp }) => isIn(timestamp, coverage)),
        );
      }
    }
  }
  yield upTo(coverage.to, []);
}
