import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  binanceCandles,
  coinbaseCandles,
  hasRecordings,
  krakenCandles,
  skipReason,
} from "../../test/recordings.ts";
import { CHAIN_START } from "../core/archive.ts";
import { archiveKey } from "../core/archive-key.ts";
import type { Candle } from "../core/candle.ts";
import { canonicalLine } from "../core/canonical-candle.ts";
import { parseDecimal } from "../core/decimal.ts";
import { partitionOf } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { encodeCandleFile, type EncodedFile } from "./encode-candle-file.ts";
import { DECIMAL_COLUMNS } from "./file-schema.ts";

const MARCH = Date.UTC(2023, 2, 1) / 1_000;
const TEXTS = [...DECIMAL_COLUMNS, "trades"]
  .map((name) => `${name}::VARCHAR AS ${name}`)
  .join(", ");

let folder: string;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "candlehouse-duckdb-"));
  const instance = await DuckDBInstance.create(":memory:");
  duckdb = await instance.connect();
});

afterAll(() => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
});

async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const result = await duckdb.run(sql);
  return await result.getRowObjectsJson();
}

/** Writes `candles` as the archive does, a file a partition. Returns how DuckDB reads them all. */
function store(symbol: string, candles: readonly Candle[], timeframe: Series["timeframe"] = "1m") {
  const series: Series = { source: "binance", symbol, timeframe };
  const files: EncodedFile[] = [];
  for (const [partition, list] of Map.groupBy(candles, ({ timestamp }) =>
    partitionOf(timestamp, timeframe),
  )) {
    const file = encodeCandleFile(series, list, CHAIN_START);
    const name = file.contentHash;
    const path = join(folder, archiveKey({ folder: "candles", series, partition, name }));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.bytes);
    files.push(file);
  }
  const glob = `${folder}/candles/source=binance/symbol=${symbol}/timeframe=${timeframe}/**/*.parquet`;
  const hive = "hive_types = {'source': VARCHAR, 'symbol': VARCHAR, 'year': BIGINT}";
  return {
    files,
    glob,
    table: `read_parquet('${glob}', hive_partitioning = true, ${hive}, union_by_name = true)`,
  };
}

/** What DuckDB reads, each value by its digits and without zeros that say nothing. */
async function linesOf(table: string): Promise<string[]> {
  const rows = await ask(
    `SELECT epoch_ms(timestamp)::VARCHAR AS ms, ${TEXTS} FROM ${table} ORDER BY timestamp`,
  );
  return rows.map(({ ms, ...values }) => {
    const digits = Object.values(values).map((value) =>
      typeof value === "string" ? parseDecimal(value) : "",
    );
    return `${Number(ms) / 1_000},${digits.join(",")}\n`;
  });
}

async function typesOf(table: string): Promise<Record<string, unknown>> {
  const rows = await ask(`DESCRIBE SELECT * FROM ${table}`);
  return Object.fromEntries(rows.map(({ column_name, column_type }) => [column_name, column_type]));
}

/** Minutes from March on, each with the `values` of its number. */
function minutes(values: (minute: number) => Partial<Candle>, count = 200): Candle[] {
  return Array.from({ length: count }, (_, minute) => ({
    timestamp: MARCH + minute * 60,
    open: (150 + minute) / 100,
    high: 900,
    low: 0.01,
    close: 1.25,
    volume_from: minute / 1_000,
    volume_to: minute,
    trades: minute,
    ...values(minute),
  }));
}

/** The same of the month `index`, from 0 on. */
function month(index: number, close: (minute: number) => Candle["close"]): Candle[] {
  const first = Date.UTC(2023, index, 1) / 1_000;
  return minutes((minute) => ({ timestamp: first + minute * 60, close: close(minute) }));
}

const WIDE = "123456789012345678901234.5678";
const LONG = `${"9".repeat(30)}.${"1".repeat(20)}`;

