import type { ColumnMetaData, SchemaElement } from "hyparquet";
import { ByteWriter, parquetWriteBuffer, type ColumnSource } from "hyparquet-writer";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import { describe, expect, test } from "vitest";
import { withFooter, type Footer } from "../../test/parquet-lies.ts";
import { CHAIN_START } from "../core/archive.ts";
import { FragmentUnreadableError } from "../core/errors.ts";
import { footerLengthOf } from "./candle-file.ts";
import { readUploadRows } from "./decode-fragment.ts";
import { encodeCandleFile } from "./encode-candle-file.ts";
import { readPages } from "./foreign-pages.ts";
import { decimalReader } from "./foreign-values.ts";
import { endOfStruct } from "./thrift-bounds.ts";

const SERIES = { source: "kraken", symbol: "BTC-USD", timeframe: "1m" } as const;
const START = 1_790_812_800;
/** Each is refused at once; what it is made for takes from seconds to hours, or a gigabyte. */
const REFUSED_MS_MAX = 1_000;

/** The sentence with which a file is refused. */
function refusal(bytes: Uint8Array): string {
  const startMs = performance.now();
  try {
    readUploadRows(bytes, SERIES, 600_000);
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      const tookMs = performance.now() - startMs;
      return tookMs < REFUSED_MS_MAX ? error.message : `it took ${tookMs} ms to refuse the file`;
    }
    throw error;
  }
  throw new Error("the file was not refused");
}

/** A file that is a footer alone. */
function fileOfFooter(footer: Uint8Array): Uint8Array {
  const output = new ByteWriter();
  output.appendBytes(footer);
  output.appendUint32(footer.length);
  output.appendUint32(0x31_52_41_50);
  return output.getBytes();
}

