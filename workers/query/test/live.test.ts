import type { Candle } from "@candlehouse/shared/core/candle";
import { REAL_CLOCK } from "@candlehouse/shared/core/clock";
import { formatLiveId } from "@candlehouse/shared/core/live-position-id";
import { LIVE_REACH_CANDLES, LIVE_START_CANDLES } from "@candlehouse/shared/core/live-position";
import type { Series } from "@candlehouse/shared/core/series";
import { addCandles, newestClosed } from "@candlehouse/shared/core/timeframe";
import { env, exports } from "cloudflare:workers";
import { afterAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { beginLive } from "../src/live/begin-live.ts";
import { followSeries } from "../src/live/follow-series.ts";
import type { LiveEvents } from "../src/live/live-events.ts";
import type { LiveState } from "../src/live/live-state.ts";
import { readUnsent } from "../src/live/read-unsent.ts";
import { get, getWith, problemIn, problemOf, readerOf } from "./answers.ts";
import { putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const NEWEST = newestClosed(Math.floor(Date.now() / 1_000), "1m", 60);
let markets = 0;

/** Streams are waited for, in real seconds; so several tests wait at the same time. */
const PATIENCE_MS = 20_000;

/** A series of its own for each test. */
function newSeries(): Series {
  markets += 1;
  return { source: "binance", symbol: `L${markets}-USDT`, timeframe: "1m" };
}

/** Candles of the minutes `from` to `to` (inclusive) before the newest one, oldest first. */
function minutes(from: number, to: number): Candle[] {
  return Array.from({ length: from - to + 1 }, (_, index) =>
    candleAt(NEWEST - (from - index) * 60),
  );
}

interface LiveEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** Those of all tests: which of the tests that run at the same time has ended is not told to a hook. */
const clients: LiveClient[] = [];
afterAll(async () => {
  // What broke off by itself cannot be cancelled any more.
  await Promise.allSettled(clients.map((client) => client.close()));
});

/** A stream that is read event by event, and broken off when all tests have ended. */
class LiveClient {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(response: Response) {
    if (response.headers.get("content-type") !== "text/event-stream; charset=utf-8") {
      throw new TypeError(`an answer of status ${response.status} is no stream`);
    }
    this.#reader = readerOf(response);
    clients.push(this);
  }

  /** The next block of the stream, whatever it is. */
  async block(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { value, done } = await this.#reader.read();
      if (done) {
        throw new Error("the stream ended");
      }
      this.#text += this.#decoder.decode(value);
    }
  }

  /** The next `count` events. */
  async events(count: number): Promise<LiveEvent[]> {
    const events: LiveEvent[] = [];
    while (events.length < count) {
      const [, event, id = "", data = ""] =
        /^event: (\w+)\nid: (\S+)\ndata: (.+)$/.exec(await this.block()) ?? [];
      if (event !== undefined) {
        events.push({ event, id, data: JSON.parse(data) });
      }
    }
    return events;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function listen(
  series: readonly Series[],
  more = "",
  headers: Record<string, string> = {},
): Promise<LiveClient> {
  const names = series.map((one) => `series=${one.source}:${one.symbol}:${one.timeframe}`);
  return new LiveClient(await get(`/v1/stream?${names.join("&")}${more}`, headers));
}

function candleEventsOf(series: Series, candles: readonly Candle[]) {
  return candles.map((candle) => ({ event: "candle", data: { ...series, ...candle } }));
}

/** `events` without their ids. */
function shown(events: readonly LiveEvent[]) {
  return events.map(({ event, data }) => ({ event, data }));
}

/** The database, counting the queries that are made of it. */
function countingDb() {
  const counter = { queries: 0 };
  const DB = {
    prepare: (sql: string) => {
      counter.queries += 1;
      return env.DB.prepare(sql);
    },
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  };
  return { DB, counter };
}

/** The database, which fails at the next `count` looks for new candles, as D1 does. */
function failingDb() {
  const state = { failures: 0 };
  const DB = {
    prepare: (sql: string) => {
      if (sql.includes("AS wanted") && state.failures > 0) {
        state.failures -= 1;
        throw new Error("D1_ERROR: D1 DB is overloaded. Too many requests queued.");
      }
      return env.DB.prepare(sql);
    },
    batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
  };
  return { DB, state };
}

describe.concurrent("GET /v1/stream", { timeout: PATIENCE_MS }, () => {
  test("says when to come back and where it begins, then sends each candle that is stored", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(9, 5));
    const client = await listen([series]);
    expect(await client.block()).toMatch(/^retry: \d+$/);
    const [ready] = await client.events(1);
    expect(ready).toMatchObject({
      event: "ready",
      data: { series: [{ ...series, after: NEWEST - 300 }] },
    });
    await storeCandles(series, minutes(4, 3));
    expect(shown(await client.events(2))).toEqual(candleEventsOf(series, minutes(4, 3)));
    await storeCandles(series, minutes(2, 2));
    expect(shown(await client.events(1))).toEqual(candleEventsOf(series, minutes(2, 2)));
  });

  test("sends a candle that comes late or out of order, and none twice", async () => {
    const series = newSeries();
    await storeCandles(series, [...minutes(20, 15), ...minutes(13, 10)]);
    const client = await listen([series]);
    await client.events(1);
    const late = [...minutes(14, 14), ...minutes(5, 5)];
    await storeCandles(series, late);
    expect(shown(await client.events(2))).toEqual(candleEventsOf(series, late));
    await storeCandles(series, minutes(9, 4));
    const rest = [...minutes(9, 6), ...minutes(4, 4)];
    expect(shown(await client.events(5))).toEqual(candleEventsOf(series, rest));
  });

  test("writes every digit that is stored, and null where there is nothing", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 3));
    const client = await listen([series]);
    await client.block();
    await client.block();
    const values = { close: "27505.123456789012345678", volume_to: null, trades: null };
    await storeCandles(series, [candleAt(NEWEST, values)]);
    expect(await client.block()).toContain(
      '"close":27505.123456789012345678,"volume_from":1.25,"volume_to":null,"trades":null}',
    );
  });

  test.each(["header", "parameter"])(
    "goes on after the event that the %s names, with nothing twice and nothing left out",
    async (way) => {
      const series = [newSeries(), newSeries()] as const;
      const [one, other] = series;
      await storeCandles(one, minutes(30, 25));
      await storeCandles(other, [...minutes(30, 28), ...minutes(26, 25)]);
      const client = await listen(series);
      await client.events(1);
      await storeCandles(one, minutes(24, 20));
      // Broken off in the middle of what was sent at once.
      const [, , third] = await client.events(5);
      await client.close();
      await storeCandles(one, minutes(19, 18));
      await storeCandles(other, [...minutes(27, 27), ...minutes(20, 20)]);
      const id = third?.id ?? "";
      const again =
        way === "header"
          ? await listen(series, "&since=2020-01-01", { "last-event-id": id })
          : await listen(series, `&last_event_id=${id}`);
      const [ready, ...events] = await again.events(7);
      expect(ready).toMatchObject({ event: "ready", id });
      expect(shown(events)).toEqual([
        ...candleEventsOf(one, minutes(21, 18)),
        ...candleEventsOf(other, [...minutes(27, 27), ...minutes(20, 20)]),
      ]);
      await storeCandles(other, minutes(19, 19));
      expect(shown(await again.events(1))).toEqual(candleEventsOf(other, minutes(19, 19)));
    },
  );

  test("catches up with candles that went to the archive meanwhile", async () => {
    const series = newSeries();
    await putFiles(series, minutes(400, 200));
    await storeCandles(series, minutes(199, 100));
    const since = await listen([series], `&since=${NEWEST - 300 * 60}`);
    const [, ...events] = await since.events(202);
    expect(shown(events)).toEqual(candleEventsOf(series, minutes(300, 100)));
  });

  test("says which candles are too many to catch up with, and goes on after them", async () => {
    const [series, short] = [newSeries(), newSeries()];
    await storeCandles(series, minutes(2_010, 10));
    await storeCandles(short, minutes(2_010, 100));
    const start = NEWEST - 2_010 * 60;
    const client = await listen([series, short], `&since=${start}`);
    const [, reset, ...events] = await client.events(2 + 1_911);
    const end = NEWEST - 9 * 60;
    const path = `/v1/candles?series=binance:${series.symbol}:1m&start=${start}&end=${end}`;
    expect(reset).toMatchObject({ event: "reset", data: { ...series, start, end, read: path } });
    expect(shown(events)).toEqual(candleEventsOf(short, minutes(2_010, 100)));
    expect((await get(path)).status).toBe(200);
    await storeCandles(series, minutes(9, 9));
    const [next] = await client.events(1);
    expect(next).toMatchObject(candleEventsOf(series, minutes(9, 9))[0] ?? {});
    // The id of the reset leads to the same place.
    const again = await listen([series, short], "", { "last-event-id": reset?.id ?? "" });
    const [, first] = await again.events(2);
    expect(first).toMatchObject({ data: { timestamp: NEWEST - 9 * 60 } });
  });

  test("catches up with ten thousand candles in all, and tells of the series that have more than their share", async () => {
    const long = Array.from({ length: 19 }, newSeries);
    const short = newSeries();
    for (const series of long) {
      await storeCandles(series, minutes(540, 1));
    }
    await storeCandles(short, minutes(400, 1));
    const start = NEWEST - 600 * 60;
    const client = await listen([...long, short], `&since=${start}`);
    const [, ...events] = await client.events(1 + long.length + 400);
    const range = { start, end: NEWEST };
    expect(shown(events.slice(0, long.length))).toEqual(
      long.map((series) => ({
        event: "reset",
        data: expect.objectContaining({ ...series, ...range }),
      })),
    );
    expect(shown(events.slice(long.length))).toEqual(candleEventsOf(short, minutes(400, 1)));
    await storeCandles(short, minutes(0, 0));
    expect(shown(await client.events(1))).toEqual(candleEventsOf(short, minutes(0, 0)));
  });

  test("that leaps over more than it remembers says so before, and sends what comes late of the rest", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(5_000 + LIVE_START_CANDLES - 1, 5_000));
    const client = await listen([series]);
    await client.events(1);
    await storeCandles(series, minutes(2, 2));
    const [reset, ...leap] = await client.events(2);
    const start = NEWEST - 4_999 * 60;
    const end = NEWEST - (2 + LIVE_REACH_CANDLES / 2) * 60;
    const read = `/v1/candles?series=binance:${series.symbol}:1m&start=${start}&end=${end}`;
    expect(reset).toMatchObject({ event: "reset", data: { ...series, start, end, read } });
    expect(shown(leap)).toEqual(candleEventsOf(series, minutes(2, 2)));
    await client.close();
    // The id of the reset stands before the candle, without what was given up.
    const again = await listen([series], "", { "last-event-id": reset?.id ?? "" });
    const [, candle] = await again.events(2);
    expect(shown(candle === undefined ? [] : [candle])).toEqual(
      candleEventsOf(series, minutes(2, 2)),
    );
    const late = LIVE_REACH_CANDLES / 2 + 2;
    await storeCandles(series, minutes(late + 1, late));
    expect(shown(await again.events(1))).toEqual(candleEventsOf(series, minutes(late, late)));
  });

  test("waits for the first candle of a series that is collected and has none", async () => {
    const series = newSeries();
    await collectSeries(series);
    const client = await listen([series]);
    await client.events(1);
    await storeCandles(series, minutes(1, 0));
    expect(shown(await client.events(2))).toEqual(candleEventsOf(series, minutes(1, 0)));
  });

  test("goes by the clock that the Worker lives by", async () => {
    const series = newSeries();
    const shownMs = Date.UTC(2024, 0, 1, 0, 0, 30);
    const CLOCK = JSON.stringify({ realMs: Date.now(), shownMs, speed: 60 });
    const path = `/v1/stream?series=binance:${series.symbol}:1m`;
    await collectSeries(series);
    const response = await getWith(`${path}&since=2024-01-02`, { CLOCK });
    expect(await problemIn(response)).toMatchObject({ status: 400, parameter: "since" });
    const client = new LiveClient(await getWith(path, { CLOCK }));
    await client.events(1);
    // In the past by our clock, just closed by the Worker's: looked for within a real second.
    const candle = candleAt(addCandles(shownMs / 1_000 - 30, "1m", -1));
    await storeCandles(series, [candle]);
    expect(shown(await client.events(1))).toEqual(candleEventsOf(series, [candle]));
  });
});

