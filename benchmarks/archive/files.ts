/** Files of the archive in a folder, and a stand-in for R2 that reads them and counts. */
import { closeSync, mkdirSync, openSync, readSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CHAIN_START } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import { partitionOf } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { describeFile } from "@candlehouse/shared/r2/describe-file";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { readFooter, type FileReference } from "@candlehouse/shared/r2/read-candle-file";
import type { GroupRange } from "@candlehouse/shared/r2/read-group-bytes";

/** Comes after a key to make another one of it, so that no footer is kept for it. */
const ALIAS = "#";

/** Writes `candles` below `folder` as the archive does, a file a partition; oldest first. */
export function writeArchive(
  folder: string,
  series: Series,
  candles: readonly Candle[],
): FileReference[] {
  const partitions = Map.groupBy(candles, ({ timestamp }) =>
    partitionOf(timestamp, series.timeframe),
  );
  return [...partitions].map(([partition, list]) => {
    const { bytes, contentHash } = encodeCandleFile(series, list, CHAIN_START);
    const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
    return { key, ...describeFile(bytes, key, partition) };
  });
}

/** How many aliases there are by now. */
let aliases = 0;

/** The same files under keys that were never used before. */
export function withFreshKeys(files: readonly FileReference[]): FileReference[] {
  aliases += 1;
  return files.map((file) => ({ ...file, key: `${file.key}${ALIAS}${aliases}` }));
}

/** All row groups of `files`, whose footers are read. */
export async function allGroups(
  bucket: R2Bucket,
  files: readonly FileReference[],
): Promise<GroupRange[]> {
  return Promise.all(
    files.map(async (reference) => {
      const file = await readFooter(bucket, reference);
      return { reference, file, from: 0, to: file.groups.length };
    }),
  );
}

export interface CountingBucket {
  readonly bucket: R2Bucket;
  reads: number;
  bytes: number;
}

/** An R2 that reads ranges of the files below `folder`, on disk, and does nothing else. */
export function openBucket(folder: string): CountingBucket {
  const counting = { reads: 0, bytes: 0 };
  const get = (alias: string, { range: { offset, length } }: RangeRequest): Promise<unknown> => {
    counting.reads += 1;
    counting.bytes += length;
    const [key = ""] = alias.split(ALIAS);
    const bytes = readPart(join(folder, key), offset, length);
    return Promise.resolve({ arrayBuffer: () => Promise.resolve(bytes) });
  };
  return Object.assign(counting, { bucket: Object({ get }) });
}

interface RangeRequest {
  readonly range: { readonly offset: number; readonly length: number };
}

/** Opens, reads and closes at once: nothing waits for a thread of Node.js, as nothing would on R2. */
function readPart(path: string, offset: number, length: number): ArrayBuffer {
  const file = openSync(path, "r");
  try {
    const { buffer } = Buffer.allocUnsafeSlow(length);
    readSync(file, new Uint8Array(buffer), 0, length, offset);
    return buffer;
  } finally {
    closeSync(file);
  }
}
