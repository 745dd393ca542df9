import type { Candle } from "@candlehouse/shared/core/candle";
import { coverageOf, readBeyond } from "@candlehouse/shared/core/cold-plan";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { pageOf, type CandlePage, type SeriesRead } from "@candlehouse/shared/core/query-plan";
import { readWindows, type D1Cost } from "@candlehouse/shared/d1/read-candles";
import { isIn, readMerged } from "./read-cold.ts";

/** Where candles are: hot ones and the manifest in the database, cold ones in the bucket. */
export interface Stores {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
}

/** What reads found, and what they cost in the database. */
export interface PagesFound extends D1Cost {
  /** One a read, in the order of the reads. */
  readonly pages: readonly CandlePage[];
  /** Queries of D1 that it took: two for each look at a series. */
  readonly queries: number;
}

/** Most series whose files are read at once: each may hold some 30,000 candles while it is. */
const SERIES_AT_ONCE = 4;

/** A look at a series: at its hot rows, and at the manifest. */
const QUERIES_A_LOOK = 2;

/** A read of which some candles are found already. */
interface OpenRead {
  /** Position among the reads. */
  readonly index: number;
  readonly read: SeriesRead;
}

/**
 * The page of each of `reads`, hot and cold as one. What a page says of a stretch of time is what
 * the database said of it at one moment. Throws DamagedRangeError, StorageUnavailableError or
 * StorageRejectedError; never passes over candles that cannot be read. `assertQueries` is told
 * before each look how many queries it will have taken, and may throw.
 */
export async function readPages(
  stores: Stores,
  reads: readonly SeriesRead[],
  assertQueries: (queries: number) => void,
): Promise<PagesFound> {
  try {
    return await readPagesOnce(stores, reads, assertQueries);
  } catch (error) {
    if (!(error instanceof ArchiveDamagedError)) {
      throw error;
    }
    // The file may have been replaced and deleted since the manifest was read: it names another
    // now. If it does not, this fails as before.
    return readPagesOnce(stores, reads, assertQueries);
  }
}

async function readPagesOnce(
  { DB, BUCKET }: Stores,
  reads: readonly SeriesRead[],
  assertQueries: (queries: number) => void,
): Promise<PagesFound> {
  const found: Candle[][] = reads.map(() => []);
  let open: OpenRead[] = reads.map((read, index) => ({ read, index }));
  let rowsRead = 0;
  let durationMs = 0;
  let queries = 0;
  while (open.length > 0) {
    queries += QUERIES_A_LOOK * open.length;
    assertQueries(queries);
    const answer = await readWindows(
      DB,
      open.map(({ read }) => read),
    );
    rowsRead += answer.rowsRead;
    durationMs += answer.durationMs;
    const next: OpenRead[] = [];
    for (let start = 0; start < open.length; start += SERIES_AT_ONCE) {
      const some = open.slice(start, start + SERIES_AT_ONCE);
      const beyond = await Promise.all(
        some.map(async ({ index, read }, place) => {
          const window = answer.windows[start + place] ?? { hot: [], files: [] };
          const coverage = coverageOf(read, window);
          const merged = await readMerged(BUCKET, read, window, coverage);
          const candles = merged.filter(({ timestamp }) => isIn(timestamp, coverage));
          const before = found[index] ?? [];
          found[index] =
            read.order === "oldest first" ? [...before, ...candles] : [...candles, ...before];
          return { index, read: readBeyond(read, coverage, candles.length) };
        }),
      );
      next.push(...beyond.flatMap(({ index, read }) => (read ? [{ index, read }] : [])));
    }
    open = next;
  }
  return {
    pages: reads.map((read, index) => pageOf(read, found[index] ?? [])),
    rowsRead,
    durationMs,
    queries,
  };
}