describe.concurrent("a stream that nobody reads any more", { timeout: PATIENCE_MS }, () => {
  test("stops asking the database at once", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 2));
    const { DB, counter } = countingDb();
    const response = await getWith(`/v1/stream?series=binance:${series.symbol}:1m`, { DB });
    const client = new LiveClient(response);
    await client.events(1);
    // A read is under way, so the stream looks for candles by itself.
    const pending = client.events(1).catch(() => undefined);
    const begun = counter.queries;
    await scheduler.wait(2_500);
    expect(counter.queries).toBeGreaterThan(begun);
    await client.close();
    await pending;
    const then = counter.queries;
    await scheduler.wait(2_500);
    expect(counter.queries).toBe(then);
  });

  test("stops when the request is aborted, without anybody cancelling the body", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 2));
    const { DB, counter } = countingDb();
    const gone = new AbortController();
    const url = `https://candlehouse.test/v1/stream?series=binance:${series.symbol}:1m`;
    const request = new Request(url, { signal: gone.signal });
    const response = await createApp().request(request, {}, { ...env, DB });
    const reader = readerOf(response);
    await reader.read();
    await reader.read();
    const rest = reader.read();
    await scheduler.wait(1_500);
    gone.abort();
    expect(await rest).toMatchObject({ done: true });
    const then = counter.queries;
    await scheduler.wait(2_500);
    expect(counter.queries).toBe(then);
  });

  test("asks for nothing when it was HEAD that was asked", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 2));
    const url = `https://candlehouse.test/v1/stream?series=binance:${series.symbol}:1m`;
    const head = await exports.default.fetch(new Request(url, { method: "HEAD" }));
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await head.text()).toBe("");
  });
});

