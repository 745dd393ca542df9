import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { ArchiveDamagedError, FragmentUnreadableError } from "@candlehouse/shared/core/errors";
import { partitionEnd, partitionStart } from "@candlehouse/shared/core/partition";
import { contentHashOf } from "@candlehouse/shared/r2/content-hash";
import { decodeFragment } from "@candlehouse/shared/r2/decode-fragment";
import { readWholeFile } from "@candlehouse/shared/r2/read-candle-file";

/**
 * The candles of a fragment, ascending, whatever program wrote it. Throws ArchiveDamagedError where
 * the object, or what it holds, is not what the manifest says.
 */
export async function readFragment(
  bucket: R2Bucket,
  fragment: ArchiveFile,
  nowSeconds: number,
): Promise<readonly Candle[]> {
  const bytes = await readWholeFile(bucket, fragment);
  const candles = decodeCandles(bytes, fragment, nowSeconds);
  const damage = findDamage(fragment, candles);
  if (damage !== undefined) {
    throw new ArchiveDamagedError(fragment.key, damage);
  }
  return candles;
}

function decodeCandles(
  bytes: Uint8Array,
  { key, series }: ArchiveFile,
  nowSeconds: number,
): readonly Candle[] {
  try {
    return decodeFragment(bytes, series, nowSeconds).candles;
  } catch (cause) {
    if (cause instanceof FragmentUnreadableError) {
      throw new ArchiveDamagedError(key, cause.message, { cause });
    }
    throw cause;
  }
}

/** Where `candles` are not those of which the manifest tells, or undefined. */
function findDamage(fragment: ArchiveFile, candles: readonly Candle[]): string | undefined {
  const { series, partition, rows, contentHash } = fragment;
  if (candles.length !== rows) {
    return `it holds ${candles.length} candles, the manifest says ${rows}`;
  }
  if (contentHashOf(series, candles) !== contentHash) {
    return "its candles are not those of which the manifest tells";
  }
  const [first = 0, last = 0] = [candles[0]?.timestamp, candles.at(-1)?.timestamp];
  return first < partitionStart(partition) || last >= partitionEnd(partition)
    ? `its candles are not all of ${partition}`
    : undefined;
}
