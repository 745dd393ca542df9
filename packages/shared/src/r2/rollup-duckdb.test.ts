import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binanceCandles, hasRecordings, skipReason } from "../../test/recordings.ts";
import { CHAIN_START } from "../core/archive.ts";
import { canonicalLine } from "../core/canonical-candle.ts";
import { parseDecimal } from "../core/decimal.ts";
import { partitionOf } from "../core/partition.ts";
import { startRollUp } from "../core/rollup-columns.ts";
import type { RolledCandle } from "../core/rollup.ts";
import type { Series } from "../core/series.ts";
import { timeframeSeconds, type Timeframe } from "../core/timeframe.ts";
import { footerLengthOf, parseCandleFile, type CandleFile } from "./candle-file.ts";
import { decodeGroup, reuseOutput } from "./decode-columns.ts";
import { encodeCandleFile } from "./encode-candle-file.ts";

const MINUTES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };

describe.skipIf(!hasRecordings)(`a quarter of Binance's BTCUSDT minutes${skipReason}`, () => {
  let folder: string;
  let duckdb: DuckDBConnection;
  let files: { file: CandleFile; bytes: Uint8Array }[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "candlehouse-rollup-"));
    duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    const minutes = binanceCandles("BTCUSDT-1m", "2023-01-01", "2023-03-31");
    const partitions = Map.groupBy(minutes, ({ timestamp }) => partitionOf(timestamp, "1m"));
    files = [...partitions].map(([partition, candles]) => {
      const { bytes } = encodeCandleFile(MINUTES, candles, CHAIN_START);
      writeFileSync(join(folder, `${partition}.parquet`), bytes);
      const footerLength = footerLengthOf(bytes.subarray(-8)) ?? 0;
      return { file: parseCandleFile(bytes.subarray(-footerLength), partition), bytes };
    });
  });

  afterAll(() => {
    duckdb.closeSync();
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["5m", 25_904],
    ["15m", 8_635],
    ["1h", 2_159],
    ["4h", 540],
    ["1d", 90],
  ] as const)("make the same candles of %s as DuckDB makes", async (timeframe, count) => {
    const rolled = rollUpFiles(files, timeframe);
    expect(rolled.length).toBe(count);
    expect(rolled.map((candle) => `${candle.missing} ${canonicalLine(candle)}`)).toEqual(
      await linesOfDuckdb(duckdb, folder, timeframe),
    );
  });
});

function rollUpFiles(
  files: readonly { file: CandleFile; bytes: Uint8Array }[],
  timeframe: Timeframe,
): readonly RolledCandle[] {
  const rolling = startRollUp("1m", timeframe);
  const output = reuseOutput();
  for (const { file, bytes } of files) {
    for (const [index, { start, end }] of file.groups.entries()) {
      rolling.add(decodeGroup(file, index, bytes.subarray(start, end), output));
    }
  }
  return rolling.candles;
}

/** What DuckDB makes of the same files: how many minutes are missing, and the canonical line. */
async function linesOfDuckdb(
  duckdb: DuckDBConnection,
  folder: string,
  timeframe: Timeframe,
): Promise<string[]> {
  const seconds = timeframeSeconds(timeframe);
  const result = await duckdb.run(
    `SELECT time::VARCHAR, open::VARCHAR, high::VARCHAR, low::VARCHAR, close::VARCHAR,
      volume_from::VARCHAR, volume_to::VARCHAR, trades::VARCHAR, missing::VARCHAR
    FROM (
      SELECT epoch_ms(timestamp) // ${seconds * 1_000} * ${seconds} AS time,
        first(open ORDER BY timestamp) AS open, max(high) AS high, min(low) AS low,
        last(close ORDER BY timestamp) AS close, sum(volume_from) AS volume_from,
        sum(volume_to) AS volume_to, sum(trades) AS trades, ${seconds / 60} - count(*) AS missing
      FROM read_parquet('${folder}/*.parquet', union_by_name = true)
      GROUP BY epoch_ms(timestamp) // ${seconds * 1_000}
    ) ORDER BY time`,
  );
  return (await result.getRowsJson()).map((row) => {
    const texts = row.map((value) => (typeof value === "string" ? value : ""));
    const [time = "", ...values] = texts;
    const digits = values.slice(0, -1).map((value) => parseDecimal(value));
    return `${texts.at(-1)} ${time},${digits.join(",")}\n`;
  });
}
