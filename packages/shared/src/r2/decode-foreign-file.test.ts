import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import * as fc from "fast-check";
import { parquetWriteBuffer, type ColumnSource } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Candle } from "../core/candle.ts";
import { parseDecimal, storedDecimal } from "../core/decimal.ts";
import { FragmentUnreadableError } from "../core/errors.ts";
import type { Series } from "../core/series.ts";
import { decodeForeignFile, FRAGMENT_BYTES_MAX, FRAGMENT_ROWS_MAX } from "./decode-foreign-file.ts";
import { decodeUpload, readUploadRows } from "./decode-fragment.ts";
import { timestampReader } from "./foreign-values.ts";

const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
/** 2023-11-14 22:14:00 UTC. */
const START = 1_700_000_040;
/** 2026-01-01. */
const NOW = 1_767_225_600;

const folder = mkdtempSync(join(tmpdir(), "candlehouse-foreign-"));
let duck: DuckDBConnection;
let files = 0;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(":memory:");
  duck = await instance.connect();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => {
  duck.closeSync();
  rmSync(folder, { recursive: true });
});

/** The Parquet file that DuckDB writes of `select`. */
async function copy(select: string, options = "COMPRESSION zstd"): Promise<Uint8Array> {
  files += 1;
  const path = join(folder, `${files}.parquet`);
  await duck.run(`COPY (${select}) TO '${path}' (FORMAT parquet, ${options})`);
  return readFileSync(path);
}

/** A SELECT of one candle whose columns are as usual but for those that `changes` gives. */
function candle(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const columns: Record<string, string | undefined> = {
    timestamp: `make_timestamptz(${START}000000)`,
    open: "27500.1::DOUBLE",
    high: "27510.25::DOUBLE",
    low: "27499.9::DOUBLE",
    close: "27505.01::DOUBLE",
    volume_from: "12.5::DOUBLE",
    volume_to: "NULL::DOUBLE",
    trades: "7::INTEGER",
    ...changes,
  };
  const list = Object.entries(columns)
    .filter(([, expression]) => expression !== undefined)
    .map(([name, expression]) => `${expression} AS "${name}"`);
  return `SELECT ${list.join(", ")}`;
}

const CANDLE: Candle = {
  timestamp: START,
  open: 27_500.1,
  high: 27_510.25,
  low: 27_499.9,
  close: 27_505.01,
  volume_from: 12.5,
  volume_to: null,
  trades: 7,
};

async function decode(select: string, options?: string): Promise<Candle[]> {
  return decodeForeignFile(await copy(select, options), SERIES, NOW);
}

/** The sentence with which `bytes` are refused. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeForeignFile(bytes, SERIES, NOW);
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      return error.message;
    }
    throw error;
  }
  throw new Error("the file was not refused");
}

/** How many candles `bytes` hold; 0 where they are refused. */
function rowsOrRefusal(bytes: Uint8Array): number {
  try {
    return decodeForeignFile(bytes, SERIES, NOW).length;
  } catch (error) {
    if (error instanceof FragmentUnreadableError) {
      return 0;
    }
    throw error;
  }
}

