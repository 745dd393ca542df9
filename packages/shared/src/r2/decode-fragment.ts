import type { FileDescription } from "../core/archive.ts";
import { findCandleFault, type Candle } from "../core/candle.ts";
import { ArchiveDamagedError, FragmentUnreadableError } from "../core/errors.ts";
import { partitionOf, type Partition } from "../core/partition.ts";
import { formatSeries, type Series } from "../core/series.ts";
import { sha256Hex } from "../hash/sha256.ts";
import { footerLengthOf } from "./candle-file.ts";
import { contentHashOf } from "./content-hash.ts";
import {
  decodeForeignFile,
  FRAGMENT_BYTES_MAX,
  FRAGMENT_ROWS_MAX,
  readForeignRows,
  type ForeignRows,
} from "./decode-foreign-file.ts";
import { countDays, decodeWholeFile } from "./describe-file.ts";
import { METADATA_KEYS } from "./file-schema.ts";
import { readMetadata } from "./read-metadata.ts";

/** A file of candles that came from outside, or that nobody knows any more. */
export interface Fragment {
  /** Version of the file format; 0 where the file is not of our making. */
  readonly format: number;
  readonly series: Series;
  /** At least one, ascending, each timestamp once. */
  readonly candles: readonly Candle[];
}

/**
 * What `bytes` hold, a file of ours or of another program. A file of another program does not say
 * whose candles they are: `series` does; a file of ours must agree with it where it is given. Of
 * another program's candles, each can be true at the shown time `nowSeconds`, unix seconds; those of
 * a file of ours are taken as they are, for what the archive holds stays readable.
 * Throws FragmentUnreadableError.
 */
export function decodeFragment(
  bytes: Uint8Array,
  series: Series | undefined,
  nowSeconds: number,
): Fragment {
  if (isOurs(bytes)) {
    return decodeOurs(bytes, series);
  }
  const of = expectNamed(series);
  return { format: 0, series: of, candles: decodeForeignFile(bytes, of, nowSeconds) };
}

/**
 * `decodeFragment` of a file that comes from outside: whatever program wrote it, each candle of it
 * can be true. Throws FragmentUnreadableError.
 */
export function decodeUpload(
  bytes: Uint8Array,
  named: Series | undefined,
  nowSeconds: number,
): Fragment {
  const fragment = decodeFragment(bytes, named, nowSeconds);
  for (const [row, candle] of fragment.candles.entries()) {
    const fault = findCandleFault(candle, fragment.series.timeframe, nowSeconds);
    if (fault !== undefined) {
      throw new FragmentUnreadableError(`row ${row}: ${fault}`);
    }
  }
  return fragment;
}

/**
 * The rows of a file that comes from outside, whether their candles can be true or not: of another
 * program's up to `rowsMax`, in its order, some of which may not be read; of a file of ours its
 * candles. Throws FragmentUnreadableError where the file as a whole cannot be read.
 */
export function readUploadRows(
  bytes: Uint8Array,
  named: Series | undefined,
  rowsMax: number,
): ForeignRows & { readonly series: Series } {
  if (isOurs(bytes)) {
    const { series, candles } = decodeOurs(bytes, named);
    return {
      series,
      rows: candles.length,
      at: (index) => candles[index] ?? `the file has ${candles.length} rows`,
    };
  }
  const series = expectNamed(named);
  return { series, ...readForeignRows(bytes, series, rowsMax) };
}

/** What the manifest has of a fragment whose candles are all of `partition`. */
export function describeFragment(
  { format, series, candles }: Fragment,
  bytes: Uint8Array,
  partition: Partition,
): FileDescription {
  const footerLength = footerLengthOf(bytes) ?? 0;
  return {
    format,
    rows: candles.length,
    first: candles[0]?.timestamp ?? 0,
    last: candles.at(-1)?.timestamp ?? 0,
    bytes: bytes.byteLength,
    footerLength,
    contentHash: contentHashOf(series, candles),
    fileHash: sha256Hex(bytes),
    footerHash: sha256Hex(bytes.subarray(bytes.byteLength - footerLength)),
    dayCounts: countDays(candles, partition),
  };
}

/** The candles of a fragment by partition, the oldest first; each at least one, ascending. */
export function splitFragment({ series, candles }: Fragment): Map<Partition, Candle[]> {
  return Map.groupBy(candles, ({ timestamp }) => partitionOf(timestamp, series.timeframe));
}

/** Whether a file says of itself that it is of our making. Throws where it is no Parquet, or too large. */
function isOurs(bytes: Uint8Array): boolean {
  if (bytes.byteLength > FRAGMENT_BYTES_MAX) {
    throw new FragmentUnreadableError(
      `the file has ${bytes.byteLength} bytes: up to ${FRAGMENT_BYTES_MAX} are read`,
    );
  }
  try {
    const { key_value_metadata: said = [] } = readMetadata(bytes);
    return said.some(({ key }) => key === METADATA_KEYS.format);
  } catch (cause) {
    throw new FragmentUnreadableError(`no Parquet file that can be read: ${String(cause)}`, {
      cause,
    });
  }
}

/** Another program's file does not say whose candles it holds: the address must. */
function expectNamed(series: Series | undefined): Series {
  if (series === undefined) {
    throw new FragmentUnreadableError(
      "the file does not say whose candles it holds: source, symbol and timeframe in the address do",
    );
  }
  return series;
}

function decodeOurs(bytes: Uint8Array, series: Series | undefined): Fragment {
  const { file, candles } = decodeOurFile(bytes);
  if (series !== undefined && formatSeries(file.series) !== formatSeries(series)) {
    throw new FragmentUnreadableError(
      `the file holds ${formatSeries(file.series)}, while the address names ${formatSeries(series)}`,
    );
  }
  return { format: file.format, series: file.series, candles };
}

/** Its candles are not read as another program's: a changed byte must not pass for a price. */
function decodeOurFile(bytes: Uint8Array): ReturnType<typeof decodeWholeFile> {
  const rows = Number(readMetadata(bytes).num_rows);
  if (!(rows >= 1 && rows <= FRAGMENT_ROWS_MAX)) {
    throw new FragmentUnreadableError(
      `the file has ${rows} rows: 1 to ${FRAGMENT_ROWS_MAX} are read`,
    );
  }
  try {
    return decodeWholeFile(bytes, "file");
  } catch (error) {
    if (error instanceof ArchiveDamagedError) {
      throw new FragmentUnreadableError(
        `the file says in its metadata that it is a file of Candlehouse, but ${error.damage}; a file that another program wrote must not keep that metadata`,
        { cause: error },
      );
    }
    throw error;
  }
}
