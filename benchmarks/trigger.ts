/**
 * Measures the way of candles through the whole system: from `POST /trigger` over the simulated
 * exchange, the producer, the queue and the consumer to the last row in D1.
 */
import { startSystem, type System } from "../tests/system.ts";

/** One trigger fetches 2,000 candles in two requests; twenty stay within Binance's first burst. */
const TRIGGERS = 20;
const CANDLES_PER_TRIGGER = 2_000;
/** 2026-03-02T10:00:20Z, and the newest minute that has closed by then. */
const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const NEWEST = START_MS / 1_000 - 20 - 60;
/** As configured for production: a batch that is full does not wait. */
const BATCH_TIMEOUT_SECONDS = 5;

/** Candles that one run moves. */
export const TRIGGER_RUN_CANDLES = TRIGGERS * CANDLES_PER_TRIGGER;

/**
 * Seconds from the first `POST /trigger` to the last row in D1, on a new, empty system. The market's
 * pages are made before the clock starts.
 */
export async function measureTrigger(): Promise<number> {
  const system = await startSystem({ startMs: START_MS, speed: 0 }, {}, BATCH_TIMEOUT_SECONDS);
  try {
    const symbols = Array.from(
      { length: TRIGGERS },
      (_, index) => `T${String(index).padStart(4, "0")}`,
    );
    await warmMarket(system, symbols);
    const started = performance.now();
    for (const symbol of symbols) {
      const answer = await system.post("/trigger", {
        source: "binance",
        symbol: `${symbol}-USDT`,
        timeframe: "1m",
        limit: CANDLES_PER_TRIGGER,
        toTs: NEWEST,
      });
      if (!answer.ok) {
        throw new Error(`POST /trigger answered ${answer.status}: ${await answer.text()}`);
      }
    }
    await system.until("the queue is drained", async () => {
      const [row] = await system.rows<{ rows: number }>("SELECT COUNT(*) AS rows FROM price_data");
      return row?.rows === TRIGGER_RUN_CANDLES || undefined;
    });
    return (performance.now() - started) / 1_000;
  } finally {
    await system.close();
  }
}

async function warmMarket(system: System, symbols: readonly string[]): Promise<void> {
  for (const symbol of symbols) {
    const query = `symbol=${symbol}USDT&interval=1m&limit=1000`;
    const url = `${system.simulator.url}/data-api.binance.vision/api/v3/klines?${query}`;
    for (const endTime of [NEWEST * 1_000, (NEWEST - 60_000) * 1_000]) {
      const page = await fetch(`${url}&endTime=${endTime}`);
      await page.arrayBuffer();
    }
  }
}
