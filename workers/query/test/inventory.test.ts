import type { Series } from "@candlehouse/shared/core/series";
import { recordCheck } from "@candlehouse/shared/d1/monitor-figures";
import { readNewestCandles, readNewestCandlesOf } from "@candlehouse/shared/d1/read-newest";
import { findUnknownSeries, readSeries } from "@candlehouse/shared/d1/read-series";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { healthSchema, latestSchema, seriesListSchema } from "../src/answer-schemas.ts";
import { deadLettersSchema } from "../src/dead-letter-schemas.ts";
import { sourcesSchema } from "../src/source-schemas.ts";
import { get, getWith, problemIn, problemOf, read } from "./answers.ts";
import { CountingBucket, putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const BTC_HOURS: Series = { ...BTC, timeframe: "1h" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1m" };
const OFF: Series = { source: "coingecko", symbol: "BTC-USD", timeframe: "4h" };
/** Has candles, but nobody collects it: taken over from another database. */
const OLD: Series = { source: "coinbase", symbol: "LTC-EUR", timeframe: "1d" };

const MIDNIGHT = 1_679_616_000;
const CANDLES = 300;

beforeAll(async () => {
  await collectSeries(BTC, { tier: 1, failure_count: 0 });
  await collectSeries(BTC_HOURS, { tier: 2 });
  await collectSeries(ETH, {
    tier: 3,
    native_symbol: "XETHZUSD",
    asked_until: MIDNIGHT + 600,
    catch_up_from: MIDNIGHT - 600,
    catch_up_until: MIDNIGHT,
    failure_count: 2,
    retry_at: MIDNIGHT + 700,
    last_error_at: MIDNIGHT + 640,
    last_error_code: "source_unavailable",
    last_error: "HTTP 520",
  });
  await collectSeries(OFF, { tier: 4, enabled: 0 });
  const minutes = Array.from({ length: CANDLES }, (_, index) => MIDNIGHT + index * 60);
  await storeCandles(
    BTC,
    minutes.map((timestamp) => candleAt(timestamp, { close: "27500.123456789012345" })),
  );
  await storeCandles(
    ETH,
    minutes.slice(0, 5).map((timestamp) => candleAt(timestamp)),
  );
  await storeCandles(OLD, [candleAt(MIDNIGHT)]);
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO source_state VALUES
      ('binance', 'ok', ${MIDNIGHT}, NULL, NULL, ${MIDNIGHT + 600}, NULL),
      ('cryptocompare', 'off', ${MIDNIGHT}, 'source_off', 'needs a key', NULL, NULL)`,
    ),
    ...["a", "b", "c"].map((id, index) =>
      env.DB.prepare(
        `INSERT INTO dead_letters VALUES (?1, 'candles', 'binance', 10, 'poison_message',
          'message is 7', ?2, 21, ?3, ?3, 1, ?4, NULL, NULL)`,
      ).bind(
        id.repeat(64),
        `dead-letters/${id}`,
        MIDNIGHT + (index === 2 ? 60 : 0),
        index === 0 ? "replayed" : "open",
      ),
    ),
  ]);
});

describe("GET /v1/latest", () => {
  test("answers the newest candle of every enabled series", async () => {
    const { latest, meta } = await read("/v1/latest", latestSchema);
    expect(latest.map(({ candle, ...series }) => [series, candle?.timestamp])).toEqual([
      [BTC_HOURS, undefined],
      [BTC, MIDNIGHT + (CANDLES - 1) * 60],
      [ETH, MIDNIGHT + 240],
    ]);
    expect(meta).toEqual({ count: 3 });
  });

  test("keeps every digit", async () => {
    const response = await get("/v1/latest?series=binance:BTC-USDT:1m");
    expect(await response.text()).toContain('"close":27500.123456789012345,');
  });

  test("answers named series in the order asked for, also disabled and uncollected ones", async () => {
    const { latest } = await read(
      "/v1/latest?series=kraken:ETH-USD:1m&series=coingecko:BTC-USD:4h&series=coinbase:LTC-EUR:1d",
      latestSchema,
    );
    expect(latest).toEqual([
      { ...ETH, candle: candleAt(MIDNIGHT + 240) },
      { ...OFF, candle: null },
      { ...OLD, candle: candleAt(MIDNIGHT) },
    ]);
  });

  test.each([
    ["source=binance", [BTC_HOURS, BTC]],
    ["symbol=ETH-USD", [ETH]],
    ["source=binance&timeframe=1m", [BTC]],
    ["source=coingecko", []],
  ])("answers what %s lets through", async (filter, expected) => {
    const { latest } = await read(`/v1/latest?${filter}`, latestSchema);
    expect(latest.map(({ candle: _candle, ...series }) => series)).toEqual(expected);
  });

  test("goes on where the page before ended", async () => {
    const first = await read("/v1/latest?limit=2", latestSchema);
    const second = await read(`/v1/latest?limit=2&cursor=${first.next_cursor}`, latestSchema);
    expect([...first.latest, ...second.latest]).toHaveLength(3);
    expect(second.next_cursor).toBeNull();
  });

  test("answers 404 where a named series is not known", async () => {
    const problem = await problemOf("/v1/latest?series=kraken:ETH-USDT:1m");
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
    expect(problem.detail).toContain("kraken:ETH-USD:1m");
  });

  test("refuses a filter beside named series", async () => {
    const problem = await problemOf("/v1/latest?series=kraken:ETH-USD:1m&source=kraken");
    expect(problem).toMatchObject({ status: 400, parameter: "source" });
  });
});

describe("GET /v1/series", () => {
  test("tells how far each series got and how late it is", async () => {
    const now = MIDNIGHT + CANDLES * 60 + 150;
    const clock = JSON.stringify({ realMs: Date.now(), shownMs: now * 1_000, speed: 1 });
    const response = await getWith("/v1/series", { CLOCK: clock });
    const { series, next_cursor, meta } = seriesListSchema.parse(await response.json());
    expect(series.find(({ id }) => id === "binance:BTC-USDT:1m")).toEqual({
      id: "binance:BTC-USDT:1m",
      ...BTC,
      native_symbol: "BTCUSDT",
      tier: 1,
      enabled: true,
      first_timestamp: MIDNIGHT,
      last_timestamp: MIDNIGHT + (CANDLES - 1) * 60,
      expected_timestamp: MIDNIGHT + (CANDLES + 1) * 60,
      late_seconds: 120,
      asked_until: null,
      catch_up: null,
      failure_count: 0,
      last_error: null,
      retry_at: null,
    });
    expect(series.find(({ id }) => id === "kraken:ETH-USD:1m")).toMatchObject({
      native_symbol: "XETHZUSD",
      last_timestamp: MIDNIGHT + 240,
      late_seconds: (CANDLES + 2) * 60 - 600,
      asked_until: MIDNIGHT + 600,
      catch_up: { from: MIDNIGHT - 600, until: MIDNIGHT },
      failure_count: 2,
      last_error: { code: "source_unavailable", message: "HTTP 520", at: MIDNIGHT + 640 },
      retry_at: MIDNIGHT + 700,
    });
    expect(series.find(({ id }) => id === "binance:BTC-USDT:1h")).toMatchObject({
      first_timestamp: null,
      last_timestamp: null,
      late_seconds: null,
    });
    expect(series.find(({ id }) => id === "coingecko:BTC-USD:4h")).toMatchObject({
      enabled: false,
      late_seconds: null,
    });
    expect([next_cursor, meta]).toEqual([null, { count: 4 }]);
  });

  test.each([
    ["source=kraken", ["kraken:ETH-USD:1m"]],
    ["symbol=BTC-USDT&timeframe=1h", ["binance:BTC-USDT:1h"]],
    ["tier=3", ["kraken:ETH-USD:1m"]],
    ["enabled=false", ["coingecko:BTC-USD:4h"]],
    ["enabled=true&tier=2", ["binance:BTC-USDT:1h"]],
    ["source=cryptocompare", []],
  ])("answers what %s lets through", async (filter, ids) => {
    const { series } = await read(`/v1/series?${filter}`, seriesListSchema);
    expect(series.map(({ id }) => id)).toEqual(ids);
  });

  test("goes on where the page before ended, with the same filters alone", async () => {
    const ids: string[] = [];
    let cursor = "";
    do {
      const page = await read(`/v1/series?enabled=true&limit=1${cursor}`, seriesListSchema);
      ids.push(...page.series.map(({ id }) => id));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(ids).toEqual(["binance:BTC-USDT:1h", "binance:BTC-USDT:1m", "kraken:ETH-USD:1m"]);
    const { next_cursor } = await read("/v1/series?limit=1", seriesListSchema);
    const problem = await problemOf(`/v1/series?limit=1&tier=1&cursor=${next_cursor}`);
    expect(problem.detail).toContain("whose tier is not given, while here it is 1");
  });
});

describe("a series whose candles are in the archive", () => {
  const COLD: Series = { source: "kraken", symbol: "SOL-USD", timeframe: "1m" };
  const LATE: Series = { ...COLD, symbol: "ADA-USD" };
  const candles = [0, 60, 40 * 86_400].map((offset) => candleAt(MIDNIGHT + offset));

  beforeAll(async () => {
    await collectSeries(COLD, { enabled: 0 });
    await collectSeries(LATE, { enabled: 0 });
    await putFiles(COLD, candles);
    await putFiles(LATE, candles);
    await storeCandles(LATE, [candleAt(MIDNIGHT + 120)]);
  });

  test("has its first and last candle, whether they are hot or cold", async () => {
    const { series } = await read("/v1/series?source=kraken&enabled=false", seriesListSchema);
    expect(
      series.map(({ symbol, first_timestamp, last_timestamp }) => [
        symbol,
        first_timestamp,
        last_timestamp,
      ]),
    ).toEqual([
      ["ADA-USD", MIDNIGHT, MIDNIGHT + 40 * 86_400],
      ["SOL-USD", MIDNIGHT, MIDNIGHT + 40 * 86_400],
    ]);
  });

  test("has its newest candle, also where an older one came late", async () => {
    const path = "/v1/latest?series=kraken:SOL-USD:1m&series=kraken:ADA-USD:1m";
    const { latest } = await read(path, latestSchema);
    expect(latest).toEqual([
      { ...COLD, candle: candles[2] },
      { ...LATE, candle: candles[2] },
    ]);
  });

  test("has the hot one where that is newer, and the archive is not read", async () => {
    await storeCandles(LATE, [candleAt(MIDNIGHT + 41 * 86_400)]);
    const bucket = new CountingBucket();
    const path = "/v1/latest?series=kraken:ADA-USD:1m";
    const response = await getWith(path, { BUCKET: bucket });
    const { latest } = latestSchema.parse(await response.json());
    expect(latest[0]?.candle?.timestamp).toBe(MIDNIGHT + 41 * 86_400);
    expect(bucket.reads).toEqual([]);
  });

  afterAll(async () => {
    await env.DB.exec("DELETE FROM archive_files");
    await env.DB.exec("DELETE FROM series WHERE symbol IN ('SOL-USD', 'ADA-USD')");
  });

  test("is known, though nobody collects it", async () => {
    const alone: Series = { ...COLD, symbol: "DOT-USD" };
    await putFiles(alone, candles);
    const path = "/v1/candles?series=kraken:DOT-USD:1m";
    expect((await get(`${path}&start=2030-01-01`)).status).toBe(200);
    expect((await get(`${path}&start=2030-01-01&format=csv`)).status).toBe(200);
    const { latest } = await read("/v1/latest?series=kraken:DOT-USD:1m", latestSchema);
    expect(latest[0]?.candle).toEqual(candles[2]);
  });
});

describe("the inventory's reads", () => {
  const page = { after: undefined, limit: 1_000 };

  test("seek by key and never scan candles", async () => {
    const reads = [
      await readSeries(env.DB, {}, page),
      await readNewestCandles(env.DB, {}, page),
      await readNewestCandlesOf(env.DB, [BTC, ETH, OFF, OLD]),
    ];
    for (const { rows, rowsRead } of reads) {
      expect(rows).toHaveLength(4);
      expect(rowsRead).toBeLessThanOrEqual(4 * 4);
    }
  });

  test("know a series by its candles or by its place in the fleet", async () => {
    const unknown: Series = { ...BTC, timeframe: "3m" };
    expect(await findUnknownSeries(env.DB, [BTC, unknown, OFF, OLD])).toEqual([unknown]);
  });
});

describe("GET /v1/sources", () => {
  const HOST = {
    state: "silent",
    silent_until: MIDNIGHT + 700,
    reason: "rate_limited",
    strikes: 2,
    used_ratio: 0.25,
    burst: 20,
    per_second: 2,
  };
  /** As the stand-in for the producer has it. */
  const hostsOf = (source: string) => [{ host: `api.${source}.test`, ...HOST }];

  test("tells how each source is doing that is collected or was asked, and its hosts", async () => {
    expect(await read("/v1/sources", sourcesSchema)).toEqual({
      sources: [
        {
          source: "binance",
          state: "ok",
          since: MIDNIGHT,
          reason_code: null,
          reason: null,
          last_success_at: MIDNIGHT + 600,
          last_error_at: null,
          series: 2,
          // Nothing is known of the hours.
          late: 1,
          last_error: null,
          hosts: hostsOf("binance"),
        },
        {
          source: "cryptocompare",
          state: "off",
          since: MIDNIGHT,
          reason_code: "source_off",
          reason: "needs a key",
          last_success_at: null,
          last_error_at: null,
          series: 0,
          late: 0,
          last_error: null,
          hosts: hostsOf("cryptocompare"),
        },
        {
          source: "kraken",
          state: null,
          since: null,
          reason_code: null,
          reason: null,
          last_success_at: null,
          last_error_at: null,
          series: 1,
          late: 1,
          last_error: {
            series: "kraken:ETH-USD:1m",
            code: "source_unavailable",
            message: "HTTP 520",
            at: MIDNIGHT + 640,
          },
          hosts: hostsOf("kraken"),
        },
      ],
      meta: { count: 3 },
    });
  });

  test("leaves the hosts out, and says so, where the producer does not answer", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const PRODUCER = { fetch: () => Promise.reject(new Error("no such Worker")) };
    const response = await getWith("/v1/sources", { PRODUCER });
    const { sources } = sourcesSchema.parse(await response.json());
    expect(sources.map(({ hosts, state }) => [hosts, state])).toEqual([
      [null, "ok"],
      [null, "off"],
      [null, null],
    ]);
    expect(error.mock.calls[0]?.[0]).toContain("no such Worker");
    error.mockRestore();
  });

  test("asks the producer only for sources that it knows", async () => {
    await env.DB.exec(
      "INSERT INTO series (source, symbol, timeframe, native_symbol, tier) VALUES ('mtgox', 'BTC-USD', '1h', '', 4)",
    );
    const asked: string[] = [];
    const PRODUCER = {
      fetch: async (url: string) => {
        asked.push(new URL(url).search);
        return Response.json({ sources: [{ source: "binance", hosts: hostsOf("binance") }] });
      },
    };
    const response = await getWith("/v1/sources", { PRODUCER });
    await env.DB.exec("DELETE FROM series WHERE source = 'mtgox'");
    const { sources } = sourcesSchema.parse(await response.json());
    expect(asked).toEqual(["?source=binance&source=cryptocompare&source=kraken"]);
    expect(sources.map(({ source, hosts }) => [source, hosts?.length])).toEqual([
      ["binance", 1],
      ["cryptocompare", 0],
      ["kraken", 0],
      ["mtgox", 0],
    ]);
  });

  test("does not count who is late where more than a thousand series are collected", async () => {
    const rows = Array.from({ length: 1_000 }, (_, place) => [`A${place}-USDT`]);
    await env.DB.prepare(
      `INSERT INTO series (source, symbol, timeframe, native_symbol, tier)
      SELECT 'coinbase', value ->> 0, '1d', '', 4 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows))
      .run();
    const { sources } = await read("/v1/sources", sourcesSchema);
    expect(sources.map(({ source, series, late }) => [source, series, late])).toEqual([
      ["binance", 2, null],
      ["coinbase", 1_000, null],
      ["cryptocompare", 0, null],
      ["kraken", 1, null],
    ]);
    await env.DB.exec("DELETE FROM series WHERE source = 'coinbase'");
  });
});

