import type { ColumnMetaData, FileMetaData, RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { oneOf, wholeOf, type Draw } from "../../../tests/fuzz/draw.ts";
import { readMetadata } from "../src/r2/read-metadata.ts";

/** What a footer says, in a form that may be changed. */
export type Footer = Omit<FileMetaData, "schema" | "row_groups"> & {
  schema: SchemaElement[];
  row_groups: RowGroup[];
};

const MAGIC = 0x31_52_41_50;
const TAIL_BYTES = 8;

/** `bytes`, a Parquet file, with a footer that says what `change` makes of it. */
export function withFooter(
  bytes: Uint8Array,
  change: (footer: Footer) => void,
): Uint8Array<ArrayBuffer> {
  const metadata = structuredClone(readMetadata(bytes));
  const end = bytes.length - TAIL_BYTES - metadata.metadata_length;
  const footer: Footer = metadata;
  change(footer);
  const said = footerBytes(footer);
  const output = new ByteWriter();
  output.appendBytes(bytes.subarray(0, end));
  output.appendBytes(said);
  output.appendUint32(said.length);
  output.appendUint32(MAGIC);
  return Uint8Array.from(output.getBytes());
}

/** hyparquet-writer takes no schema that is no tree: what makes it none is put in afterwards. */
function footerBytes(footer: Footer): Uint8Array {
  const { schema } = footer;
  const flat = schema.map(({ num_children: _children, ...element }, place) =>
    place === 0 ? { ...element, num_children: schema.length - 1 } : element,
  );
  const sound = new ByteWriter();
  writeMetadata(sound, { ...footer, schema: flat });
  const bytes = sound.getBytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const said = deserializeTCompactProtocol({ view, offset: 0 });
  const elements: Record<string, number | undefined>[] = Reflect.get(said, "field_2");
  for (const [place, { num_children: children }] of schema.entries()) {
    const members = Object.entries({ ...elements[place], field_5: children });
    // In the order of their numbers, as the protocol has them.
    elements[place] = Object.fromEntries(members.toSorted(([a], [b]) => numberOf(a) - numberOf(b)));
  }
  const output = new ByteWriter();
  serializeTCompactProtocol(output, said);
  return output.getBytes();
}

/** Of `field_5`, 5. */
function numberOf(name: string): number {
  return Number(name.slice("field_".length));
}

/** Counts that no file has, and some that are near its own. */
function lyingCount(draw: Draw, count: bigint): bigint {
  const counts = [
    count + 1n,
    count - 1n,
    count * 2n,
    0n,
    -1n,
    -count,
    600_000n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 53n,
    2n ** 63n - 1n,
  ];
  return oneOf(draw, counts);
}

/** So many of the lies, the first ones, are of how many rows there are. */
const COUNT_LIES = 4;

/** A footer that does not fit the file any more; what it says of columns contradicts itself. */
const LIES: readonly ((draw: Draw, footer: Footer) => void)[] = [
  (draw, footer) => {
    footer.num_rows = lyingCount(draw, footer.num_rows);
  },
  (draw, footer) => {
    // Both together: nothing but the pages tells.
    const group = oneOf(draw, footer.row_groups);
    const before = group.num_rows;
    group.num_rows = lyingCount(draw, before);
    footer.num_rows += group.num_rows - before;
  },
  (draw, { row_groups: groups }) => {
    // The sum is as it was.
    const [one, other] = [oneOf(draw, groups), oneOf(draw, groups)];
    one.num_rows += 100_000_000n;
    other.num_rows -= 100_000_000n;
  },
  (draw, footer) => {
    footer.row_groups.splice(wholeOf(draw, 0, footer.row_groups.length - 1), 1);
  },
  (draw, footer) => {
    const chunk = someChunk(draw, footer);
    const offset = oneOf(draw, [-(2n ** 40n), -1n, 0n, 1n, 3n, 2n ** 40n]);
    chunk.data_page_offset += offset;
    delete chunk.dictionary_page_offset;
  },
  (draw, footer) => {
    const chunk = someChunk(draw, footer);
    chunk.total_compressed_size = lyingCount(draw, chunk.total_compressed_size);
  },
  (draw, footer) => {
    someChunk(draw, footer).codec = oneOf(draw, ["GZIP", "ZSTD", "LZO", "LZ4", "BROTLI"] as const);
  },
  (draw, footer) => {
    // Each column by the name of another one.
    const { columns } = oneOf(draw, footer.row_groups);
    const paths = columns.map(({ meta_data }) => meta_data?.path_in_schema ?? []);
    for (const [place, { meta_data }] of columns.entries()) {
      if (meta_data !== undefined) {
        meta_data.path_in_schema = [...(paths.at(place - 1) ?? [])];
      }
    }
  },
  (draw, footer) => {
    const { columns } = oneOf(draw, footer.row_groups);
    columns.push(columns.shift() ?? { file_offset: 0n });
  },
  (draw, footer) => {
    if (draw() < 0.5) {
      someChunk(draw, footer).type = oneOf(draw, TYPES);
      return;
    }
    const element = someElement(draw, footer);
    element.type = oneOf(draw, TYPES);
    element.type_length = oneOf(draw, [0, 1, 8, -1, 2 ** 31 - 1]);
  },
  (draw, footer) => {
    const element = someElement(draw, footer);
    const others = (["OPTIONAL", "REQUIRED", "REPEATED", undefined] as const).filter(
      (one) => one !== element.repetition_type,
    );
    const repetition = oneOf(draw, others);
    delete element.repetition_type;
    Object.assign(element, repetition === undefined ? {} : { repetition_type: repetition });
  },
  (draw, footer) => {
    const element = someElement(draw, footer);
    const scale = oneOf(draw, [-1, 5, 77, 2 ** 28]);
    element.converted_type = "DECIMAL";
    element.scale = scale === 5 ? 4 : scale;
    element.logical_type = { type: "DECIMAL", precision: 18, scale };
  },
  (draw, footer) => {
    const element = someElement(draw, footer);
    element.num_children = oneOf(draw, [1, 2, 3, 2 ** 31 - 1]);
  },
  (draw, footer) => {
    const [root] = footer.schema;
    if (root !== undefined) {
      root.num_children = oneOf(draw, [0, 1, 2, 2 ** 31 - 1]);
    }
  },
  (draw, footer) => {
    const { name } = someElement(draw, footer);
    someElement(draw, footer).name = name;
  },
  (draw, footer) => {
    footer.schema.splice(wholeOf(draw, 1, footer.schema.length - 1), 1);
  },
];

const TYPES = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;

/** `bytes` with a footer that lies in one way or two. */
export function withLies(draw: Draw, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const changed = withFooter(bytes, (footer) => {
    forgetStatistics(footer);
    const first = wholeOf(draw, 0, LIES.length - 1);
    const step = wholeOf(draw, 1, LIES.length - 1);
    const second = (first + step) % LIES.length;
    // Two lies of one kind may be a true file, and so may two of the counts.
    const areCounts = Math.max(first, second) < COUNT_LIES;
    for (const place of draw() < 0.5 || areCounts ? [first] : [first, second]) {
      if (footer.row_groups.length > 0 && footer.schema.length > 1) {
        LIES[place]?.(draw, footer);
      }
    }
  });
  return draw() < 0.1 ? withFooterLength(draw, changed) : changed;
}

/** Statistics that nobody may go by where a whole column is read, counts and places that nobody needs. */
export function withWrongRemarks(draw: Draw, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return withFooter(bytes, (footer) => {
    forgetStatistics(footer);
    for (const group of footer.row_groups) {
      group.total_byte_size = lyingCount(draw, group.total_byte_size);
      group.ordinal = 7;
      for (const column of group.columns) {
        column.file_offset = lyingCount(draw, 100n);
        if (column.meta_data?.type === "INT64" && draw() < 0.5) {
          column.meta_data.statistics = { null_count: 2n ** 40n, distinct_count: -1n };
        }
      }
    }
  });
}

/** hyparquet-writer cannot write those of a column whose type is another one now. */
function forgetStatistics({ row_groups }: Footer): void {
  for (const { meta_data } of row_groups.flatMap(({ columns }) => columns)) {
    delete meta_data?.statistics;
  }
}

function withFooterLength(draw: Draw, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const length = view.getUint32(changed.length - TAIL_BYTES, true);
  const lengths = [0, 1, length - 1, length + 1, length * 2, changed.length - 8, 2 ** 32 - 1];
  view.setUint32(changed.length - TAIL_BYTES, Math.max(0, oneOf(draw, lengths)), true);
  return changed;
}

function someChunk(draw: Draw, { row_groups }: Footer): ColumnMetaData {
  const chunks = row_groups
    .flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data))
    .filter((chunk) => chunk !== undefined);
  return oneOf(draw, chunks);
}

/** Any but the root. */
function someElement(draw: Draw, { schema }: Footer): SchemaElement {
  return oneOf(draw, schema.slice(1));
}