const kinds: readonly [name: string, type: string, values: (minute: number) => Partial<Candle>][] =
  [
    ["32-bit decimals", "DECIMAL(9,2)", (minute) => ({ close: minute + 0.25 })],
    ["64-bit decimals", "DECIMAL(18,8)", (minute) => ({ close: minute * 1_000 + 0.000_000_01 })],
    [
      "128-bit decimals",
      "DECIMAL(28,4)",
      (minute) => ({ close: minute % 2 === 0 ? WIDE : minute + 1 }),
    ],
    ["doubles", "DOUBLE", (minute) => ({ close: minute === 3 ? 1e-40 : (minute + 1) * 1e30 })],
    ["text", "VARCHAR", (minute) => ({ close: minute === 3 ? LONG : minute + 0.5 })],
  ];

describe("DuckDB", () => {
  test.each(kinds)("reads %s as %s, value by value", async (name, type, values) => {
    const candles = minutes(values);
    const { table } = store(name.toUpperCase().replaceAll(/\W/g, ""), candles);
    expect(await typesOf(table)).toMatchObject({
      timestamp: "TIMESTAMP WITH TIME ZONE",
      open: "DECIMAL(9,2)",
      close: type,
    });
    expect(await linesOf(table)).toEqual(candles.map(canonicalLine));
  });

  test("reads a volume or a count that is not known as NULL, in columns of any kind", async () => {
    const candles = minutes((minute) => ({
      volume_from: minute % 3 === 0 ? null : minute / 8,
      volume_to: minute % 5 === 0 ? null : LONG,
      trades: minute % 7 === 0 ? null : 2 ** 40 + minute,
    }));
    const none = minutes(() => ({ volume_from: null, volume_to: null, trades: null }));
    for (const [symbol, list] of [
      ["SOME-NULL", candles],
      ["ALL-NULL", none],
    ] as const) {
      const { table } = store(symbol, list);
      expect(await linesOf(table)).toEqual(list.map(canonicalLine));
    }
    expect(await typesOf(store("SOME-NULL", candles).table)).toMatchObject({ trades: "BIGINT" });
  });

  test("has the folders' names as columns, and reads no file that they rule out", async () => {
    const { table } = store(
      "HIVE-USD",
      minutes(() => ({}), 45_000),
    );
    expect(
      await ask(`SELECT source, symbol, timeframe, year, month, COUNT(*)::INT AS rows FROM ${table}
        WHERE year = 2023 GROUP BY ALL ORDER BY month`),
    ).toEqual([
      {
        source: "binance",
        symbol: "HIVE-USD",
        timeframe: "1m",
        year: "2023",
        month: "03",
        rows: 44_640,
      },
      {
        source: "binance",
        symbol: "HIVE-USD",
        timeframe: "1m",
        year: "2023",
        month: "04",
        rows: 360,
      },
    ]);
    const plan = JSON.stringify(
      await ask(`EXPLAIN ANALYZE SELECT * FROM ${table} WHERE month = '04'`),
    );
    expect(plan).toContain("Scanning Files: 1/2");
  });

  test("reads months of one series that have different scales exactly, by name", async () => {
    const cents = month(2, (minute) => minute + 0.25);
    const fractions = month(3, (minute) => minute + 0.000_000_125);
    const { table, glob } = store("SCALES-USD", [...cents, ...fractions]);
    expect(await linesOf(table)).toEqual([...cents, ...fractions].map(canonicalLine));
    expect(await typesOf(table)).toMatchObject({ close: "DECIMAL(18,9)" });
    // Without union_by_name the first file's type is that of all, and digits are rounded away.
    expect(await typesOf(`read_parquet('${glob}')`)).toMatchObject({ close: "DECIMAL(9,2)" });

    const wide = month(4, () => WIDE);
    const withWide = store("WIDE-USD", [...cents, ...fractions, ...wide]).table;
    expect(await linesOf(withWide)).toEqual([...cents, ...fractions, ...wide].map(canonicalLine));

    const doubles = month(3, (minute) => (minute + 1) * (minute % 2 === 0 ? 1e30 : 1e-30));
    const withDoubles = store("DOUBLES-USD", [...cents, ...doubles]).table;
    expect(await linesOf(withDoubles)).toEqual([...cents, ...doubles].map(canonicalLine));
    expect(await typesOf(withDoubles)).toMatchObject({ close: "DOUBLE" });
  });

  test("reads what the footer says of the file", async () => {
    const { files, glob } = store(
      "FOOTER-USD",
      minutes(() => ({})),
    );
    const rows = await ask(
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${glob}')`,
    );
    const said = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    expect(said).toMatchObject({
      "candlehouse.format": "1",
      "candlehouse.series": "binance:FOOTER-USD:1m",
      "candlehouse.rows": "200",
      "candlehouse.first_timestamp": String(MARCH),
      "candlehouse.last_timestamp": String(MARCH + 199 * 60),
      "candlehouse.content_sha256": files[0]?.contentHash,
      "candlehouse.sequence": "0",
      "candlehouse.previous": CHAIN_START.hash,
    });
  });

  test("reads the bounds of each column and row group exactly", async () => {
    const { glob } = store(
      "BOUNDS-USD",
      minutes((minute) => ({ volume_to: minute === 5 ? WIDE : 7 }), 12_000),
    );
    const rows = await ask(
      `SELECT path_in_schema AS name, row_group_id::INT AS row_group, stats_min_value AS min, stats_max_value AS max, num_values::INT AS rows
       FROM parquet_metadata('${glob}') WHERE name IN ('timestamp', 'open', 'volume_from', 'volume_to') ORDER BY ALL`,
    );
    expect(rows).toEqual([
      { name: "open", row_group: 0, min: "1.50", max: "102.29", rows: 10_080 },
      { name: "open", row_group: 1, min: "102.30", max: "121.49", rows: 1_920 },
      {
        name: "timestamp",
        row_group: 0,
        min: "2023-03-01 00:00:00+00",
        max: "2023-03-07 23:59:00+00",
        rows: 10_080,
      },
      {
        name: "timestamp",
        row_group: 1,
        min: "2023-03-08 00:00:00+00",
        max: "2023-03-09 07:59:00+00",
        rows: 1_920,
      },
      { name: "volume_from", row_group: 0, min: "0.000", max: "10.079", rows: 10_080 },
      { name: "volume_from", row_group: 1, min: "10.080", max: "11.999", rows: 1_920 },
      { name: "volume_to", row_group: 0, min: "7.0000", max: WIDE, rows: 10_080 },
      { name: "volume_to", row_group: 1, min: "7.0000", max: "7.0000", rows: 1_920 },
    ]);
  });
});

describe.skipIf(!hasRecordings)(`DuckDB, of recorded candles${skipReason}`, () => {
  test.each([
    [
      "31 days of Binance's BTCUSDT minutes",
      "1m",
      () => binanceCandles("BTCUSDT-1m", "2023-03-01", "2023-03-31"),
    ],
    ["Kraken's XBTUSD days", "1d", () => krakenCandles("XBTUSD_1440")],
    ["Kraken's XBTUSD hours", "1h", () => krakenCandles("XBTUSD_60")],
    ["Kraken's XBTUSDC minutes", "1m", () => krakenCandles("XBTUSDC_1.2023Q1")],
    ["Coinbase's BTC-USD four hours", "4h", () => coinbaseCandles()],
  ] as const)("reads %s, value by value", async (name, timeframe, read) => {
    const candles = read();
    const { table } = store(name.toUpperCase().replaceAll(/\W/g, ""), candles, timeframe);
    expect(await linesOf(table)).toEqual(candles.map(canonicalLine));
  });
});
