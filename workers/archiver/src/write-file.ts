import type { ChainHead, FileDescription } from "@candlehouse/shared/core/archive";
import { archiveKey } from "@candlehouse/shared/core/archive-key";
import type { Candle } from "@candlehouse/shared/core/candle";
import { ArchiveDamagedError, StorageUnavailableError } from "@candlehouse/shared/core/errors";
import type { Partition } from "@candlehouse/shared/core/partition";
import type { Series } from "@candlehouse/shared/core/series";
import { describeColumns } from "@candlehouse/shared/r2/describe-columns";
import { encodeCandleFile } from "@candlehouse/shared/r2/encode-candle-file";
import { MISSING, readObject } from "@candlehouse/shared/r2/read-candle-file";
import { headObject, putObject } from "./archive-object.ts";

/** What a new file of a partition is to hold. */
export interface FileToWrite {
  readonly series: Series;
  readonly partition: Partition;
  /** At least one, ascending, each timestamp once. */
  readonly candles: readonly Candle[];
  /** The change of the partition that the file follows. */
  readonly head: ChainHead;
}

/** What a file must be when it is read back. Times are unix seconds. */
export type WrittenFile = Pick<FileDescription, "contentHash" | "rows" | "first" | "last"> & {
  readonly key: string;
};

/** How often a damaged object under the file's key is replaced before that is given up. */
const REPAIRS_MAX = 3;

/**
 * Writes the file under its content hash, unless it is there. What lies there and is not the file,
 * because it was cut or changed, is replaced; `onRepair` is told what was wrong with it.
 *
 * Throws StorageUnavailableError. Repeatable.
 */
export async function writeFile(
  bucket: R2Bucket,
  { series, partition, candles, head }: FileToWrite,
  onRepair: (key: string, damage: string) => void,
): Promise<WrittenFile> {
  const { bytes, contentHash } = encodeCandleFile(series, candles, head);
  const key = archiveKey({ folder: "candles", series, partition, name: contentHash });
  const [first = 0, last = 0] = [candles[0]?.timestamp, candles.at(-1)?.timestamp];
  const written = { key, contentHash, rows: candles.length, first, last };
  let created = await putObject(bucket, key, bytes, { etagDoesNotMatch: "*" });
  for (let repair = 0; !created; repair += 1) {
    const there = await headObject(bucket, key);
    const damage = await findDamage(bucket, written, partition);
    if (damage === undefined) {
      return written;
    }
    if (repair === REPAIRS_MAX) {
      throw new StorageUnavailableError(`R2 does not keep ${key} as it is written: ${damage}`);
    }
    // By its ETag: another archiver may have replaced it by now, with bytes that are right.
    const onlyIf = there === null ? { etagDoesNotMatch: "*" } : { etagMatches: there.etag };
    created = await putObject(bucket, key, bytes, onlyIf);
    if (created) {
      onRepair(key, damage);
    }
  }
  return written;
}

/**
 * Reads a file back whole and describes it for the manifest. Throws ArchiveDamagedError where it is
 * not what was written, StorageUnavailableError where R2 does not answer.
 */
export async function verifyFile(
  bucket: R2Bucket,
  { key, ...written }: WrittenFile,
  partition: Partition,
): Promise<FileDescription> {
  const bytes = await readObject(bucket, key);
  if (bytes === undefined) {
    throw new ArchiveDamagedError(key, MISSING);
  }
  const found = describeColumns(bytes, key, partition);
  for (const member of ["contentHash", "rows", "first", "last"] as const) {
    if (found[member] !== written[member]) {
      throw new ArchiveDamagedError(
        key,
        `its ${member} is ${found[member]}, written was ${written[member]}`,
      );
    }
  }
  return found;
}

/** What is wrong with the object that should be the file, or undefined. */
async function findDamage(
  bucket: R2Bucket,
  written: WrittenFile,
  partition: Partition,
): Promise<string | undefined> {
  try {
    await verifyFile(bucket, written, partition);
    return undefined;
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      return error.damage;
    }
    throw error;
  }
}
