import { CandlehouseProblem, createClient, type CandlehouseClient } from "@candlehouse/client";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servedCandles } from "./market-candles.ts";
import { lineOf, type CandleRow } from "./recorded-candles.ts";
import { startSystem, type System } from "./system.ts";

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
/** A simulated minute takes two seconds. */
const SPEED = 30;
const MINUTE_MS = 60_000;

const SERIES = "binance:BTC-USDT:1m";
/** Before what is collected: nothing of it changes while the tests run. */
const OLD = { start: START_MS / 1_000 - 20 - 50_000 * 60, count: 2_000 };

/** The examples of the page: the first line that does something, and the whole. */
const EXAMPLES = readFileSync(new URL("../docs/client.md", import.meta.url), "utf8")
  .split("```ts\n")
  .slice(1)
  .map((text) => text.split("\n```")[0] ?? "")
  .map((code) => [code.split("\n\n")[2]?.split("\n")[0] ?? "", code] as const);

const runFile = promisify(execFile);

async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

describe("the client package, against the Workers", () => {
  let system: System;
  let url = "";
  let client: CandlehouseClient;
  const over = new AbortController();
  let collecting: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    system = await startSystem({ startMs: START_MS, speed: SPEED });
    url = (await system.harness.listen()).url.origin;
    client = createClient({ baseUrl: url });
    await system.addSeries(
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
      { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
    );
    await system.tick();
    collecting = (async () => {
      while (!over.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, MINUTE_MS / SPEED));
        await system.tick();
      }
    })();
  });

  afterAll(async () => {
    over.abort();
    await collecting;
    await system.close();
  });

  test("writes by a raw route, and reads every candle of a range, page by page", async () => {
    const end = OLD.start + OLD.count * 60;
    const { data, error } = await client.api.POST("/trigger", {
      body: {
        source: "binance",
        symbol: "BTC-USDT",
        timeframe: "1m",
        limit: OLD.count,
        toTs: end - 60,
      },
    });
    expect([data?.inserted, error]).toEqual([OLD.count, undefined]);
    await system.until("they are stored", async () => {
      const [row] = await system.rows<{ rows: number }>(
        "SELECT COUNT(*) AS rows FROM price_data WHERE timestamp < ?",
        end,
      );
      return row?.rows === OLD.count || undefined;
    });
    const range = { series: SERIES, start: new Date(OLD.start * 1_000), end, limit: 301 };
    const candles = await listOf(client.allCandles(range));
    expect(candles).toHaveLength(OLD.count);
    expect(candles.map((candle) => lineOf(candle as CandleRow))).toEqual(
      await system
        .rows<CandleRow>(
          `SELECT timestamp, open, high, low, close, volume_from, volume_to, trades FROM price_data
           WHERE timestamp < ? ORDER BY timestamp`,
          end,
        )
        .then((rows) => rows.map(lineOf)),
    );
    const exact = await listOf(client.allExactCandles(range));
    expect(exact.map((candle) => Object.values(candle).join())).toEqual(
      await servedCandles(system, SERIES, OLD.start, end),
    );
  });

  test("reads several series at once, and one alone in the same shape", async () => {
    const several = [SERIES, "kraken:BTC-USD:1m"];
    const both = await client.candlesOfSeveral({ series: several, limit: 2 });
    const named = both.series.map(({ source, symbol, timeframe, candles }) => [
      `${source}:${symbol}:${timeframe}`,
      candles.length,
    ]);
    expect(named).toEqual(several.map((series) => [series, 2]));
    const one = await client.candlesOfSeveral({ series: [SERIES], limit: 2 });
    expect(one.series).toMatchObject([{ source: "binance", symbol: "BTC-USDT", timeframe: "1m" }]);
  });

  test("lists what is collected, what is newest, what is missing and what is archived", async () => {
    const series = await listOf(client.allSeries({ limit: 1 }));
    expect(series.map(({ id }) => id)).toEqual([SERIES, "kraken:BTC-USD:1m"]);
    const { latest } = await client.latest({ series: [SERIES] });
    expect(latest).toMatchObject([{ symbol: "BTC-USDT", candle: { close: expect.any(Number) } }]);
    expect(await listOf(client.allGaps({ source: "kraken" }))).toEqual([]);
    expect(await listOf(client.archiveFiles({ series: SERIES, end: "2020-01-01" }))).toEqual([]);
    expect(await client.get("/health")).toMatchObject({ status: "ok" });
  });

  test("hands on an answer in another format as it comes", async () => {
    const answer = await client.open("/v1/candles", { series: SERIES, limit: 1, format: "csv" });
    expect(await answer.text()).toMatch(/^source,symbol,timeframe,timestamp,[^]*\nbinance,/);
  });

  test("throws what is refused: the parameter, the code, the sentence", async () => {
    const refused = await client.candles({ series: SERIES, limit: 0 }).catch((error) => error);
    expect(refused).toBeInstanceOf(CandlehouseProblem);
    expect(refused).toMatchObject({ status: 400, code: "invalid_input", parameter: "limit" });
    await expect(client.candles({ series: "kraken:NO-SUCH:1m" })).rejects.toMatchObject({
      status: 404,
      code: "not_found",
    });
  });

  test.each(EXAMPLES)("runs the example of docs/client.md that begins with %j", async (_, code) => {
    // A process of its own: an example that never ends, or an error that nobody awaits, is told.
    const { stdout } = await runFile(
      process.execPath,
      ["--input-type=module-typescript", "--eval", code.replaceAll("http://localhost:8787", url)],
      { cwd: import.meta.dirname, timeout: 60_000 },
    );
    expect(stdout).toMatch(/\d/);
  });

  test("follows what is stored, each candle once, though the connection breaks", async () => {
    let connections = 0;
    const breaking = createClient({
      baseUrl: url,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        connections += 1;
        return new Response(answer.body?.pipeThrough(breakAfter(connections + 1)), answer);
      },
    });
    const since = Math.floor(system.simulator.nowMs() / 1_000);
    const timestamps: number[] = [];
    for await (const { event, data } of breaking.stream({ series: SERIES, since })) {
      if (event === "candle") {
        timestamps.push(data.timestamp);
      }
      if (timestamps.length === 6) {
        break;
      }
    }
    expect(connections).toBeGreaterThan(1);
    const [first = 0] = timestamps;
    expect(timestamps).toEqual(Array.from({ length: 6 }, (_, index) => first + index * 60));
  });
});

/** Lets `count` pieces through, and breaks at the next one. */
function breakAfter(count: number): TransformStream<Uint8Array, Uint8Array> {
  let left = count;
  return new TransformStream({
    transform(piece, controller) {
      left -= 1;
      if (left < 0) {
        controller.error(new Error("the connection is broken"));
      } else {
        controller.enqueue(piece);
      }
    },
  });
}
