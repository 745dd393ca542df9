import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { parseDecimal } from "@candlehouse/shared/core/decimal";
import { asyncBufferFromUrl, parquetMetadataAsync } from "hyparquet";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { servedCandles, type CandleLine } from "./market-candles.ts";
import { startSystem, type System } from "./system.ts";

/** Where the examples of the page ask. */
const DOCS_HOST = "http://localhost:8787";

const SERIES = "binance:BTC-USDT:1m";
const MARKET = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const START = Date.UTC(2026, 0, 25) / 1_000;
const END = Date.UTC(2026, 1, 5) / 1_000;
const MINUTES = (END - START) / 60;

/** Candles that the archiver has not taken yet. */
const NEWEST = 300;

/** What the page does with `SET VARIABLE`. */
const VARIABLES = ["list", "files", "newer"];

/** The SQL of docs/notebooks.md, statement by statement, in the order of the page. */
const STATEMENTS = readFileSync(new URL("../docs/notebooks.md", import.meta.url), "utf8")
  .split("```sql\n")
  .slice(1)
  .flatMap((block) => (block.split("\n```")[0] ?? "").split(/;\n/))
  .map((statement) => statement.trim().replace(/;$/, ""));

const INSTALL_HTTPFS = STATEMENTS.slice(0, 2);

/** Why DuckDB cannot read over HTTP here; undefined where it can. */
const httpfsRefusal = await installHttpfs();

async function installHttpfs(): Promise<string | undefined> {
  const duckdb = await connect();
  try {
    for (const statement of INSTALL_HTTPFS) {
      await duckdb.run(statement);
    }
    return undefined;
  } catch (error) {
    return String(error).split("\n")[0] ?? "no reason given";
  }
}

async function connect(): Promise<DuckDBConnection> {
  return (await DuckDBInstance.create(":memory:")).connect();
}

