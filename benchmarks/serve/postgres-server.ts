/**
 * The peer with PostgreSQL: the simplest Hono server that answers what the benchmark asks for.
 * `node postgres-server.ts SOCKET_FOLDER PORT` prints the port that it listens on.
 */
import { serve } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { Pool } from "pg";

const [host = "", port = ""] = process.argv.slice(2);
const pool = new Pool({ host, port: Number(port), database: "bench", user: "bench", max: 10 });

const COLUMNS = "timestamp, open, high, low, close, volume_from, volume_to, trades";
const SERIES = "source = 'binance' AND symbol = $1 AND timeframe = '1m'";
const RANGE = `${SERIES} AND timestamp >= $2 AND timestamp < $3`;

const STATEMENTS = {
  candles: `SELECT ${COLUMNS} FROM price_data WHERE ${RANGE} ORDER BY timestamp`,
  several: `SELECT symbol, ${COLUMNS} FROM price_data
    WHERE source = 'binance' AND symbol = ANY($1) AND timeframe = '1m'
      AND timestamp >= $2 AND timestamp < $3
    ORDER BY symbol, timestamp`,
  // First and last rows are looked up by the key: array_agg(open ORDER BY timestamp) took longer.
  days: `WITH days AS (
      SELECT timestamp / 86400 * 86400 AS day, MIN(timestamp) AS first, MAX(timestamp) AS last,
        MAX(high) AS high, MIN(low) AS low, SUM(volume_from) AS volume_from,
        SUM(volume_to) AS volume_to, SUM(trades)::integer AS trades
      FROM price_data WHERE ${RANGE} GROUP BY 1
    )
    SELECT day AS timestamp, f.open, days.high, days.low, l.close, days.volume_from, days.volume_to,
      days.trades
    FROM days
    JOIN price_data f ON f.source = 'binance' AND f.symbol = $1 AND f.timeframe = '1m' AND f.timestamp = first
    JOIN price_data l ON l.source = 'binance' AND l.symbol = $1 AND l.timeframe = '1m' AND l.timestamp = last
    ORDER BY day`,
  latest: `SELECT p.* FROM unnest($1::text[]) WITH ORDINALITY AS s (symbol, place)
    CROSS JOIN LATERAL (
      SELECT symbol, ${COLUMNS} FROM price_data p
      WHERE p.source = 'binance' AND p.symbol = s.symbol AND p.timeframe = '1m'
      ORDER BY timestamp DESC LIMIT 1
    ) p ORDER BY s.place`,
} as const;

/** A named statement is prepared once a connection. */
async function ask(
  name: keyof typeof STATEMENTS,
  values: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  const { rows } = await pool.query({ name, text: STATEMENTS[name], values: [...values] });
  return rows;
}

function rangeOf(c: Context): [symbol: string, start: number, end: number] {
  return [c.req.query("symbol") ?? "", Number(c.req.query("start")), Number(c.req.query("end"))];
}

const app = new Hono();
app.get("/candles", async (c) => c.json(await ask("candles", rangeOf(c))));
app.get("/several", async (c) => {
  const [, start, end] = rangeOf(c);
  const rows = await ask("several", [c.req.queries("symbol"), start, end]);
  return c.json(Object.groupBy(rows, ({ symbol }) => String(symbol)));
});
app.get("/lines", async (c) => {
  const rows = await ask("candles", rangeOf(c));
  return c.body(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});
app.get("/days", async (c) => c.json(await ask("days", rangeOf(c))));
app.get("/latest", async (c) => c.json(await ask("latest", [c.req.queries("symbol")])));
app.get("/nothing", (c) => c.json({}));

serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => {
  process.stdout.write(`${address.port}\n`);
});
