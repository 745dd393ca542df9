import { CHAIN_START, type ArchiveFile } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Partition } from "@candlehouse/shared/core/partition";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { ARCHIVE_COLUMN_NAMES, archiveRowOf } from "@candlehouse/shared/d1/archive-file-row";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { env } from "cloudflare:workers";

/** Writes the file of `partition` with `candles` and registers it; `changes` say what is otherwise. */
export async function putFile(
  series: Series,
  partition: Partition,
  candles: readonly Candle[],
  changes: Partial<ArchiveFile> = {},
): Promise<ArchiveFile> {
  const { bytes, contentHash } = encodeCandleFile(series, candles, CHAIN_START);
  const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
  const file: ArchiveFile = {
    ...describeFile(bytes, key, partition),
    series,
    partition,
    key,
    state: "current",
    createdAt: 1_700_000_000,
    replacedAt: null,
    verifiedAt: 1_700_000_001,
    damage: null,
    ...changes,
  };
  await env.BUCKET.put(file.key, bytes);
  await register(file);
  return file;
}

/** Writes one file a partition, with those of `candles` (ascending) that it holds. */
export async function putFiles(series: Series, candles: readonly Candle[]): Promise<ArchiveFile[]> {
  const partitions = Map.groupBy(candles, ({ timestamp }) =>
    partitionOf(timestamp, series.timeframe),
  );
  const files: ArchiveFile[] = [];
  for (const [partition, held] of partitions) {
    files.push(await putFile(series, partition, held));
  }
  return files;
}

/** Names `file` in the manifest, in the place of the row that has its key. */
export async function register(file: ArchiveFile): Promise<void> {
  await env.DB.prepare(
    `INSERT OR REPLACE INTO archive_files (${ARCHIVE_COLUMN_NAMES.join(", ")})
    VALUES (${ARCHIVE_COLUMN_NAMES.map(() => "?").join(", ")})`,
  )
    .bind(...archiveRowOf(file))
    .run();
}

/** Removes all candles and all files of the manifest. */
export async function clearCandles(): Promise<void> {
  await env.DB.exec("DELETE FROM price_data");
  await env.DB.exec("DELETE FROM archive_files");
}

/** A bucket that notes what is read of it. */
export class CountingBucket {
  readonly reads: { key: string; offset: number | undefined; length: number | undefined }[] = [];
  /** Reads that were asked for by another way than `get`. */
  others = 0;

  get(key: string, options?: R2GetOptions): Promise<R2ObjectBody | null> {
    const range = options?.range;
    this.reads.push({
      key,
      offset: range !== undefined && "offset" in range ? range.offset : undefined,
      length: range !== undefined && "length" in range ? range.length : undefined,
    });
    return env.BUCKET.get(key, options);
  }

  head(key: string): Promise<R2Object | null> {
    this.others += 1;
    return env.BUCKET.head(key);
  }

  list(): never {
    throw new Error("nobody lists the bucket");
  }

  /** Reads of each file, in the order in which files were first read. */
  counts(): number[] {
    return [...Map.groupBy(this.reads, ({ key }) => key).values()].map(({ length }) => length);
  }
}
