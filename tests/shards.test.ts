import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { shardOf } from "@candlehouse/shared/core/shard";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

const COUNT = 3;
const DAY = 86_400;
const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;
/** Simulated seconds a real one. */
const SPEED = 20;

const TOKENS = ["ADA", "AVAX", "BTC", "DOGE", "DOT", "ETH", "LINK", "LTC", "SOL", "XRP"];
const QUOTES = [
  ["binance", "USDT"],
  ["coinbase", "USD"],
  ["kraken", "USD"],
] as const;

/** Thirty series, in the order of the inventory. */
const SERIES: readonly Series[] = QUOTES.flatMap(([source, quote]) =>
  TOKENS.map((token): Series => ({ source, symbol: `${token}-${quote}`, timeframe: "1m" })),
);

/** One series of Binance in each database. */
const ONE_EACH = [0, 1, 2].map((shard) => {
  const found = SERIES.find((one) => one.source === "binance" && shardOf(one, COUNT) === shard);
  if (found === undefined) {
    throw new Error(`no series of binance is in database ${shard}`);
  }
  return found;
});

const SERIES_TABLES = [
  "series",
  "price_data",
  "candle_revisions",
  "coverage",
  "gaps",
  "asked_ranges",
  "archive_files",
  "archive_changes",
];

/** The answers that ask every database, whatever they find. */
const LISTS = [
  "/health",
  "/stats",
  "/v1/alerts",
  "/v1/archive",
  "/v1/archive/changes",
  "/v1/assets",
  "/v1/backfills",
  "/v1/completeness",
  "/v1/costs",
  "/v1/dead-letters",
  "/v1/gaps",
  "/v1/gaps?order=newest",
  "/v1/imports",
  "/v1/latest",
  "/v1/markets",
  "/v1/series",
  "/v1/sources",
  "/binance/api/v3/exchangeInfo",
  "/binance/kraken/api/v3/exchangeInfo",
  "/udf/search?query=BTC&limit=30",
];

interface Inventory {
  readonly series: readonly (Series & {
    readonly tier: number;
    readonly enabled: boolean;
    readonly last_timestamp: number | null;
  })[];
  readonly next_cursor: string | null;
}

function isOfBitcoin({ symbol }: Series): boolean {
  return symbol.startsWith("BTC-");
}

