import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { shownSeconds } from "@candlehouse/shared/core/clock";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import type { Series } from "@candlehouse/shared/core/series";
import type { PartitionFiles } from "@candlehouse/shared/d1/archive-manifest";
import { readRevisions } from "@candlehouse/shared/d1/read-revisions";
import type { CandleBlock } from "@candlehouse/shared/import/candle-block";
import {
  compareRows,
  ROW_CONTRADICTS,
  ROW_DIFFERS,
  ROW_HELD,
  rowsIn,
} from "@candlehouse/shared/import/compare-rows";
import { contentHashOfColumns } from "@candlehouse/shared/r2/content-hash";
import type { ArchiverContext } from "./context.ts";
import { readCurrent, readHotPages } from "./partition-files.ts";
import { readFragment } from "./read-fragment.ts";
import { reportDamage } from "./report-damage.ts";

/** What a block of rows is compared with. */
export interface HeldCandles {
  readonly series: Series;
  /** Of the partitions that the block lies in. */
  readonly files: PartitionFiles["files"];
  /** Keys of the fragments that hold earlier rows of the same file. */
  readonly ownKeys: ReadonlySet<string>;
  /** Open times of the oldest and the newest hot candle of the series; undefined where none is. */
  readonly hot: { readonly oldest: number; readonly newest: number } | undefined;
}

/**
 * What is known of each row of `block` (ascending, each timestamp once, at least one), as states of
 * import/compare-rows.ts: what current files, fragments, hot rows and revisions hold of it.
 *
 * A file that cannot be read holds nothing: its candles are taken again, for they may mend it.
 */
export async function compareWithHeld(
  context: ArchiverContext,
  block: CandleBlock,
  held: HeldCandles,
): Promise<Uint8Array> {
  const { series, files, ownKeys, hot } = held;
  const states = new Uint8Array(block.rows);
  const [first, last] = [block.timestamps[0] ?? 0, block.timestamps[block.rows - 1] ?? 0];
  const near = files.filter(
    (file) => file.damage === null && file.first <= last && file.last >= first,
  );
  if (near.some(isSameCandles(series, block))) {
    return states.fill(ROW_HELD);
  }
  for (const file of near) {
    const candles = await readFile(context, file);
    compareRows(block, candles, states, ownKeys.has(file.key) ? ROW_CONTRADICTS : ROW_DIFFERS);
  }
  if (hot !== undefined && hot.oldest <= last && hot.newest >= first) {
    for await (const page of readHotPages(context.db, series, first, last + 1)) {
      compareRows(block, page, states, ROW_DIFFERS);
    }
  }
  const differing = rowsIn(states, ROW_DIFFERS).map((row) => block.timestamps[row] ?? 0);
  if (differing.length > 0) {
    compareRows(block, await readRevisions(context.db, series, differing), states, ROW_DIFFERS);
  }
  return states;
}

/** Whether a file holds just the candles of `block`, as its content hash tells without reading it. */
function isSameCandles(
  series: Series,
  block: CandleBlock,
): (file: Pick<ArchiveFile, "rows" | "contentHash">) => boolean {
  let hash: string | undefined;
  return ({ rows, contentHash }) => {
    if (rows !== block.rows) {
      return false;
    }
    hash ??= contentHashOfColumns(series, [block.toColumns()]);
    return hash === contentHash;
  };
}

async function readFile(context: ArchiverContext, file: ArchiveFile): Promise<readonly Candle[]> {
  try {
    return file.state === "current"
      ? await readCurrent(context.bucket, file)
      : await readFragment(context.bucket, file, shownSeconds(context));
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      await reportDamage(context, file, error.damage);
      return [];
    }
    throw error;
  }
}
