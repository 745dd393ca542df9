import { isPartition, type Partition } from "./partition.ts";
import type { Series } from "./series.ts";
import { isSourceId } from "./source.ts";
import { isSymbol } from "./symbol.ts";
import { isTimeframe } from "./timeframe.ts";

/** Where current and replaced files lie on R2, and where fragments do. */
export const ARCHIVE_FOLDERS = { candles: "candles/", fragments: "fragments/" } as const;

export type ArchiveFolder = keyof typeof ARCHIVE_FOLDERS;

/** What an object's key says of it. */
export interface ArchiveKey {
  readonly folder: ArchiveFolder;
  readonly series: Series;
  readonly partition: Partition;
  /** File name without `.parquet`: of our own files, the content hash. */
  readonly name: string;
}

/**
 * The folder of a partition, as Hive-aware readers know it:
 * `candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2026/month=10/`.
 */
export function partitionFolder(
  folder: ArchiveFolder,
  series: Series,
  partition: Partition,
): string {
  const [year, month] = partition.split("-");
  const { source, symbol, timeframe } = series;
  const ofYear = `${ARCHIVE_FOLDERS[folder]}source=${source}/symbol=${symbol}/timeframe=${timeframe}/year=${year}/`;
  return month === undefined ? ofYear : `${ofYear}month=${month}/`;
}

export function archiveKey({ folder, series, partition, name }: ArchiveKey): string {
  return `${partitionFolder(folder, series, partition)}${name}.parquet`;
}

const KEY_PATTERN =
  /^(candles|fragments)\/source=([^/]+)\/symbol=([^/]+)\/timeframe=([^/]+)\/year=(\d{4})(?:\/month=(\d{2}))?\/([\w.-]{1,128})\.parquet$/;

/** What `key` says, or undefined where it is no key of the archive. Inverse of `archiveKey`. */
export function parseArchiveKey(key: string): ArchiveKey | undefined {
  const [, folder, source = "", symbol = "", timeframe = "", year, month, name] =
    KEY_PATTERN.exec(key) ?? [];
  if ((folder !== "candles" && folder !== "fragments") || name === undefined) {
    return undefined;
  }
  if (!isSourceId(source) || !isSymbol(symbol) || !isTimeframe(timeframe)) {
    return undefined;
  }
  const partition = month === undefined ? `${year}` : `${year}-${month}`;
  return isPartition(partition, timeframe)
    ? { folder, series: { source, symbol, timeframe }, partition, name }
    : undefined;
}