describe("a file of another program", () => {
  test.each([
    "COMPRESSION zstd",
    "COMPRESSION snappy",
    "COMPRESSION gzip",
    "COMPRESSION brotli",
    "COMPRESSION uncompressed",
    "COMPRESSION zstd, PARQUET_VERSION v2",
    "COMPRESSION snappy, PARQUET_VERSION v2, ROW_GROUP_SIZE 2048",
    "COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1",
  ])("is read with %s", async (options) => {
    const rows = 5_000;
    const select = `SELECT make_timestamptz((${START} + i * 60) * 1000000) AS timestamp,
      (100 + i % 7 + 0.25)::DECIMAL(18, 8) AS open, (300 + i)::DECIMAL(9, 2) AS high,
      (0.00000001 + i % 3)::DECIMAL(38, 8) AS low, (100.5 + i % 2)::DOUBLE AS close,
      (i / 1000)::DECIMAL(18, 3) AS volume_from,
      CASE WHEN i % 10 = 0 THEN NULL ELSE i::BIGINT END AS volume_to, i::UINTEGER AS trades
      FROM range(${rows}) AS numbers(i)`;
    const expected = Array.from({ length: rows }, (_, i) => ({
      timestamp: START + i * 60,
      open: 100.25 + (i % 7),
      high: 300 + i,
      low: Number(`${i % 3}.00000001`),
      close: 100.5 + (i % 2),
      volume_from: i / 1_000,
      volume_to: i % 10 === 0 ? null : i,
      trades: i,
    }));
    expect(await decode(select, options)).toEqual(expected);
  });

  test.each([
    ["TIMESTAMP WITH TIME ZONE", `make_timestamptz(${START}000000)`],
    ["TIMESTAMP", `make_timestamp(${START}000000)`],
    ["TIMESTAMP_MS", `make_timestamp(${START}000000)::TIMESTAMP_MS`],
    ["TIMESTAMP_S", `make_timestamp(${START}000000)::TIMESTAMP_S`],
    ["TIMESTAMP_NS", `make_timestamp(${START}000000)::TIMESTAMP_NS`],
    ["seconds in INT32", `${START}::INTEGER`],
    ["seconds in UINT32", `${START}::UINTEGER`],
    ["seconds in INT64", `${START}::BIGINT`],
    ["milliseconds", `${START}000::BIGINT`],
    ["microseconds", `${START}000000::UBIGINT`],
    ["nanoseconds", `${START}000000000::BIGINT`],
  ])("may write its timestamps as %s", async (_, timestamp) => {
    expect(await decode(candle({ timestamp }))).toEqual([CANDLE]);
  });

  test("may write its timestamps as DATE", async () => {
    const daily = candle({ timestamp: undefined, time: "DATE '2023-11-14'" });
    const bytes = await copy(daily);
    expect(decodeForeignFile(bytes, { ...SERIES, timeframe: "1d" }, NOW)).toEqual([
      { ...CANDLE, timestamp: 1_699_920_000 },
    ]);
  });

  test.each([
    ["DECIMAL in 4 bytes", "45130.52::DECIMAL(9, 2)", 45_130.52],
    ["DECIMAL in 8 bytes", "45130.52::DECIMAL(18, 8)", 45_130.52],
    ["DECIMAL in 16 bytes", "45130.52::DECIMAL(38, 18)", 45_130.52],
    [
      "DECIMAL of 38 digits",
      "12345678901234567890.123456789012345678::DECIMAL(38, 18)",
      "12345678901234567890.123456789012345678",
    ],
    ["DOUBLE", "45130.520000000004::DOUBLE", 45_130.520000000004],
    ["BIGINT that no double holds", "9007199254740993::BIGINT", "9007199254740993"],
    ["UBIGINT", "18446744073709551615::UBIGINT", "18446744073709551615"],
    ["SMALLINT", "451::SMALLINT", 451],
    ["text", "'45130.520'::VARCHAR", 45_130.52],
    ["text that no double holds", "'0.1234567890123456789'::VARCHAR", "0.1234567890123456789"],
  ])("is exact in a column of %s", async (_, volume_from, value) => {
    expect(await decode(candle({ volume_from }))).toEqual([{ ...CANDLE, volume_from: value }]);
  });

  test("gives every decimal back digit for digit", async () => {
    const digits = fc
      .tuple(fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }), fc.integer({ min: 0, max: 18 }))
      .map(([integer, scale]) => {
        const text = String(integer).padStart(scale + 1, "0");
        return {
          scale,
          text: `${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}0`,
        };
      });
    await fc.assert(
      fc.asyncProperty(fc.array(digits, { minLength: 1, maxLength: 20 }), async (decimals) => {
        const scale = Math.max(...decimals.map((decimal) => decimal.scale));
        const select = decimals
          .map(({ text }, i) =>
            candle({
              timestamp: `${START + i * 60}::BIGINT`,
              volume_from: `'${text}'::DECIMAL(${scale + 19}, ${scale})`,
              volume_to: `'${text}'`,
            }),
          )
          .join(" UNION ALL ");
        const expected = decimals.map(({ text }) => storedDecimal(parseDecimal(text) ?? ""));
        const candles = await decode(select);
        expect(candles.map(({ volume_from }) => volume_from)).toEqual(expected);
        expect(candles.map(({ volume_to }) => volume_to)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  test("may name its columns as others do, in any order, and have more of them", async () => {
    const select = candle({
      extra: "[1, 2]",
      timestamp: undefined,
      volume_from: undefined,
      volume_to: undefined,
      trades: undefined,
      Quote_Volume: "343814.5::DOUBLE",
      Volume: "12.5::DECIMAL(10, 1)",
      Open_Time: `${START}000::BIGINT`,
      symbol: "'BTC-USDT'",
    });
    expect(await decode(select)).toEqual([{ ...CANDLE, volume_to: 343_814.5, trades: null }]);
  });

  test("is put in order, and a candle that stands twice is taken once", async () => {
    const later = candle({ timestamp: `${START + 60}::BIGINT` });
    const select = [later, candle({ timestamp: `${START}::BIGINT` }), later].join(" UNION ALL ");
    expect(await decode(select)).toEqual([CANDLE, { ...CANDLE, timestamp: START + 60 }]);
  });
});

describe("a file is refused", () => {
  test.each([
    [
      "a price of 7 digits",
      candle({ close: "27505.01::FLOAT" }),
      "column close is FLOAT: which holds 7 digits",
    ],
    ["a price that is true", candle({ open: "true" }), "column open is BOOLEAN: DECIMAL, DOUBLE"],
    ["a price that is a time", candle({ open: "TIME '10:00:00'" }), "column open is TIME on INT64"],
    [
      "no price",
      candle({ low: undefined }),
      "there is no column low: the columns are timestamp, open,",
    ],
    [
      "no time",
      candle({ timestamp: undefined }),
      "there is no column timestamp or time or open_time",
    ],
    [
      "a time of text",
      candle({ timestamp: "'2023-11-14'" }),
      "column timestamp is UTF8 on BYTE_ARRAY: TIMESTAMP, DATE or integers",
    ],
    [
      "a time between seconds",
      candle({ timestamp: `${START}001::BIGINT` }),
      `row 0, column timestamp holds ${START}001: a whole number of seconds is expected`,
    ],
    [
      "a time that opens no candle",
      candle({ timestamp: `${START + 1}::BIGINT` }),
      `row 0: timestamp ${START + 1} is not an open time of 1m`,
    ],
    ["a time to come", candle({ timestamp: `${NOW + 60}::BIGINT` }), "is in the future"],
    [
      "a price that is null",
      `${candle()} UNION ALL ${candle({ high: "NULL" })}`,
      "row 1, column high is null",
    ],
    [
      "a price that is no number",
      candle({ high: "'NaN'::DOUBLE" }),
      "row 0, column high holds NaN: a finite number is expected",
    ],
    [
      "a price that is no decimal",
      candle({ high: "'27.510,25'" }),
      'row 0, column high holds "27.510,25": a decimal such as 27500.10 is expected',
    ],
    ["a price that cannot be", candle({ high: "1::DOUBLE" }), "row 0: high 1 is below low 27499.9"],
    [
      "half a trade",
      candle({ trades: "0.5::DOUBLE" }),
      "row 0, column trades holds 0.5: a whole number is expected",
    ],
    [
      "another symbol",
      candle({ symbol: "'ETH-USDT'" }),
      'row 0, column symbol holds "ETH-USDT": for binance:BTC-USDT:1m it holds BTC-USDT everywhere',
    ],
    [
      "one candle in two ways",
      `${candle()} UNION ALL ${candle({ close: "27505.02::DOUBLE" })}`,
      "two rows of one timestamp differ",
    ],
    ["no row", `${candle()} LIMIT 0`, "the file has 0 rows"],
    [
      "more rows than are read",
      `SELECT i AS timestamp FROM range(${FRAGMENT_ROWS_MAX + 1}) AS numbers(i)`,
      `the file has ${FRAGMENT_ROWS_MAX + 1} rows`,
    ],
  ])("with %s", async (_, select, sentence) => {
    expect(refusal(await copy(select))).toContain(sentence);
  });

  test("with a compression that is not read", async () => {
    expect(refusal(await copy(candle(), "COMPRESSION lz4_raw"))).toContain(
      "is compressed with LZ4_RAW: ZSTD, SNAPPY, GZIP, BROTLI and none are read",
    );
  });

  test("with more bytes than are read", () => {
    expect(refusal(new Uint8Array(FRAGMENT_BYTES_MAX + 1))).toContain(
      `the file has ${FRAGMENT_BYTES_MAX + 1} bytes`,
    );
  });

  test("whose pages would grow beyond what is held", async () => {
    const long = `SELECT ${START} + i * 60 AS timestamp, repeat('1', 2000) || i AS open, 1 AS high, 1 AS low,
      1 AS close FROM range(100000) AS numbers(i)`;
    expect(refusal(await copy(long))).toMatch(
      /column open has \d+ bytes when decompressed: up to 33554432 are read/,
    );
  });

  test.each(["uncompressed", "snappy", "gzip", "zstd"])(
    "that is no Parquet any more, however it is cut or changed, at once, where it is %s",
    async (codec) => {
      const select = Array.from({ length: 60 }, (_, i) =>
        candle({
          timestamp: `${START + i * 60}::BIGINT`,
          volume_to: i % 7 === 0 ? "NULL" : `'${i % 5}.5'::DECIMAL(9, 2)`,
        }),
      ).join(" UNION ALL ");
      const whole = await copy(select, `COMPRESSION ${codec}`);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), {
            minLength: 1,
            maxLength: 3,
          }),
          fc.option(fc.nat({ max: whole.length }), { freq: 10 }),
          (changes, cut) => {
            const bytes = whole.slice(0, cut ?? whole.length);
            for (const [place, value] of changes) {
              bytes[place] = value;
            }
            const startMs = performance.now();
            expect(rowsOrRefusal(bytes)).toBeLessThanOrEqual(60);
            // Some readers of the format follow a changed length for a minute.
            expect(performance.now() - startMs).toBeLessThan(1_000);
          },
        ),
        { numRuns: 1_000 },
      );
    },
  );

  test("that is empty", () => {
    expect(refusal(new Uint8Array())).toContain("no Parquet file that can be read");
  });
});