describe("a warehouse of three databases", { timeout: 240_000 }, () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem(
      { startMs: NOW * 1_000, speed: SPEED },
      { D1_SHARDS: String(COUNT) },
    );
    await system.addSeries(...SERIES);
  });

  afterAll(() => system.close());

  async function get<Answer>(path: string): Promise<Answer> {
    const answer = await system.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    return (await answer.json()) as Answer;
  }

  async function post<Answer>(path: string, order: object): Promise<Answer> {
    const answer = await system.post(path, order);
    const text = await answer.text();
    expect([path, answer.status, text]).toEqual([path, expect.toBeOneOf([200, 202]), text]);
    return JSON.parse(text) as Answer;
  }

  async function rowsIn<Row>(shard: number, sql: string): Promise<Row[]> {
    const found = await system.databases[shard]?.prepare(sql).bind().all();
    return (found?.results ?? []) as Row[];
  }

  async function countAll(from: string): Promise<number[]> {
    const counts = [0, 1, 2].map(async (shard) => {
      const [row] = await rowsIn<{ rows: number }>(shard, `SELECT COUNT(*) AS rows FROM ${from}`);
      return row?.rows ?? 0;
    });
    return Promise.all(counts);
  }

  function inventory(query: string): Promise<Inventory> {
    return get<Inventory>(`/v1/series?${query}`);
  }

  async function untilEnded(id: string): Promise<void> {
    await system.until(`backfill ${id} has ended`, async () => {
      const { jobs } = await get<{ jobs: { finished_at: number | null; state: string }[] }>(
        `/v1/backfills/${id}`,
      );
      const states = jobs.map(({ state }) => state);
      const isOver = jobs.every(({ finished_at: at }) => at !== null);
      return isOver ? states : undefined;
    });
  }

  test("collects every series, each into its own database", async () => {
    await system.until("each series has a candle", async () => {
      await system.tick();
      const { series } = await inventory("limit=100");
      const isThere = series.every(({ last_timestamp: last }) => last !== null);
      return (series.length === SERIES.length && isThere) || undefined;
    });
    const counts = await countAll("price_data");
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test("is one inventory, page by page", async () => {
    const listed: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Inventory = await inventory(`limit=7${after}`);
      expect(page.series.length).toBeLessThanOrEqual(7);
      listed.push(...page.series.map(formatSeries));
      cursor = page.next_cursor;
    }
    expect(listed).toEqual(SERIES.map(formatSeries));
  });

  test("takes what a trigger brings, and moves what is old to R2", async () => {
    const toTs = NOW - 25 * DAY;
    for (const { source, symbol, timeframe } of ONE_EACH) {
      await post("/trigger", { source, symbol, timeframe, toTs, limit: 300 });
    }
    const old = `price_data WHERE timestamp <= ${toTs}`;
    await system.until("the old candles are stored", async () => {
      const counts = await countAll(old);
      return counts.every((rows) => rows === 300) || undefined;
    });
    const { started } = await post<{ started: number }>("/v1/archive/run", {});
    expect(started).toBe(ONE_EACH.length);
    await system.until("they are archived", async () => {
      const counts = await countAll(old);
      return counts.every((rows) => rows === 0) || undefined;
    });
    const { files } = await get<{ files: { series: string; rows: number }[] }>("/v1/archive");
    expect(files.map(({ rows }) => rows)).toEqual([300, 300, 300]);
    expect(await countAll("archive_files")).toEqual([1, 1, 1]);
    expect(await countAll("archive_changes")).toEqual([1, 1, 1]);
  });

  test("answers for several series at once, hot and cold", async () => {
    interface Served {
      readonly series: readonly (Series & { readonly candles: readonly unknown[] })[];
    }
    const names = [...ONE_EACH, ...SERIES.slice(-1)].toReversed().map(formatSeries);
    const range = `start=${NOW - 26 * DAY}&end=${NOW + DAY}&limit=400`;
    const together = await get<Served>(
      `/v1/candles?${names.map((name) => `series=${name}`).join("&")}&${range}`,
    );
    expect(together.series.map(formatSeries)).toEqual(names);
    for (const { candles, ...series } of together.series) {
      const name = formatSeries(series);
      const alone = await get<{ candles: readonly unknown[] }>(
        `/v1/candles?series=${name}&${range}`,
      );
      expect([name, candles]).toEqual([name, alone.candles]);
      expect(candles.length).toBeGreaterThan(0);
    }
    const { latest } = await get<{ latest: Series[] }>(
      `/v1/latest?${names.map((name) => `series=${name}`).join("&")}`,
    );
    expect(latest.map(formatSeries)).toEqual(names);
    const compared = await get(`/v1/compare?symbol=BTC-USD&timeframe=1m&${range}`);
    expect(JSON.stringify(compared)).toContain("coinbase");
  });

  test("fetches what is missing, and knows why it was", async () => {
    const hole = {
      startMs: (NOW - 3 * DAY + 3_600) * 1_000,
      endMs: (NOW - 3 * DAY + 7_200) * 1_000,
    };
    for (const { symbol } of ONE_EACH) {
      system.simulator.inject({ kind: "absent", symbol: symbol.replace("-", ""), ...hole });
    }
    const symbols = ONE_EACH.map(({ symbol }) => symbol);
    const order = { source: "binance", symbols, timeframe: "1m" };
    // Hot ones through the queue, cold ones through a file.
    for (const start of [NOW - 3 * DAY, NOW - 30 * DAY]) {
      const { id } = await post<{ id: string }>("/v1/backfills", {
        ...order,
        start,
        end: start + DAY / 2,
      });
      await untilEnded(id);
    }
    expect(Math.min(...(await countAll("asked_ranges")))).toBeGreaterThan(0);
    const scan = await post<{ series: number; errors: unknown[] }>("/v1/gaps/scan", {});
    expect(scan).toMatchObject({ series: SERIES.length, errors: [] });
    const { gaps } = await get<{ gaps: { series: string; start: number; missing: number }[] }>(
      "/v1/gaps?limit=10000",
    );
    const inHole = gaps.filter(({ start }) => start === hole.startMs / 1_000);
    expect(inHole.map(({ series, missing }) => `${series} ${missing}`)).toEqual(
      ONE_EACH.map((one) => `${formatSeries(one)} 60`).toSorted(),
    );
    expect(gaps.map(({ series }) => series)).toEqual(gaps.map(({ series }) => series).toSorted());
  });

  test("keeps dead letters in the first database, and stores them where they belong", async () => {
    const consumer = await system.harness.getWorker("candlehouse-consumer").getEnv();
    const monitor = await system.harness.getWorker("candlehouse-monitor").getEnv();
    const timestamp = NOW - 10 * DAY;
    const candleOf = ({ symbol }: Series, high: number) =>
      [symbol, "1m", timestamp, 10, high, 10, 10, 0, 0, 0] as const;
    const body = (high: number) => ({
      v: 1,
      source: "binance",
      origin: "cron",
      candles: ONE_EACH.map((one) => candleOf(one, high)),
    });
    const queues = { ...consumer, ...monitor } as Record<
      string,
      { send(body: unknown): Promise<void> }
    >;
    await queues["CANDLES_DLQ"]?.send(body(11));
    await queues["CANDLES"]?.send(body(9));
    const letters = await system.until("two letters are dead", async () => {
      const found = await get<{ dead_letters: { id: string; reason_code: string }[] }>(
        "/v1/dead-letters",
      );
      return found.dead_letters.length === 2 ? found.dead_letters : undefined;
    });
    expect(letters.map(({ reason_code: code }) => code).toSorted()).toEqual([
      "poison_message",
      "retries_exhausted",
    ]);
    expect(await countAll("dead_letters")).toEqual([2, 0, 0]);
    const there = `price_data WHERE timestamp = ${timestamp}`;
    expect(await countAll(there)).toEqual([0, 0, 0]);
    const good = letters.find(({ reason_code: code }) => code === "retries_exhausted");
    await post("/v1/dead-letters/replay", { ids: [good?.id] });
    await system.until("the candles of the letter are stored", async () => {
      const counts = await countAll(there);
      return counts.every((rows) => rows === 1) || undefined;
    });
  });

  test("changes what is of several databases in all of them", async () => {
    await put("/v1/assets/BTC", { tier: 4 });
    const { series } = await inventory("limit=100");
    expect(series.filter(isOfBitcoin).map(({ tier }) => tier)).toEqual([4, 4, 4]);
    expect(series.filter(({ tier }) => tier === 4)).toHaveLength(3);
    expect(await countAll("assets WHERE ticker = 'BTC' AND tier = 4")).toEqual([1, 1, 1]);
    const added = await post<{ added: string[] }>("/v1/series", {
      series: TOKENS.map((token) => `binance:${token}-USDT:1h`),
    });
    expect(added.added).toHaveLength(TOKENS.length);
    expect((await inventory("timeframe=1h&tier=4")).series).toMatchObject([
      { source: "binance", symbol: "BTC-USDT" },
    ]);
  });

  async function put(path: string, order: object): Promise<void> {
    const answer = await system.harness.fetch(path, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
    expect([path, answer.status]).toEqual([path, 200]);
  }

  test("takes files, those of each series into its own database", async () => {
    // One day is cold and becomes a file; of the other one, the rows go through the queue.
    for (const day of [NOW - 60 * DAY, NOW - 8 * DAY]) {
      const start = day - (day % DAY);
      const date = new Date(start * 1_000).toISOString().slice(0, 10);
      for (const one of ONE_EACH) {
        const lines = Array.from({ length: 60 }, (_, minute) => {
          const openMs = (start + minute * 60) * 1_000;
          return `${openMs},10,12,9,11,5,${openMs + 59_999},55,3,0,0,0`;
        });
        const name = `${one.symbol.replace("-", "")}-1m-${date}.csv`;
        const answer = await system.harness.fetch(`/v1/imports?name=${name}`, {
          method: "POST",
          body: lines.join("\n"),
        });
        expect([name, await answer.json()]).toMatchObject([
          name,
          { series: formatSeries(one), state: "complete", rows_read: 60, rejected: 0 },
        ]);
        const range = `start=${start}&end=${start + 3_600}`;
        await system.until(`${name} is served`, async () => {
          const { candles } = await get<{ candles: { close: number }[] }>(
            `/v1/candles?series=${formatSeries(one)}&${range}`,
          );
          return (candles.length === 60 && candles.every(({ close }) => close === 11)) || undefined;
        });
      }
    }
    const { imports } = await get<{ imports: { series: string }[] }>("/v1/imports");
    expect(new Set(imports.map(({ series }) => series))).toEqual(
      new Set(ONE_EACH.map(formatSeries)),
    );
  });

  test("tells each series in its metrics", async () => {
    const answer = await system.get("/metrics?series=all");
    const lines = (await answer.text()).split("\n");
    expect(answer.status).toBe(200);
    const { series } = await inventory("limit=100");
    const known = series.filter(({ last_timestamp: last }) => last !== null).map(formatSeries);
    const each = lines.flatMap((line) => {
      const [, source, symbol, timeframe] =
        /^candlehouse_each_series_late_seconds\{source="(.+)",symbol="(.+)",timeframe="(.+?)",/.exec(
          line,
        ) ?? [];
      return source === undefined ? [] : [`${source}:${symbol}:${timeframe}`];
    });
    expect(each.toSorted()).toEqual(known.toSorted());
    const counts = lines.flatMap(
      (line) => /^candlehouse_series\{.*\} (\d+)$/.exec(line)?.[1] ?? [],
    );
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(series.length);
  });

  test("sends the candles of all of them by one stream", async () => {
    const { url } = await system.harness.listen();
    const names = ONE_EACH.map(formatSeries);
    const query = names.map((name) => `series=${name}`).join("&");
    const over = new AbortController();
    const since = new Date((NOW - 600) * 1_000).toISOString();
    const answer = await fetch(`${url.origin}/v1/stream?${query}&since=${since}`, {
      signal: AbortSignal.any([over.signal, AbortSignal.timeout(60_000)]),
    });
    expect(answer.status).toBe(200);
    const seen = new Set<string>();
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === "candle") {
          seen.add(formatSeries(JSON.parse(data) as Series));
        }
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (seen.size === names.length) {
        break;
      }
    }
    over.abort();
    expect([...seen].toSorted()).toEqual(names.toSorted());
  });

  test("is verified, cleaned up and watched", async () => {
    expect(await post("/v1/archive/verify", {})).toMatchObject({ damaged: [], chains: [] });
    await system.harness.getWorker("candlehouse-archiver").scheduled({ cron: "17 2 * * *" });
    const monitor = system.harness.getWorker("candlehouse-monitor");
    const scheduledTime = new Date(NOW * 1_000);
    await monitor.scheduled({ cron: "*/5 * * * *", scheduledTime });
    for (const hour of [0, 1, 2, 3]) {
      const time = new Date((NOW - (NOW % DAY) + hour * 3_600) * 1_000);
      await monitor.scheduled({ cron: "0 * * * *", scheduledTime: time });
    }
  });

  test.each(LISTS)("answers %s", async (path) => {
    expect(await get(path)).toBeTypeOf("object");
  });

  test("has each series in one database, and nothing failed", async () => {
    for (const table of SERIES_TABLES) {
      for (const shard of [0, 1, 2]) {
        const found = await rowsIn<Series>(
          shard,
          `SELECT DISTINCT source, symbol, timeframe FROM ${table}`,
        );
        const strangers = found.filter((one) => shardOf(one, COUNT) !== shard);
        expect([table, shard, strangers]).toEqual([table, shard, []]);
      }
    }
    for (const table of ["series", "price_data", "archive_files", "gaps", "asked_ranges"]) {
      expect([table, Math.min(...(await countAll(table)))]).toEqual([
        table,
        expect.toSatisfy((rows: number) => rows > 0),
      ]);
    }
    expect(system.events("handler.failed")).toEqual([]);
  });
});