describe("the SQL of docs/notebooks.md", () => {
  let system: System;
  let host = "";
  let duckdb: DuckDBConnection;
  const folder = mkdtempSync(join(tmpdir(), "candlehouse-notebooks-"));

  beforeAll(async () => {
    system = await startSystem({ startMs: Date.UTC(2026, 5, 20, 12, 0, 20) });
    host = (await system.harness.listen()).url.origin;
    await system.post("/v1/backfills", { ...MARKET, start: START, end: END });
    await system.until("the backfill is merged into files", async () => {
      const [row] = await system.rows<{ rows: number; fragments: number }>(
        `SELECT SUM(rows) FILTER (WHERE state = 'current') AS rows,
           COUNT(*) FILTER (WHERE state = 'fragment') AS fragments FROM archive_files`,
      );
      return (row?.rows === MINUTES && row.fragments === 0) || undefined;
    });
    await system.post("/trigger", { ...MARKET, limit: NEWEST });
    await system.until("the newest candles are stored", async () => {
      const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
      return row?.rows === NEWEST || undefined;
    });
  });

  beforeEach(async () => {
    duckdb = await connect();
  });

  afterAll(async () => {
    await system.close();
    rmSync(folder, { recursive: true });
  });

  async function rowsOf(sql: string): Promise<readonly unknown[][]> {
    return (await duckdb.runAndReadAll(sql)).getRowsJson();
  }

  /** The candles of a relation as the system's CSV has them. */
  async function linesOf(relation: string): Promise<CandleLine[]> {
    const rows = await rowsOf(
      `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (
         SELECT CAST(epoch(timestamp) AS BIGINT), open, high, low, close, volume_from, volume_to, trades
         FROM ${relation} ORDER BY timestamp)`,
    );
    return rows.map((row) => row.map(canonical).join());
  }

  /** Runs the page, and gives what its query of days answers. */
  async function runPage(
    statements: readonly string[],
    afterEach: () => Promise<void>,
  ): Promise<string[]> {
    let days: string[] = [];
    for (const statement of statements) {
      const sql = statement.replaceAll(DOCS_HOST, host);
      if (sql.startsWith("SELECT")) {
        const rows = await rowsOf(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`);
        days = rows.map(([day, ...values]) => [String(day), ...values.map(canonical)].join());
      } else {
        await duckdb.run(sql);
        await afterEach();
      }
    }
    return days;
  }

  /** The days of the page's range as the system rolls them up, with their times as DuckDB has them. */
  async function servedDays(): Promise<string[]> {
    const range = `series=${SERIES}&start=${START}&end=${END}&interval=1d`;
    const answer = await system.get(`/v1/candles?${range}&format=csv`);
    const rows = (await answer.text()).trim().split(/\r?\n/).slice(1);
    expect(rows).toHaveLength(11);
    return rows.map((row) => {
      const [timestamp, ...values] = row.split(",").slice(3, 11);
      const day = new Date(Number(timestamp) * 1_000).toISOString().slice(0, 10);
      return [`${day} 00:00:00+00`, ...values].join();
    });
  }

  async function expectAllCandles(days: readonly string[]): Promise<void> {
    const cold = await servedCandles(system, SERIES, START, END);
    expect(cold).toHaveLength(MINUTES);
    expect(await linesOf("candles")).toEqual(cold);
    const all = await servedCandles(system, SERIES, START, START + 365 * 86_400);
    expect(all).toHaveLength(MINUTES + NEWEST);
    expect(await linesOf("all_candles")).toEqual(all);
    expect(days).toEqual(await servedDays());
  }

  /** Puts what `variable` names, one address or several, into files, and names those instead. */
  async function download(variable: string): Promise<void> {
    const [[value] = []] = await rowsOf(`SELECT getvariable('${variable}')`);
    const urls = [value].flat().filter((url) => typeof url === "string" && url.startsWith(host));
    const paths: string[] = [];
    for (const url of urls.map(String)) {
      const path = join(folder, `${variable}-${paths.length}`);
      const answer = await fetch(url);
      expect([url, answer.status]).toEqual([url, 200]);
      writeFileSync(path, new Uint8Array(await answer.arrayBuffer()));
      paths.push(`'${path}'`);
    }
    if (paths.length > 0) {
      const files = Array.isArray(value) ? `[${paths.join(", ")}]` : paths.join("");
      await duckdb.run(`SET VARIABLE ${variable} = ${files}`);
    }
  }

  test("reads exactly the listed files, and gives what /v1/candles has, digit for digit", async () => {
    const days = await runPage(
      STATEMENTS.filter((statement) => !INSTALL_HTTPFS.includes(statement)),
      async () => {
        for (const variable of VARIABLES) {
          await download(variable);
        }
      },
    );
    await expectAllCandles(days);
  });

  test.skipIf(httpfsRefusal !== undefined)(
    `does so over HTTP as it is written${httpfsRefusal === undefined ? "" : `, skipped: DuckDB cannot install httpfs: ${httpfsRefusal}`}`,
    async () => {
      await expectAllCandles(await runPage(STATEMENTS, async () => {}));
    },
  );

  test("is given files that answer range requests", async () => {
    const list = `/v1/archive?series=${SERIES}&start=${START}&end=${END}&format=text`;
    const urls = (await (await fetch(`${host}${list}`)).text()).trim().split("\n");
    let rows = 0n;
    for (const url of urls) {
      const asked: string[] = [];
      const file = await asyncBufferFromUrl({
        url,
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          asked.push(`${init?.method ?? "GET"} ${response.status}`);
          return response;
        },
      });
      rows += (await parquetMetadataAsync(file)).num_rows;
      expect(asked[0]).toBe("HEAD 200");
      expect(new Set(asked.slice(1))).toEqual(new Set(["GET 206"]));
    }
    expect(rows).toBe(BigInt(MINUTES));
  });
});

/** A number without the zeros that say nothing. */
function canonical(value: unknown): string {
  const text = String(value);
  return parseDecimal(text) ?? text;
}