/** Candles in a file of another program, some columns of which are as given. */
function fileOfColumns(rows: number, ...changed: readonly ColumnSource[]): Uint8Array {
  const numbers = (value: number): number[] => Array.from({ length: rows }, () => value);
  const times = Array.from({ length: rows }, (_, row) => BigInt(START + row * 60));
  const columns: readonly ColumnSource[] = [
    { name: "timestamp", data: times, type: "INT64" },
    ...["open", "high", "low", "close"].map((name): ColumnSource => ({
      name,
      data: numbers(2),
      type: "DOUBLE",
    })),
  ];
  const columnData = columns.map(
    (column) => changed.find(({ name }) => name === column.name) ?? column,
  );
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function ourFile(rows: number): Uint8Array<ArrayBuffer> {
  const candles = Array.from({ length: rows }, (_, row) => ({
    timestamp: START + row * 60,
    open: 2,
    high: 3,
    low: 1,
    close: 2.5,
    volume_from: row % 2 === 0 ? null : 1,
    volume_to: null,
    trades: 7,
  }));
  return encodeCandleFile(SERIES, candles, CHAIN_START).bytes;
}

describe("a footer is refused before anything is made of it", () => {
  test("whose number has no end", () => {
    const footer = new Uint8Array(400_000).fill(0xff);
    footer[0] = 0x16;
    expect(refusal(fileOfFooter(footer))).toContain("a number has more than 10 bytes");
  });

  test("that lists four million records of nothing", () => {
    const footer = new Uint8Array(4_000_000);
    footer.set([0x19, 0xfc, 0x80, 0x89, 0xf4, 0x01]);
    expect(refusal(fileOfFooter(footer))).toContain("more values than are read");
  });

  test("whose records lie in each other", () => {
    expect(refusal(fileOfFooter(new Uint8Array(100_000).fill(0x1c)))).toContain(
      "more values than are read",
    );
  });

  test("but not where it is a file's own, which is walked through to its end", () => {
    const bytes = ourFile(100);
    const start = bytes.length - (footerLengthOf(bytes) ?? 0);
    expect(endOfStruct(bytes, start, 10_000)).toBe(bytes.length - 8);
    expect(() => endOfStruct(bytes, start, 100)).toThrow("more values than are read");
    expect(() => endOfStruct(bytes.subarray(0, -10), start, 10_000)).toThrow("beyond the end");
  });
});

const INT32: SchemaElement = { name: "trades", type: "INT32", repetition_type: "REQUIRED" };
const TEXT: SchemaElement = {
  name: "open",
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "REQUIRED",
};

/** A page of `content` in the bytes of its column; `header` has the fields of its kind. */
function pageOf(type: number, header: object, content: Uint8Array): Uint8Array {
  const output = new ByteWriter();
  const sizes = { field_1: type, field_2: content.length, field_3: content.length };
  serializeTCompactProtocol(output, { ...sizes, ...header });
  output.appendBytes(content);
  return output.getBytes();
}

/** Reads a column of `rows` rows that is not compressed. */
function readColumn(content: Uint8Array, element: SchemaElement, rows: number): unknown[] {
  const chunk: ColumnMetaData = {
    type: element.type ?? "INT32",
    encodings: [],
    path_in_schema: [element.name],
    codec: "UNCOMPRESSED",
    num_values: BigInt(rows),
    total_uncompressed_size: 0n,
    total_compressed_size: 0n,
    data_page_offset: 0n,
  };
  return [...readPages(content, element, chunk, rows)];
}

describe("a page is refused", () => {
  test("whose deltas lie in fewer blocks than none", () => {
    // hyparquet goes back over the same bytes for ever.
    const deltas = Uint8Array.from([0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 10, 2, 2, 2, 2, 2]);
    const header = { field_5: { field_1: 10, field_2: 5, field_3: 3, field_4: 3 } };
    expect(() => readColumn(pageOf(0, header, deltas), INT32, 10)).toThrow(
      "4294967295 miniblocks cannot share 128 values",
    );
  });

  test("whose dictionary has a million words for ten rows", () => {
    const header = { field_7: { field_1: 1_000_000, field_2: 0 } };
    const words = new Uint8Array(4_000_000);
    expect(() => readColumn(pageOf(2, header, words), TEXT, 10)).toThrow(
      "a dictionary of 1000000 values for 10 rows",
    );
  });

  test("whose levels stand where its schema says that values stand", () => {
    const values = new Uint8Array(4 + 1 + 4 * 10);
    const header = { field_5: { field_1: 10, field_2: 0, field_3: 3, field_4: 3 } };
    expect(() => readColumn(pageOf(0, header, values), INT32, 10)).toThrow(
      "values of 40 bytes lie in a page of 45",
    );
    expect(readColumn(pageOf(0, header, values.subarray(5)), INT32, 10)).toHaveLength(10);
    const sizes = { field_5: 2, field_6: 0, field_7: false };
    const later = { field_8: { field_1: 10, field_2: 0, field_3: 10, field_4: 0, ...sizes } };
    expect(() => readColumn(pageOf(3, later, new Uint8Array(42)), INT32, 10)).toThrow(
      "column trades has levels where its schema has none",
    );
  });
});

/** The sentence about a column whose two notes of what it is have these scales. */
function refusalOfScales(scale: number, twice: number): string {
  return refusal(
    withFooter(fileOfColumns(3), ({ schema, row_groups }) => {
      const place = schema.findIndex(({ name }) => name === "open");
      const chunk = row_groups[0]?.columns[place - 1]?.meta_data;
      delete chunk?.statistics;
      schema[place] = {
        name: "open",
        type: "INT64",
        repetition_type: "REQUIRED",
        converted_type: "DECIMAL",
        scale: twice,
        logical_type: { type: "DECIMAL", precision: 18, scale },
      };
      if (chunk !== undefined) {
        chunk.type = "INT64";
      }
    }),
  );
}

describe("a column", () => {
  test("of long words is read without making a text of each", () => {
    const word = new Uint8Array(1_000_000).fill(0x37);
    const { read } = decimalReader(TEXT);
    const startMs = performance.now();
    for (let row = 0; row < 20_000; row += 1) {
      expect(read(word)).toBeUndefined();
    }
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(read(word.subarray(0, 15))).toBe(777_777_777_777_777);
  });

  test("that holds no number anywhere tells of a thousand, and counts the others", () => {
    const data = Array.from({ length: 2_000 }, () => Number.NaN);
    const { at } = readUploadRows(
      fileOfColumns(2_000, { name: "open", data, type: "DOUBLE" }),
      SERIES,
      2_000,
    );
    expect(at(999)).toBe("column open holds NaN: a finite number is expected");
    expect(at(1_000)).toBe("column open holds something else: a finite number is expected");
  });

  test("that is a DECIMAL of two scales, or of one that no decimal has, is refused", () => {
    expect(refusalOfScales(2, 4)).toContain(
      "column open is DECIMAL on INT64: with one scale of 0 to 76",
    );
    expect(refusalOfScales(2 ** 28, 2 ** 28)).toContain("with one scale of 0 to 76");
  });
});

describe("a file of another program is refused", () => {
  test.each<readonly [string, (footer: Footer) => void, string]>([
    [
      "of which a column holds lists",
      ({ schema }) => Object.assign(schema[2] ?? {}, { repetition_type: "REPEATED" }),
      "column open holds lists or records",
    ],
    [
      "whose row groups have their columns in another order",
      ({ row_groups: [group] }) =>
        Object.assign(group ?? {}, { columns: group?.columns.toReversed() }),
      "a row group has the columns close, low, high, open, timestamp, the schema timestamp, open,",
    ],
    [
      "whose row groups have more rows than it has",
      ({ row_groups: [group] }) => Object.assign(group ?? {}, { num_rows: 100_000_000n }),
      "the file has 3 rows, its row groups 100000000",
    ],
  ])("%s", (_name, change, sentence) => {
    expect(refusal(withFooter(fileOfColumns(3), change))).toContain(sentence);
  });
});

describe("a file that says it is ours is refused", () => {
  test("where its row groups have a hundred million rows, and as many fewer than none", () => {
    const lying = withFooter(ourFile(10_090), ({ row_groups: [one, other] }) => {
      if (one !== undefined && other !== undefined) {
        one.num_rows += 100_000_000n;
        other.num_rows -= 100_000_000n;
      }
    });
    expect(refusal(lying)).toContain("row group 1 has -99999990 rows");
  });

  test.each([
    ["of other times", 60_000n],
    ["of no time", 2n ** 60n],
  ])("where the statistics of its row groups are %s", (_name, later) => {
    const lying = withFooter(ourFile(10_090), ({ row_groups: [, group] }) => {
      const statistics = group?.columns[0]?.meta_data?.statistics;
      if (statistics?.max_value instanceof Date) {
        Object.assign(statistics, { max_value: BigInt(statistics.max_value.getTime()) + later });
      }
    });
    expect(refusal(lying)).toContain("row group 1 are not those of its statistics");
  });
});
