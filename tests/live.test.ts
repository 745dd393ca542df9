import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const MINUTE_MS = 60_000;
/** Real time between the minutes that are collected. */
const PACE_MS = 600;
const POLL_MS = 50;

const SERIES = ["binance:BTC-USDT:1m", "kraken:BTC-USD:1m", "coinbase:BTC-USD:1m"] as const;
const QUERY = SERIES.map((series) => `series=${series}`).join("&");

/** After how many events each connection is broken off, and for how long nobody listens. */
const BREAKS = [
  { events: 4, pauseMs: 600 },
  { events: 2, pauseMs: 0 },
  { events: 3, pauseMs: 1_200 },
  { events: 7, pauseMs: 120 },
] as const;

/** Until a candle is there that is newer than the one that is to come late. */
const AT_ONCE = { events: 1, pauseMs: 0 };

/** How many candles come in the end, over all breaks. */
const CANDLES_WANTED = 36;

interface LiveEvent {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

interface NamedCandle {
  readonly source: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly timestamp: number;
}

/** A candle with all that is said of it, as text to be compared. */
function lineOf({ source, symbol, timeframe, timestamp, ...values }: NamedCandle): string {
  return `${source}:${symbol}:${timeframe} ${timestamp} ${JSON.stringify(values)}`;
}

/** Whether `data` is a candle of Binance that opened after `openMs`. */
function isNewer(data: string, openMs: number): boolean {
  const { source, timestamp } = JSON.parse(data) as NamedCandle;
  return source === "binance" && timestamp * 1_000 > openMs;
}

/** What `read` returns once it returns the same twice in a row, a second apart. */
async function settled(read: () => Promise<string[]>): Promise<string[]> {
  for (let before = await read(); ;) {
    await sleep(1_000);
    const now = await read();
    if (now.length === before.length) {
      return now;
    }
    before = now;
  }
}

describe("GET /v1/stream", () => {
  let system: System;
  let url = "";
  const over = new AbortController();
  let collecting: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: 0 });
    url = (await system.harness.listen()).url.origin;
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
      { source: "coinbase", symbol: "BTC-USD", timeframe: "1m" },
    );
    await system.tick();
    await system.until("every series has candles", async () => {
      const rows = await system.rows("SELECT DISTINCT source FROM price_data");
      return rows.length === SERIES.length || undefined;
    });
  });

  afterAll(async () => {
    over.abort();
    await collecting;
    await system.close();
  });

  /**
   * Fires the cron for one minute after the other until it is over. The clock is moved by hand and
   * stands still while `isHeld` says so: only the last few candles are asked for again, however long
   * a minute takes on a busy machine.
   */
  async function collect(isHeld: () => boolean): Promise<void> {
    while (!over.signal.aborted) {
      await system.tick();
      while (!over.signal.aborted && isHeld()) {
        await sleep(POLL_MS);
      }
      await sleep(PACE_MS);
      system.simulator.setClock({ nowMs: system.simulator.nowMs() + MINUTE_MS });
    }
  }

  /**
   * Listens until `count` events have come, or for as long as there are any where `count` is not
   * given, then breaks the connection off.
   */
  async function listen(path: string, count: number, lastId?: string): Promise<LiveEvent[]> {
    const gone = new AbortController();
    const headers = lastId === undefined ? undefined : { "last-event-id": lastId };
    const response = await fetch(`${url}${path}`, {
      signal: gone.signal,
      ...(headers ? { headers } : {}),
    });
    expect(response.status).toBe(200);
    const events: LiveEvent[] = [];
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        if (events.length < count) {
          events.push({ event, id, data });
        }
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (events.length >= count) {
        break;
      }
    }
    gone.abort();
    return events;
  }

  async function storedLines(): Promise<string[]> {
    const answer = await system.get(`/v1/candles?${QUERY}&start=0&format=ndjson&limit=2000`);
    const lines = (await answer.text()).trim().split("\n");
    return lines.map((line) => lineOf(JSON.parse(line) as NamedCandle));
  }

  test("sends each candle once, over broken connections, and those that come late too", async () => {
    const before = new Set(await storedLines());
    // The source has no candle for the coming minute, and publishes it when the next one is out.
    const absentMs = Math.ceil(system.simulator.nowMs() / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    system.simulator.inject({
      kind: "absent",
      symbol: "BTCUSDT",
      startMs: absentMs,
      endMs: absentMs + MINUTE_MS,
    });
    const events = await listen(`/v1/stream?${QUERY}`, 1);
    expect(events[0]?.event).toBe("ready");
    let published = false;
    // A newer one is stored, and is sent, and then the late one is published, before more are asked for.
    const newerCloseMs = absentMs + 2 * MINUTE_MS;
    collecting = collect(() => !published && system.simulator.nowMs() >= newerCloseMs);
    for (let round = 0; events.length < CANDLES_WANTED; round += 1) {
      const { events: count, pauseMs } = (published && BREAKS[round % BREAKS.length]) || AT_ONCE;
      const path = round % 2 === 0 ? `/v1/stream?${QUERY}` : `/v1/stream?${QUERY}&since=2026-03-01`;
      const more = await listen(path, count + 1, events.at(-1)?.id);
      // The first one says again where the stream goes on.
      expect(more[0]).toMatchObject({ event: "ready", id: events.at(-1)?.id });
      events.push(...more.slice(1));
      await sleep(pauseMs);
      if (!published && more.slice(1).some(({ data }) => isNewer(data, absentMs))) {
        system.simulator.clearFaults();
        published = true;
      }
    }
    over.abort();
    await collecting;
    const stored = await settled(storedLines);
    const missing = stored.filter((line) => !before.has(line)).length - (events.length - 1);
    const rest =
      missing > 0 ? await listen(`/v1/stream?${QUERY}`, missing + 1, events.at(-1)?.id) : [];
    const sent = [...events.slice(1), ...rest.slice(1)];
    expect(sent.map(({ event }) => event)).toEqual(sent.map(() => "candle"));
    const lines = sent.map(({ data }) => lineOf(JSON.parse(data) as NamedCandle));
    expect(lines.toSorted()).toEqual(stored.filter((line) => !before.has(line)).toSorted());
    // It came after candles that are newer.
    const binance = lines.filter((line) => line.startsWith("binance"));
    const late = binance.findIndex((line) => line.includes(` ${absentMs / 1_000} `));
    expect(late).toBeGreaterThan(0);
    const [, timeBefore] = binance[late - 1]?.split(" ") ?? [];
    expect(Number(timeBefore)).toBeGreaterThan(absentMs / 1_000);
    expect(system.events("request.failed")).toEqual([]);
  });

  test("catches up from a time on with just what is stored", async () => {
    const from = Math.floor(START_MS / 1_000) - 3_620;
    const answer = await system.get(`/v1/candles?series=${SERIES[0]}&start=${from}&format=ndjson`);
    const stored = (await answer.text()).trim().split("\n");
    const path = `/v1/stream?series=${SERIES[0]}&since=${from}`;
    const [, ...events] = await listen(path, stored.length + 1);
    expect(events.map(({ data }) => data)).toEqual(stored);
  });
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
