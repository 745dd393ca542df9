import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { parseDecimal } from "@candlehouse/shared/core/decimal";
import { unzipSync } from "fflate";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
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

/** The first quarter of 2023, with the outage of 24 March in it. */
const START = Date.UTC(2023, 0, 1) / 1_000;
const END = Date.UTC(2023, 3, 1) / 1_000;
const MINUTES = 90 * 1_440 - 80;

const SERIES = "binance:BTC-USDT:1m";

/** Minutes in one candle of each. */
const INTERVALS = { "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1_440 } as const;

type Interval = keyof typeof INTERVALS;

const PRICE = "DECIMAL(18, 8)";

/** The columns of Binance's files. */
const COLUMNS = {
  ms: "BIGINT",
  open: PRICE,
  high: PRICE,
  low: PRICE,
  close: PRICE,
  volume_from: PRICE,
  close_ms: "BIGINT",
  volume_to: PRICE,
  trades: "BIGINT",
  taker_from: PRICE,
  taker_to: PRICE,
  nothing: "VARCHAR",
};

describe.skipIf(!hasRecordings)(`a quarter of recorded BTCUSDT minutes${skipReason}`, () => {
  let system: System;
  let duckdb: DuckDBConnection;
  const folder = mkdtempSync(join(tmpdir(), "candlehouse-rollup-"));

  beforeAll(async () => {
    const zips = globSync("BTCUSDT-1m-2023-0[1-3]-*.zip", {
      cwd: `${RECORDINGS}/binance-vision/BTCUSDT-1m`,
    }).map((name) => `${RECORDINGS}/binance-vision/BTCUSDT-1m/${name}`);
    system = await startSystem({ startMs: Date.UTC(2026, 10, 22), speed: 1 });
    duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    for (const zip of zips) {
      const bytes = readFileSync(zip);
      for (const [name, csv] of Object.entries(unzipSync(bytes))) {
        writeFileSync(join(folder, name), csv);
      }
      await importFile(system, basename(zip), bytes);
    }
    await system.until("all fragments are merged", async () => {
      const [row] = await system.rows<{ fragments: number; rows: number }>(
        `SELECT SUM(state = 'fragment') AS fragments, SUM(rows) FILTER (WHERE state = 'current') AS rows
         FROM archive_files`,
      );
      return (row?.fragments === 0 && row.rows === MINUTES) || undefined;
    });
    const columns = Object.entries(COLUMNS).map(([name, type]) => `'${name}': '${type}'`);
    await duckdb.run(
      `CREATE TABLE minutes AS SELECT * FROM
       read_csv('${folder}/*.csv', header = false, columns = {${columns.join(", ")}})`,
    );
  }, 300_000);

  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true });
  });

  /** What DuckDB makes of the published files, and how many minutes each candle lacks. */
  async function computed(interval: Interval): Promise<Line[]> {
    const minutes = INTERVALS[interval];
    const seconds = minutes * 60;
    const reader = await duckdb.runAndReadAll(
      `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (
         SELECT (ms // 1000) // ${seconds} * ${seconds} AS timestamp,
           arg_min(open, ms), max(high), min(low), arg_max(close, ms),
           sum(volume_from), sum(volume_to), sum(trades), ${minutes} - count(*) AS missing
         FROM minutes GROUP BY timestamp ORDER BY timestamp)`,
    );
    return reader.getRowsJson().map((row) => row.map(canonical));
  }

  function pathOf(interval: Interval): string {
    return `/v1/candles?series=${SERIES}&start=${START}&end=${END}&interval=${interval}`;
  }

  /** Up to the column that says how many minutes are missing. */
  async function servedAsCsv(interval: Interval): Promise<Line[]> {
    const answer = await system.get(`${pathOf(interval)}&format=csv`);
    expect(answer.status).toBe(200);
    const [header = "", ...rows] = (await answer.text()).trim().split(/\r?\n/);
    expect(header).toMatch(
      /^source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades,missing/,
    );
    const cells = rows.map((row) => row.split(","));
    expect(new Set(cells.map(([, , timeframe]) => timeframe))).toEqual(new Set([interval]));
    return cells.map((row) => row.slice(3, 12));
  }

  describe.each(Object.keys(INTERVALS) as Interval[])("rolled up to %s", (interval) => {
    test("is digit for digit what DuckDB computes of the published files, as CSV", async () => {
      expect(await servedAsCsv(interval)).toEqual(await computed(interval));
    });

    test("is the same as JSON, page by page", async () => {
      const lines: Line[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const more: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const answer = await system.get(`${pathOf(interval)}&limit=1999${more}`);
        expect(answer.status).toBe(200);
        const page = parsePage(await answer.text());
        lines.push(...page.candles.map((row) => [...lineOf(row), String(row.missing)]));
        cursor = page.next_cursor;
      }
      expect(lines).toEqual(await computed(interval));
    });
  });

  test("rolled up to 1h is what Binance published as hours", async () => {
    const published = recordedLines("BTCUSDT-1h", START, END);
    // The hour that the outage took whole is in neither.
    expect(published).toHaveLength(90 * 24 - 1);
    expect((await servedAsCsv("1h")).map((line) => line.slice(0, 8))).toEqual(published);
  });

  test("rolled up to 1d is what Binance published as days", async () => {
    const published = publishedDays();
    expect(published).toHaveLength(90);
    expect((await servedAsCsv("1d")).map((line) => line.slice(0, 8))).toEqual(published);
  });
});

interface Page {
  readonly candles: readonly (CandleRow & { readonly missing: number })[];
  readonly next_cursor: string | null;
}

/** With numbers as the text that they are: sums of volumes have more digits than a double. */
function parsePage(text: string): Page {
  return JSON.parse(text, (name, value: unknown, context?: { readonly source: string }) =>
    /^(open|high|low|close|volume_.*)$/.test(name) ? context?.source : value,
  ) as Page;
}

/** Binance's own days of the quarter, as recorded lines are. */
function publishedDays(): Line[] {
  const rows = globSync(`${RECORDINGS}/binance-rest/BTCUSDT/1d/*.json`).flatMap(
    (file) => JSON.parse(readFileSync(file, "utf8")) as (number | string)[][],
  );
  const days = new Map(
    rows.map(([ms, open, high, low, close, base, , quote, trades]) => [
      Number(ms) / 1_000,
      [open, high, low, close, base, quote, trades].map(canonical),
    ]),
  );
  return [...days]
    .filter(([timestamp]) => timestamp >= START && timestamp < END)
    .toSorted(([a], [b]) => a - b)
    .map(([timestamp, values]) => [String(timestamp), ...values]);
}

/** A decimal without the zeros that say nothing. */
function canonical(value: unknown): string {
  const decimal =
    typeof value === "string" || typeof value === "number" ? parseDecimal(value) : undefined;
  if (decimal === undefined) {
    throw new TypeError(`${JSON.stringify(value)} is no decimal`);
  }
  return decimal;
}

async function importFile({ harness }: System, name: string, bytes: Buffer): Promise<void> {
  const answer = await harness.fetch(`/v1/imports?name=${name}`, { method: "POST", body: bytes });
  if (answer.status !== 200) {
    throw new Error(`${name} is not imported: ${await answer.text()}`);
  }
}