describe.concurrent("a stream whose database fails", { timeout: PATIENCE_MS }, () => {
  test("goes on when it answers again, with nothing left out", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 2));
    const { DB, state } = failingDb();
    const path = `/v1/stream?series=binance:${series.symbol}:1m`;
    const client = new LiveClient(await getWith(path, { DB }));
    await client.events(1);
    state.failures = 2;
    await storeCandles(series, minutes(1, 1));
    expect(shown(await client.events(1))).toEqual(candleEventsOf(series, minutes(1, 1)));
    expect(state.failures).toBe(0);
  });
});

/** The state once all of `events` are sent. */
function stateAfter(events: LiveEvents): LiveState {
  for (;;) {
    const { value, done } = events.next();
    if (done === true) {
      return value;
    }
  }
}

/** The text of a stream of a new series, by a clock of which each look takes `stepMs`. */
async function followed(stepMs: number, looksMax: number): Promise<string[]> {
  const series = newSeries();
  await storeCandles(series, minutes(3, 2));
  let realMs = Date.now();
  const keeper = { clock: REAL_CLOCK, realNowMs: () => (realMs += stepMs) };
  const start = await beginLive(env, [series], { from: "now" }, NEWEST);
  const texts: string[] = [];
  const { signal } = new AbortController();
  for await (const text of followSeries({ db: env.DB, keeper, looksMax }, start, signal)) {
    texts.push(text);
  }
  return texts;
}

