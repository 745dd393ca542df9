import { startSystem, type System } from "../system.ts";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Now, when the system starts. */
const NOW_MS = Date.UTC(2026, 2, 4, 10, 0, 20);
const NEWEST = Math.floor(NOW_MS / 60_000) * 60 - MINUTE;
/** Older than the hot window: two thousand minutes, and all of them archived. */
const COLD_END = Date.UTC(2026, 0, 20) / 1_000;
const COLD_MINUTES = 2_000;
export const COLD_START = COLD_END - COLD_MINUTES * MINUTE;
const HOT_MINUTES = 1_500;
const HOT_START = NEWEST - (HOT_MINUTES - 1) * MINUTE;
/** Nobody has these. */
const GAP = { start: HOT_START + 300 * MINUTE, end: HOT_START + 340 * MINUTE };

/** Series that have candles. */
export const STORED_SERIES = [
  "binance:BTC-USDT:1m",
  "binance:ETH-USDT:1m",
  "kraken:BTC-USD:1h",
  "cryptocompare:BTC-USD:1d",
] as const;

const ISO = (seconds: number): string => new Date(seconds * 1_000).toISOString();
const STARTS = [COLD_START, COLD_START + DAY, HOT_START, GAP.start, ISO(HOT_START), NEWEST - HOUR];
const ENDS = [COLD_END, GAP.end, NEWEST, NEWEST + 60, ISO(NEWEST), NOW_MS];

/**
 * Parameters and members of bodies to values that mean something in this system, whatever operation
 * has them. A word that begins with @ stands for what only the running system can tell.
 */
export const NAMED_VALUES: Readonly<Record<string, readonly (string | number | null)[]>> = {
  series: STORED_SERIES,
  symbol: ["BTC-USDT", "BTC-USDT", "ETH-USDT", "BTC-USD", "BTCUSDT", "BINANCE:BTCUSDT"],
  base: ["BTC", "ETH"],
  ticker: ["BTC", "ETH", "DOGE"],
  query: ["btc", "usd", "BINANCE"],
  sources: ["binance,kraken", "binance"],
  start: STARTS,
  from: STARTS,
  since: STARTS,
  as_of: ENDS,
  end: ENDS,
  to: ENDS,
  toTs: [COLD_END, NEWEST],
  startTime: [COLD_START * 1_000, HOT_START * 1_000],
  endTime: [COLD_END * 1_000, NOW_MS],
  interval: ["1m", "5m", "1h", "1d", "1w", "1M", "7h"],
  resolution: ["1", "60", "240", "1D", "1W"],
  indicators: [
    "sma:3",
    "ema:5,rsi:14",
    "macd:12:26:9",
    "bollinger:20:2",
    "vwap",
    "atr:14",
    "hull:9",
  ],
  limit: [1, 10, 100],
  cursor: ["@cursor"],
  last_event_id: ["@cursor"],
  id: ["@backfill", "@import", "@run", "@letter", "nothing"],
  ids: ["@letter"],
  key: ["@file", "candles/nothing.parquet"],
  sha256: ["@sha256", "0".repeat(64)],
  name: ["candles.csv"],
  days: [1],
  tier: [1, 2, 4],
  valid_from: ["2020-01-01", null, COLD_START],
  valid_until: ["2030-01-01", null],
  successor: ["ETH", null],
  native_symbol: ["BTCUSDT", "XBTUSD"],
  payload: ["series"],
  target: STORED_SERIES,
};

/** What the system has given out, by the word that stands for it in a request. */
export type Words = Readonly<Record<string, string>>;

export interface Warehouse {
  readonly system: System;
  readonly words: Words;
}

