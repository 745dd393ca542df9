import type { ArchiveFile, ArchiveFileState } from "../core/archive.ts";
import type { Series } from "../core/series.ts";

/** A row of archive_files, as D1 gives it. Times are unix seconds. */
export interface ArchiveFileRow extends Series {
  readonly partition: string;
  readonly key: string;
  readonly state: ArchiveFileState;
  readonly format: number;
  readonly rows: number;
  readonly first_timestamp: number;
  readonly last_timestamp: number;
  readonly bytes: number;
  readonly footer_length: number;
  readonly content_hash: string;
  readonly file_hash: string;
  readonly footer_hash: string;
  /** JSON: candles on each day of the partition, from its first day on. */
  readonly day_counts: string;
  readonly created_at: number;
  readonly replaced_at: number | null;
  readonly verified_at: number | null;
  readonly damage: string | null;
}

/** The columns of archive_files, each with what of a file it holds. The only place that knows. */
const COLUMNS: Record<keyof ArchiveFileRow, (file: ArchiveFile) => string | number | null> = {
  source: ({ series }) => series.source,
  symbol: ({ series }) => series.symbol,
  timeframe: ({ series }) => series.timeframe,
  partition: ({ partition }) => partition,
  key: ({ key }) => key,
  state: ({ state }) => state,
  format: ({ format }) => format,
  rows: ({ rows }) => rows,
  first_timestamp: ({ first }) => first,
  last_timestamp: ({ last }) => last,
  bytes: ({ bytes }) => bytes,
  footer_length: ({ footerLength }) => footerLength,
  content_hash: ({ contentHash }) => contentHash,
  file_hash: ({ fileHash }) => fileHash,
  footer_hash: ({ footerHash }) => footerHash,
  day_counts: ({ dayCounts }) => JSON.stringify(dayCounts),
  created_at: ({ createdAt }) => createdAt,
  replaced_at: ({ replacedAt }) => replacedAt,
  verified_at: ({ verifiedAt }) => verifiedAt,
  damage: ({ damage }) => damage,
};

export const ARCHIVE_COLUMN_NAMES: readonly string[] = Object.keys(COLUMNS);

/** The columns of archive_files as SQL lists them; `archiveFileOf` takes such a row. */
export const ARCHIVE_COLUMNS = ARCHIVE_COLUMN_NAMES.join(", ");

/** The file that `row` tells of. */
export function archiveFileOf(row: ArchiveFileRow): ArchiveFile {
  const dayCounts: number[] = JSON.parse(row.day_counts);
  return {
    series: { source: row.source, symbol: row.symbol, timeframe: row.timeframe },
    partition: row.partition,
    key: row.key,
    state: row.state,
    format: row.format,
    rows: row.rows,
    first: row.first_timestamp,
    last: row.last_timestamp,
    bytes: row.bytes,
    footerLength: row.footer_length,
    contentHash: row.content_hash,
    fileHash: row.file_hash,
    footerHash: row.footer_hash,
    dayCounts,
    createdAt: row.created_at,
    replacedAt: row.replaced_at,
    verifiedAt: row.verified_at,
    damage: row.damage,
  };
}

/** The values of `file`'s row, in the order of ARCHIVE_COLUMNS. Inverse of `archiveFileOf`. */
export function archiveRowOf(file: ArchiveFile): (string | number | null)[] {
  return Object.values(COLUMNS).map((valueOf) => valueOf(file));
}