describe.concurrent("a stream whose database fails for good", { timeout: PATIENCE_MS }, () => {
  test("breaks off, so that its client comes back", async () => {
    const series = newSeries();
    await storeCandles(series, minutes(3, 2));
    const { DB, state } = failingDb();
    state.failures = Number.POSITIVE_INFINITY;
    const path = `/v1/stream?series=binance:${series.symbol}:1m`;
    const client = new LiveClient(await getWith(path, { DB }));
    await client.events(1);
    await expect(client.events(1)).rejects.toThrow("overloaded");
  });
});

describe.concurrent("a stream that looks for candles in vain", { timeout: PATIENCE_MS }, () => {
  test("ends without an error after as many looks as it may take", async () => {
    const texts = await followed(0, 3);
    expect(texts.map((text) => text.split(":")[0])).toEqual(["retry", "event"]);
  });

  test("says every now and then that it is there", async () => {
    const texts = await followed(20_000, 3);
    expect(texts.slice(2)).toEqual(Array.from({ length: 3 }, () => ": heartbeat\n\n"));
  });

  test("reads two rows a range in which one may come, however many are stored and missing", async () => {
    const series = newSeries();
    await storeCandles(series, [...minutes(40, 30), ...minutes(20, 10)]);
    const state = stateAfter(await beginLive(env, [series], { from: "now" }, NEWEST));
    let rowsRead = 0;
    const db = {
      prepare: (sql: string) => ({
        bind: (...values: unknown[]) => ({
          all: async () => {
            const result = await env.DB.prepare(sql)
              .bind(...values)
              .all();
            rowsRead += result.meta.rows_read;
            return result;
          },
        }),
      }),
    };
    expect(await readUnsent(db as unknown as D1Database, state.series, state.positions)).toEqual(
      [],
    );
    // Before the first one, between the two stretches, after the last one.
    expect(rowsRead).toBeLessThanOrEqual(1 + 3 * 2);
  });
});

