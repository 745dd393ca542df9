import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  hasRecordings,
  lineOf,
  RECORDINGS,
  recordedLines,
  skipReason,
  type CandleRow,
  type Line,
} from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

const SERIES = "binance:BTC-USDT:1m";
const START = Date.UTC(2023, 1, 20) / 1_000;
const END = Date.UTC(2023, 3, 11) / 1_000;
const MINUTES = 71_920;
/** As the archiver's configuration has it: so all of the days have aged. */
const HOT_DAYS = 20;
/** A trigger brings this many candles at most. */
const TRIGGER_CANDLES = 2_000;

interface ArchiveFile {
  readonly key: string;
  readonly url: string;
  readonly rows: number;
  readonly bytes: number;
}

/** One roll-up in DuckDB, in its own DECIMAL arithmetic. */
const HOURS = `
SELECT CAST(epoch(hour) AS BIGINT) AS timestamp, open, high, low, close, volume_from
FROM (
  SELECT date_trunc('hour', timestamp) AS hour,
    arg_min(open, timestamp) AS open, max(high) AS high, min(low) AS low,
    arg_max(close, timestamp) AS close, sum(volume_from) AS volume_from
  FROM candles GROUP BY hour
)
ORDER BY timestamp`;

describe.skipIf(!hasRecordings)(`fifty recorded days of BTCUSDT minutes${skipReason}`, () => {
  let system: System;
  const folder = mkdtempSync(`${tmpdir()}/candlehouse-archive-`);
  const recorded = hasRecordings ? recordedLines("BTCUSDT-1m", START, END) : [];

  beforeAll(async () => {
    system = await startSystem({
      startMs: (END + HOT_DAYS * 86_400 + 3_600) * 1_000,
      speed: 10,
      recordings: RECORDINGS,
    });
    for (let toTs = END - 60; toTs >= START; toTs -= TRIGGER_CANDLES * 60) {
      const limit = Math.min(TRIGGER_CANDLES, (toTs - START) / 60 + 1);
      const request = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", toTs, limit };
      await system.post("/trigger", request);
    }
    await system.until(
      "every minute is stored",
      async () => (await hotRows()) === MINUTES || undefined,
    );
  });

  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true });
  });

  async function hotRows(): Promise<number> {
    const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
    return row?.rows ?? 0;
  }

  async function archiveFiles(): Promise<ArchiveFile[]> {
    const answer = await system.get(`/v1/archive?series=${SERIES}`);
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { files: ArchiveFile[] }).files;
  }

  async function servedAsJson(): Promise<Line[]> {
    const lines: Line[] = [];
    const range = `/v1/candles?series=${SERIES}&start=${START}&end=${END}&limit=10000`;
    for (let cursor: string | null = ""; cursor !== null;) {
      const answer = await system.get(
        cursor === "" ? range : `${range}&cursor=${encodeURIComponent(cursor)}`,
      );
      expect(answer.status).toBe(200);
      const page = (await answer.json()) as { candles: CandleRow[]; next_cursor: string | null };
      lines.push(...page.candles.map(lineOf));
      cursor = page.next_cursor;
    }
    return lines;
  }

  async function servedAsCsv(): Promise<Line[]> {
    const answer = await system.get(
      `/v1/candles?series=${SERIES}&start=${START}&end=${END}&format=csv`,
    );
    expect(answer.status).toBe(200);
    const rows = (await answer.text()).trim().split(/\r?\n/).slice(1);
    return rows.map((row) => row.split(",").slice(3));
  }

  /** Archives all that has aged, and waits until D1 is empty. */
  async function archive(): Promise<void> {
    const answer = await system.post("/v1/archive/run", {});
    expect(answer.status).toBe(200);
    await system.until("the archiver is done", async () => (await hotRows()) === 0 || undefined);
  }

  test("leaves D1 for a file a month on R2", async () => {
    await archive();
    const files = await archiveFiles();
    expect(files.map(({ rows }) => rows)).toEqual([12_960, 44_560, 14_400]);
  });

  test("is served as one series, value by value what Binance published", async () => {
    expect(await servedAsJson()).toEqual(recorded);
    expect(await servedAsCsv()).toEqual(recorded);
  });

  test("is served as before where a day is fetched again and is both hot and cold", async () => {
    const request = { source: "binance", symbol: "BTC-USDT", timeframe: "1m", toTs: END - 60 };
    await system.post("/trigger", request);
    await system.until("they are stored", async () => (await hotRows()) === 2_000 || undefined);
    expect(await servedAsCsv()).toEqual(recorded);
    await archive();
    expect(await servedAsCsv()).toEqual(recorded);
    expect(await system.rows("SELECT * FROM candle_revisions")).toEqual([]);
  });

  test("takes less than 20 bytes a candle", async () => {
    for (const { bytes, rows } of await archiveFiles()) {
      expect(bytes / rows).toBeLessThan(20);
    }
  });

  describe("and read by DuckDB", () => {
    let duckdb: DuckDBConnection;

    beforeAll(async () => {
      for (const { key, url } of await archiveFiles()) {
        const answer = await system.get(url);
        mkdirSync(dirname(`${folder}/${key}`), { recursive: true });
        writeFileSync(`${folder}/${key}`, Buffer.from(await answer.arrayBuffer()));
      }
      duckdb = await (await DuckDBInstance.create(":memory:")).connect();
      await duckdb.run(
        `CREATE VIEW candles AS SELECT * FROM
         read_parquet('${folder}/candles/**/*.parquet', hive_partitioning = true, union_by_name = true)`,
      );
    });

    async function linesOf(sql: string): Promise<Line[]> {
      const reader = await duckdb.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`);
      return reader
        .getRowsJson()
        .map((row) => row.map((value) => (typeof value === "string" ? canonical(value) : "null")));
    }

    test("rolls up to Binance's own hours: open, high, low, close and base volume", async () => {
      const published = recordedLines("BTCUSDT-1h", START, END).map((line) => line.slice(0, 6));
      expect(published.length).toBe(1_199);
      expect(await linesOf(HOURS)).toEqual(published);
    });

    test("has the partitions as columns", async () => {
      const rows = await linesOf(
        "SELECT DISTINCT source, symbol, timeframe, year, month FROM candles ORDER BY ALL",
      );
      expect(rows.map((row) => row.join(" "))).toEqual(
        ["02", "03", "04"].map((month) => `binance BTC-USDT 1m 2023 ${month}`),
      );
    });
  });
});

/** A number of DuckDB's without the zeros that say nothing. */
function canonical(text: string): string {
  return /^\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}