test("the older timestamps of 12 bytes are read too", () => {
  const { read } = timestampReader({ name: "timestamp", type: "INT96" });
  const days = BigInt(Math.floor(START / 86_400)) + 2_440_588n;
  const nanoseconds = BigInt(START % 86_400) * 1_000_000_000n;
  expect(read((days << 64n) | nanoseconds)).toBe(START);
  expect(read((days << 64n) | (nanoseconds + 1n))).toBeUndefined();
});

describe("a file of hyparquet-writer", () => {
  const columnData: ColumnSource[] = [
    { name: "timestamp", data: [new Date(START * 1_000)] },
    { name: "open", data: [27_500.1], type: "DOUBLE" },
    { name: "high", data: [27_510.25], type: "DOUBLE" },
    { name: "low", data: [27_499.9], type: "DOUBLE" },
    { name: "close", data: [27_505.01], type: "DOUBLE" },
    { name: "volume", data: [12.5], type: "DOUBLE" },
    { name: "trades", data: [7], type: "INT32" },
  ];

  test("is read", () => {
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData }));
    expect(decodeForeignFile(bytes, SERIES, NOW)).toEqual([CANDLE]);
  });

  test("is refused where two of its columns differ in case alone", () => {
    const more: ColumnSource = { name: "Open", data: [1], type: "DOUBLE" };
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [...columnData, more] }));
    expect(refusal(bytes)).toContain("there are two columns open");
  });
});

