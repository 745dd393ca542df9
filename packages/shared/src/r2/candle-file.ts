import { parquetSchema, type FileMetaData, type SchemaTree } from "hyparquet";
import { ArchiveDamagedError } from "../core/errors.ts";
import { parseSeries, type Series } from "../core/series.ts";
import { FILE_COLUMNS, FORMAT_VERSION, METADATA_KEYS, type FileColumn } from "./file-schema.ts";
import { readMetadata } from "./read-metadata.ts";

/** Rows that lie together in a file. */
export interface RowGroup {
  readonly rows: number;
  /** Index in the file of the first one. */
  readonly firstRow: number;
  /** Open time of the first candle, unix seconds. */
  readonly first: number;
  /** Open time of the last candle, unix seconds. */
  readonly last: number;
  /** First byte, inclusive. */
  readonly start: number;
  /** End of the bytes, exclusive. */
  readonly end: number;
  /** SHA-256 of the bytes; hex. */
  readonly sha256: string;
}

/** What the footer of a file says. */
export interface CandleFile {
  readonly key: string;
  readonly format: number;
  readonly series: Series;
  readonly rows: number;
  /** Open time of the first candle, unix seconds. */
  readonly first: number;
  /** Open time of the last candle, unix seconds. */
  readonly last: number;
  /** SHA-256 of the candles, whatever their encoding; hex. */
  readonly contentHash: string;
  /** Number of the change of the partition that this file follows, and its hash. */
  readonly sequence: number;
  readonly previous: string;
  readonly groups: readonly RowGroup[];
  readonly footerLength: number;
  /** As hyparquet reads it; times are unix seconds. */
  readonly metadata: FileMetaData;
  /** The place of each column in the schema, in the order of FILE_COLUMNS. */
  readonly columns: readonly SchemaTree[];
}

/** Length of the last field of a file, which says how long its footer is, and of the magic after it. */
const TAIL_BYTES = 8;
const MAGIC = "PAR1";

/** How long the footer of a file is, whose last bytes are `tail`; undefined where it is no Parquet. */
export function footerLengthOf(tail: Uint8Array): number | undefined {
  if (tail.length < TAIL_BYTES) {
    return undefined;
  }
  const view = new DataView(tail.buffer, tail.byteOffset + tail.length - TAIL_BYTES, TAIL_BYTES);
  const magic = String.fromCharCode(...tail.subarray(tail.length - MAGIC.length));
  return magic === MAGIC ? view.getUint32(0, true) + TAIL_BYTES : undefined;
}

/**
 * What `footer`, the end of the file `key`, says. Throws ArchiveDamagedError where it is no footer
 * of a file of ours, or says what cannot be.
 */
export function parseCandleFile(footer: Uint8Array, key: string): CandleFile {
  try {
    return readCandleFile(footer, key);
  } catch (cause) {
    throw new ArchiveDamagedError(key, `its footer cannot be read: ${String(cause)}`, { cause });
  }
}

function readCandleFile(footer: Uint8Array, key: string): CandleFile {
  const metadata = readMetadata(footer, {
    timestampFromMilliseconds: (millis) => Number(millis) / 1_000,
  });
  const said = new Map(metadata.key_value_metadata?.map(({ key: name, value }) => [name, value]));
  const say = (name: keyof typeof METADATA_KEYS): string => {
    const value = said.get(METADATA_KEYS[name]);
    if (value === undefined) {
      throw new TypeError(`${METADATA_KEYS[name]} is missing`);
    }
    return value;
  };
  const series = parseSeries(say("series"));
  const format = Number(say("format"));
  if (series === undefined || format !== FORMAT_VERSION) {
    throw new TypeError(`series ${say("series")}, format ${say("format")}`);
  }
  const groups = groupsOf(metadata, say("groups").split(","));
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== Number(say("rows")) || rows !== Number(metadata.num_rows)) {
    throw new RangeError(`its row groups hold ${rows} rows, it says ${say("rows")}`);
  }
  return {
    key,
    format,
    series,
    rows,
    first: Number(say("first")),
    last: Number(say("last")),
    contentHash: say("contentHash"),
    sequence: Number(say("sequence")),
    previous: say("previous"),
    groups,
    footerLength: footer.length,
    metadata,
    columns: columnsOf(metadata),
  };
}

function groupsOf(metadata: FileMetaData, hashes: readonly string[]): RowGroup[] {
  let firstRow = 0;
  return metadata.row_groups.map((group, index) => {
    const [timestamps] = group.columns;
    const statistics = timestamps?.meta_data?.statistics;
    const rows = Number(group.num_rows);
    const start = Number(timestamps?.file_offset);
    const sha256 = hashes[index];
    if (sha256 === undefined || statistics === undefined) {
      throw new TypeError(`row group ${index} has no hash or no statistics`);
    }
    if (!(rows >= 1)) {
      // Another one's rows could be as many more, and room is made for them before they are read.
      throw new RangeError(`row group ${index} has ${rows} rows`);
    }
    firstRow += rows;
    return {
      rows,
      firstRow: firstRow - rows,
      first: Number(statistics.min_value),
      last: Number(statistics.max_value),
      start,
      end: start + Number(group.total_compressed_size),
      sha256,
    };
  });
}

function columnsOf(metadata: FileMetaData): SchemaTree[] {
  const { children } = parquetSchema(metadata);
  return FILE_COLUMNS.map((name: FileColumn, place) => {
    const column = children[place];
    if (column?.element.name !== name || children.length !== FILE_COLUMNS.length) {
      throw new TypeError(`column ${place} is not ${name}`);
    }
    return column;
  });
}