/** A system that holds hot and cold candles, a gap, revisions, files and finished jobs. */
export async function startWarehouse(): Promise<Warehouse> {
  const system = await startSystem({ startMs: NOW_MS, speed: 1 });
  await system.addSeries(
    { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
    { source: "binance", symbol: "ETH-USDT", timeframe: "1m", tier: 2 },
    { source: "kraken", symbol: "BTC-USD", timeframe: "1h" },
    { source: "cryptocompare", symbol: "BTC-USD", timeframe: "1d" },
  );
  await fetchCandles(system, "binance", "BTC-USDT", "1m", COLD_MINUTES, COLD_END - MINUTE);
  await untilStored(system, COLD_MINUTES);
  const run = await ask(system, "/v1/archive/run", {});
  await system.until("the old candles are archived", async () => {
    const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
    return row?.rows === 0 || undefined;
  });
  await fetchCandles(system, "binance", "BTC-USDT", "1m", HOT_MINUTES, NEWEST);
  await fetchCandles(system, "binance", "ETH-USDT", "1m", 200, NEWEST);
  await fetchCandles(system, "kraken", "BTC-USD", "1h", 300, NEWEST);
  await fetchCandles(system, "cryptocompare", "BTC-USD", "1d", 15, NEWEST);
  await untilStored(system, HOT_MINUTES + 200 + 300);
  await makeGapAndRevisions(system);
  const backfill = await ask(system, "/v1/backfills", {
    source: "binance",
    symbol: "ETH-USDT",
    timeframe: "1m",
    start: NEWEST - 2 * HOUR,
    end: NEWEST,
  });
  const csv = `timestamp,open,high,low,close\n${COLD_START - HOUR},1,2,0.5,1.5\n`;
  const imported = await ask(
    system,
    "/v1/imports?name=candles.csv&source=binance&symbol=BTC-USDT&timeframe=1m",
    csv,
  );
  await ask(system, "/v1/gaps/scan", { series: STORED_SERIES[0], start: HOT_START, end: NEWEST });
  const letter = await makeDeadLetter(system);
  return { system, words: await wordsOf(system, { backfill, imported, run, letter }) };
}

async function ask(system: System, path: string, order: unknown): Promise<string> {
  const answer = await system.post(path, order);
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${path} answered ${answer.status}: ${text}`);
  }
  return text;
}

async function fetchCandles(
  system: System,
  source: string,
  symbol: string,
  timeframe: string,
  limit: number,
  toTs: number,
): Promise<void> {
  await ask(system, "/trigger", { source, symbol, timeframe, limit, toTs });
}

async function untilStored(system: System, candles: number): Promise<void> {
  await system.until(`${candles} candles are stored`, async () => {
    const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
    return (row?.rows ?? 0) >= candles || undefined;
  });
}

async function makeGapAndRevisions(system: System): Promise<void> {
  await system.rows(
    "DELETE FROM price_data WHERE symbol = 'BTC-USDT' AND timestamp >= ? AND timestamp < ?",
    GAP.start,
    GAP.end,
  );
  // Twice for the same candles, at two times.
  for (const [seenMs, factor] of [
    [NOW_MS - 600_000, 1.01],
    [NOW_MS - 300_000, 1.02],
  ] as const) {
    await system.rows(
      `INSERT INTO candle_revisions
       (source, symbol, timeframe, timestamp, seen_at_ms, open, high, low, close)
       SELECT source, symbol, timeframe, timestamp, ?, open, high * ?, low, close FROM price_data
       WHERE symbol = 'BTC-USDT' AND timestamp >= ? AND timestamp < ?`,
      seenMs,
      factor,
      HOT_START,
      HOT_START + 5 * MINUTE,
    );
  }
}

/** Has a message that nobody can read become a dead letter; returns its id. */
async function makeDeadLetter(system: System): Promise<string> {
  const env = await system.harness.getWorker("candlehouse-consumer").getEnv();
  // The harness hands the binding over as a proxy.
  const candles = env["CANDLES"] as { send(body: unknown): Promise<unknown> };
  await candles.send({ v: 1, source: "binance", origin: "cron", candles: [["BTC-USDT"]] });
  return system.until("the dead letter is kept", async () => {
    const [letter] = await system.rows<{ id: string }>("SELECT id FROM dead_letters");
    return letter?.id;
  });
}

async function wordsOf(
  system: System,
  given: Readonly<Record<"backfill" | "imported" | "run" | "letter", string>>,
): Promise<Words> {
  const read = async (path: string): Promise<string> => (await system.get(path)).text();
  const page = await read(`/v1/candles?series=${STORED_SERIES[0]}&start=${COLD_START}&limit=10`);
  const files = await read(`/v1/archive?series=${STORED_SERIES[0]}`);
  return {
    "@cursor": memberOf(page, "next_cursor"),
    "@backfill": memberOf(given.backfill, "id"),
    "@import": memberOf(given.imported, "id"),
    "@run": memberOf(given.run, "runs"),
    "@letter": given.letter,
    "@sha256": memberOf(given.imported, "sha256"),
    "@file": memberOf(files, "key"),
  };
}

/** The first text of this name in a JSON document, or of the list of this name. */
function memberOf(json: string, name: string): string {
  const found = new RegExp(`"${name}":\\[?"([^"]+)"`).exec(json)?.[1];
  if (found === undefined) {
    throw new Error(`no ${name} in ${json.slice(0, 500)}`);
  }
  return found;
}
