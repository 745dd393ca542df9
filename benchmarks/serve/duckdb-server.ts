/**
 * The peer with DuckDB: the simplest Hono server that answers the same from Parquet files.
 * `node duckdb-server.ts FOLDER` prints the port that it listens on.
 */
import {
  DuckDBInstance,
  listValue,
  LIST,
  VARCHAR,
  type DuckDBPreparedStatement,
} from "@duckdb/node-api";
import { serve } from "@hono/node-server";
import { Hono, type Context } from "hono";

const [folder = ""] = process.argv.slice(2);

/** Requests that are answered at once; the others wait. */
const CONNECTIONS = 4;

const TABLE = `read_parquet('${folder}/**/*.parquet', hive_partitioning = true)`;
const COLUMNS = `epoch(timestamp)::INTEGER AS timestamp, open::DOUBLE AS open, high::DOUBLE AS high,
  low::DOUBLE AS low, close::DOUBLE AS close, volume_from::DOUBLE AS volume_from,
  volume_to::DOUBLE AS volume_to, trades::INTEGER AS trades`;
const TIMES = "timestamp >= to_timestamp($start) AND timestamp < to_timestamp($end)";
const RANGE = `symbol = $symbol AND ${TIMES}`;
const STATEMENTS = {
  candles: `SELECT ${COLUMNS} FROM ${TABLE} AS t WHERE ${RANGE} ORDER BY t.timestamp`,
  several: `SELECT symbol, ${COLUMNS} FROM ${TABLE} AS t
    WHERE list_contains($symbols, symbol) AND ${TIMES} ORDER BY symbol, t.timestamp`,
  days: `SELECT epoch(timestamp)::INTEGER // 86400 * 86400 AS timestamp,
      arg_min(open, t.timestamp)::DOUBLE AS open, max(high)::DOUBLE AS high,
      min(low)::DOUBLE AS low, arg_max(close, t.timestamp)::DOUBLE AS close,
      sum(volume_from)::DOUBLE AS volume_from, sum(volume_to)::DOUBLE AS volume_to,
      sum(trades)::INTEGER AS trades
    FROM ${TABLE} AS t WHERE ${RANGE} GROUP BY 1 ORDER BY 1`,
  latest: `SELECT symbol, ${COLUMNS} FROM ${TABLE} AS t
    WHERE list_contains($symbols, symbol)
    QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY t.timestamp DESC) = 1`,
} as const;

type Name = keyof typeof STATEMENTS;
type Values = Readonly<Record<string, number | string | readonly string[]>>;
type Prepared = Readonly<Record<Name, DuckDBPreparedStatement>>;

const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const idle: Prepared[] = [];
const waiting: ((connection: Prepared) => void)[] = [];
for (let count = 0; count < CONNECTIONS; count += 1) {
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run("LOAD parquet");
  await connection.run("SET parquet_metadata_cache = true");
  idle.push({
    candles: await connection.prepare(STATEMENTS.candles),
    several: await connection.prepare(STATEMENTS.several),
    days: await connection.prepare(STATEMENTS.days),
    latest: await connection.prepare(STATEMENTS.latest),
  });
}

/** The rows that a statement gives, which no two requests run at once on one connection. */
async function ask(name: Name, values: Values) {
  const connection =
    idle.pop() ?? (await new Promise<Prepared>((resolve) => waiting.push(resolve)));
  try {
    const statement = connection[name];
    for (const [parameter, value] of Object.entries(values)) {
      bind(statement, statement.parameterIndex(parameter), value);
    }
    const reader = await statement.runAndReadAll();
    return reader.getRowObjectsJS();
  } finally {
    const next = waiting.shift();
    if (next === undefined) {
      idle.push(connection);
    } else {
      next(connection);
    }
  }
}

function bind(statement: DuckDBPreparedStatement, index: number, value: Values[string]): void {
  if (typeof value === "number") {
    statement.bindInteger(index, value);
  } else if (typeof value === "string") {
    statement.bindVarchar(index, value);
  } else {
    statement.bindList(index, listValue([...value]), LIST(VARCHAR));
  }
}

function timesOf(c: Context): { start: number; end: number } {
  return { start: Number(c.req.query("start")), end: Number(c.req.query("end")) };
}

function rangeOf(c: Context): Values {
  return { symbol: c.req.query("symbol") ?? "", ...timesOf(c) };
}

function symbolsOf(c: Context): string[] {
  return c.req.queries("symbol") ?? [];
}

const app = new Hono();
app.get("/candles", async (c) => c.json(await ask("candles", rangeOf(c))));
app.get("/several", async (c) => {
  const rows = await ask("several", { symbols: symbolsOf(c), ...timesOf(c) });
  return c.json(Object.groupBy(rows, ({ symbol }) => (typeof symbol === "string" ? symbol : "")));
});
app.get("/lines", async (c) => {
  const rows = await ask("candles", rangeOf(c));
  return c.body(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});
app.get("/days", async (c) => c.json(await ask("days", rangeOf(c))));
app.get("/latest", async (c) => c.json(await ask("latest", { symbols: symbolsOf(c) })));
app.get("/nothing", (c) => c.json({}));

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => {
  process.stdout.write(`${address.port}\n`);
});