test("a bad row is a fault of its own where a file is imported, and refuses a fragment", () => {
  const rows = 300_000;
  const numbers = (value: (row: number) => number): number[] =>
    Array.from({ length: rows }, (_, row) => value(row));
  const price = numbers((row) => (row === 7 ? Number.NaN : 2));
  const columnData: ColumnSource[] = [
    {
      name: "timestamp",
      type: "INT64",
      data: numbers((row) => row).map((row) => BigInt(START + row * 60)),
    },
    { name: "open", type: "DOUBLE", data: price },
    { name: "high", type: "DOUBLE", data: numbers((row) => (row === 500 ? 1 : 3)) },
    { name: "low", type: "DOUBLE", data: numbers(() => 1.5) },
    { name: "close", type: "DOUBLE", data: numbers(() => 2) },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData }));
  expect(() => decodeUpload(bytes, SERIES, NOW)).toThrow("the file has 300000 rows");
  const upload = readUploadRows(bytes, SERIES, rows);
  expect(upload).toMatchObject({ series: SERIES, rows });
  expect(upload.at(7)).toBe("column open holds NaN: a finite number is expected");
  expect(upload.at(500)).toMatchObject({ timestamp: START + 30_000, high: 1, trades: null });
  expect(() => readUploadRows(bytes, SERIES, rows - 1)).toThrow("1 to 299999 are read");
});