describe("GET /v1/stream refuses", () => {
  const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
  const path = "/v1/stream?series=binance:BTC-USDT:1m";

  test.each([
    ["/v1/stream", "series"],
    ["/v1/stream?series=binance:BTC-USDT:7m", "series"],
    [`${path}&since=soon`, "since"],
    [`${path}&since=2999-01-01`, "since"],
    [`${path}&last_event_id=`, "last_event_id"],
    [`${path}&last_event_id=forged`, "last_event_id"],
    [`${path}&last_event_id=1.0.0`, "last_event_id"],
    [`${path}&limit=3`, "limit"],
  ])("%s", async (asked, parameter) => {
    expect(await problemOf(asked)).toMatchObject({ status: 400, parameter });
  });

  test("an id in the header that was forged or is another stream's", async () => {
    const other = formatLiveId([{ ...BTC, timeframe: "5m" }], [{ mark: 1_700_000_100, holes: [] }]);
    for (const id of ["forged", other, "1".repeat(9_000)]) {
      const problem = await problemIn(await get(path, { "last-event-id": id }));
      expect(problem).toMatchObject({ status: 400, parameter: "Last-Event-ID" });
    }
  });

  test("an id and a time to begin at, which say two things", async () => {
    await storeCandles(BTC, minutes(1, 1));
    const id = formatLiveId([BTC], [{ mark: NEWEST, holes: [] }]);
    const asked = `${path}&since=2026-01-01&last_event_id=${id}`;
    expect(await problemOf(asked)).toMatchObject({ status: 400, parameter: "since" });
  });

  test("a series that is not known", async () => {
    const problem = await problemOf("/v1/stream?series=kraken:NO-SUCH:1m");
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });
});