describe("GET /v1/dead-letters", () => {
  test("answers the one first seen last at the top, page by page", async () => {
    const first = await read("/v1/dead-letters?limit=2", deadLettersSchema);
    const second = await read(
      `/v1/dead-letters?limit=2&cursor=${first.next_cursor}`,
      deadLettersSchema,
    );
    const letters = [...first.dead_letters, ...second.dead_letters];
    expect(letters.map(({ id }) => id[0])).toEqual(["c", "b", "a"]);
    expect(letters[0]).toEqual({
      id: "c".repeat(64),
      queue: "candles",
      source: "binance",
      candles: 10,
      reason_code: "poison_message",
      reason: "message is 7",
      body_key: "dead-letters/c",
      body_bytes: 21,
      first_seen: MIDNIGHT + 60,
      last_seen: MIDNIGHT + 60,
      seen_count: 1,
      state: "open",
      discard_reason: null,
      settled_at: null,
    });
    expect(second.next_cursor).toBeNull();
  });

  test("answers those of one state", async () => {
    const { dead_letters: letters } = await read(
      "/v1/dead-letters?state=replayed",
      deadLettersSchema,
    );
    expect(letters.map(({ id }) => id[0])).toEqual(["a"]);
  });
});

describe("GET /health", () => {
  test("is ok while no source fails, a source that is off included", async () => {
    await recordCheck(env.DB, { at: Math.floor(Date.now() / 1_000), failedLooks: 0 });
    const response = await get("/health");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const health = healthSchema.parse(await response.json());
    expect(health).toMatchObject({
      status: "ok",
      sources: { binance: "ok", cryptocompare: "off" },
    });
    expect(Math.abs(health.time - Date.now() / 1_000)).toBeLessThan(5);
  });

  test("is degraded while a source fails", async () => {
    await env.DB.exec("UPDATE source_state SET state = 'failing' WHERE source = 'binance'");
    expect((await read("/health", healthSchema)).status).toBe("degraded");
  });

  test("is degraded while the monitor does not look, and while it never did", async () => {
    await env.DB.exec("UPDATE source_state SET state = 'ok' WHERE source = 'binance'");
    const now = Math.floor(Date.now() / 1_000);
    expect(await checked(now - 880)).toMatchObject({
      status: "ok",
      monitor_checked_at: now - 880,
    });
    expect((await checked(now - 900)).status).toBe("degraded");
    await env.DB.exec("DELETE FROM monitor_checks");
    expect(await read("/health", healthSchema)).toMatchObject({
      status: "degraded",
      monitor_checked_at: null,
    });
    // A system that was begun just now was not looked at yet.
    await env.DB.exec(`UPDATE source_state SET since = ${now - 60}`);
    expect((await read("/health", healthSchema)).status).toBe("ok");
  });

  test("is a 503 problem where the database does not answer", async () => {
    const DB = {
      prepare() {
        throw new Error("D1_ERROR: D1 DB is overloaded. Requests queued for too long.");
      },
    };
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const problem = await problemIn(await getWith("/health", { DB }));
    expect(problem).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(problem.detail).not.toContain("D1");
    expect(error).toHaveBeenCalledTimes(1);
    error.mockRestore();
  });
});

/** `/health` where the monitor looked last at `at`, unix seconds. */
async function checked(at: number) {
  await env.DB.exec("DELETE FROM monitor_checks");
  await recordCheck(env.DB, { at, failedLooks: 0 });
  return read("/health", healthSchema);
}
