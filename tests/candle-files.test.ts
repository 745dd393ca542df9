import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { tableFromIPC } from "@uwdata/flechette";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

/** 2024-01-20; a candle a minute, each of another length of fraction. */
const START = Date.UTC(2024, 0, 20) / 1_000;
const ROWS = 600;
const PATH = `/v1/candles?series=binance:BTC-USDT:1m&start=${START}&end=${START + ROWS * 60}`;

let system: System;
let folder: string;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  system = await startSystem();
  await system.rows(
    `INSERT INTO price_data
    SELECT 'binance', 'BTC-USDT', '1m', ?1 + 60 * value, 27500.25, '27600.123456789012345', 27400.5,
      27500 + value / 100.0, round(value * 0.00001, 5), NULL, value
    FROM json_each(?2)`,
    START,
    JSON.stringify(Array.from({ length: ROWS }, (_, index) => index)),
  );
  folder = mkdtempSync(join(tmpdir(), "candlehouse-files-"));
  duckdb = await (await DuckDBInstance.create(":memory:")).connect();
}, 120_000);

afterAll(async () => {
  duckdb.closeSync();
  rmSync(folder, { recursive: true });
  await system.close();
});

async function fetchBytes(path: string): Promise<Buffer> {
  const response = await system.get(path);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

interface Line {
  readonly [name: string]: string;
}

/** The lines of a CSV answer, by the names of its columns, every field as it was written. */
async function readCsv(path: string): Promise<Line[]> {
  const [header = "", ...lines] = (await fetchBytes(path)).toString().trimEnd().split("\r\n");
  const names = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((field, index) => [names[index] ?? "", field])),
  );
}

describe("candles as a file", () => {
  test("of Parquet are read by DuckDB, digit by digit", async () => {
    const file = join(folder, "candles.parquet");
    writeFileSync(file, await fetchBytes(`${PATH}&format=parquet`));
    // A DECIMAL has zeros at its end that say nothing; a CSV field has none.
    const texts = ["open", "high", "low", "close", "volume_from", "volume_to"].map(
      (name) => `COALESCE(regexp_replace(${name}::VARCHAR, '\\.?0+$', ''), '') AS ${name}`,
    );
    const result = await duckdb.run(
      `SELECT epoch(timestamp)::BIGINT::VARCHAR AS timestamp, ${texts.join(", ")}, trades::VARCHAR AS trades FROM '${file}'`,
    );
    const csv = await readCsv(`${PATH}&format=csv`);
    expect(csv).toHaveLength(ROWS);
    expect(await result.getRowObjectsJson()).toEqual(
      csv.map(({ source: _source, symbol: _symbol, timeframe: _timeframe, ...rest }) => rest),
    );
    const types = await duckdb.run(`DESCRIBE SELECT * FROM '${file}'`);
    expect((await types.getRowObjectsJson()).map(({ column_type: type }) => type)).toEqual([
      "TIMESTAMP WITH TIME ZONE",
      "DECIMAL(18,2)",
      "DECIMAL(20,15)",
      "DECIMAL(18,1)",
      "DECIMAL(18,2)",
      "DECIMAL(18,5)",
      "DECIMAL(18,0)",
      "INTEGER",
    ]);
  });

  test("of Parquet have the columns that are made on request", async () => {
    const file = join(folder, "made.parquet");
    const asked = `${PATH}&interval=15m&indicators=sma:4&fill=prev`;
    writeFileSync(file, await fetchBytes(`${asked}&format=parquet`));
    const result = await duckdb.run(
      `SELECT epoch(timestamp)::BIGINT::VARCHAR AS timestamp, missing, closed, filled, sma_4 FROM '${file}'`,
    );
    const csv = await readCsv(`${asked}&format=csv`);
    expect(csv).toHaveLength(ROWS / 15);
    expect(await result.getRowObjectsJson()).toEqual(
      csv.map(({ timestamp, missing, closed, filled, sma_4 }) => ({
        timestamp,
        missing: Number(missing),
        closed: closed === "true",
        filled: filled === "true",
        sma_4: sma_4 === "" ? null : Number(sma_4),
      })),
    );
  });

  test("of Arrow are the nearest doubles", async () => {
    const table = tableFromIPC(await fetchBytes(`${PATH}&format=arrow`));
    const csv = await readCsv(`${PATH}&format=csv`);
    expect(table.toArray()).toEqual(
      csv.map(({ timestamp, open, high, low, close, volume_from, trades }) => ({
        timestamp: Number(timestamp) * 1_000,
        open: Number(open),
        high: Number(high),
        low: Number(low),
        close: Number(close),
        volume_from: Number(volume_from),
        volume_to: null,
        trades: Number(trades),
      })),
    );
  });
});

/** A GET of `path` over the wire, its body as it was sent. */
async function getRaw(path: string, encoding: string) {
  const { url } = await system.harness.listen();
  const headers = { "accept-encoding": encoding, "cache-control": "no-cache" };
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL(path, url), { headers }, resolve).on("error", reject);
  });
  return { sent: message.headers["content-encoding"], bytes: await buffer(message) };
}

describe("candles over the wire", () => {
  test.each([
    ["gzip", (bytes: Buffer) => gunzipSync(bytes)],
    ["zstd", (bytes: Buffer) => zstdDecompressSync(bytes)],
  ])("are sent in %s, a page as a stream", async (encoding, decode) => {
    for (const asked of [`${PATH}&limit=${ROWS}`, `${PATH.replace(/&end=.*/, "")}&format=csv`]) {
      const plain = await getRaw(asked, "identity");
      expect(plain.sent).toBeUndefined();
      const { sent, bytes } = await getRaw(asked, encoding);
      expect(sent).toBe(encoding);
      expect(decode(bytes).equals(plain.bytes)).toBe(true);
      expect(bytes.length * 3).toBeLessThan(plain.bytes.length);
    }
  });
});
