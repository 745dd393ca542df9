import type { Candle } from "@candlehouse/shared/core/candle";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { oneSeriesSchema } from "../src/answer-schemas.ts";
import { createApp } from "../src/app.ts";
import { get, getWith, problemOf, read, readerOf, textOf } from "./answers.ts";
import { CountingBucket, putFiles, register } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1m" };
const PATH = "/v1/candles?series=binance:BTC-USDT:1m";

/** The last days of January and the first ones of February, cold, and hot ones that overlap. */
const START = Date.UTC(2024, 0, 20) / 1_000;
const COLD_ROWS = 24_000;
const HOT_FROM = 22_000;
const ROWS = 26_000;

const candles: Candle[] = Array.from({ length: ROWS }, (_, index) =>
  candleAt(START + index * 60, { close: 27_500 + (index % 999) / 100 }),
);

beforeAll(async () => {
  await putFiles(BTC, candles.slice(0, COLD_ROWS));
  await storeCandles(BTC, candles.slice(HOT_FROM));
  // One that came late, between the cold ones of a day that has none.
  await putFiles(ETH, [candleAt(START), candleAt(START + 30 * 86_400)]);
  await storeCandles(ETH, [candleAt(START + 9 * 86_400)]);
});

function ndjsonOf(series: Series, of: readonly Candle[]): string {
  return of.map((candle) => `${JSON.stringify({ ...series, ...candle })}\n`).join("");
}

describe("CSV and NDJSON of a whole range", () => {
  test("hold every candle once and in order, as the pages do", async () => {
    const response = await get(`${PATH}&start=${START}&format=ndjson`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(response.headers.get("cache-control")).toBe("public, max-age=5");
    expect(response.headers.has("etag")).toBe(false);
    expect(response.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(await textOf(response)).toBe(ndjsonOf(BTC, candles));

    const pages: string[] = [];
    let next: string | undefined = `${PATH}&start=${START}&format=csv&limit=10000`;
    while (next !== undefined) {
      const page = await get(next);
      pages.push((await page.text()).slice(pages.length === 0 ? 0 : HEADER.length));
      next = /^<(.+)>; rel="next"$/.exec(page.headers.get("link") ?? "")?.[1];
    }
    expect(pages).toHaveLength(3);
    const csv = await textOf(await get(`${PATH}&start=${START}&format=csv`));
    expect(csv).toBe(pages.join(""));
  });

  test.each([
    [0, 12_000],
    [100, 24_500],
    [9_999, 21_000],
    [11_000, ROWS],
    [15_000, ROWS - 1],
  ])("from candle %d to %d", async (from, to) => {
    const times = `start=${START + from * 60}&end=${START + to * 60}`;
    const lines = await textOf(await get(`${PATH}&${times}&format=ndjson`));
    expect(lines).toBe(ndjsonOf(BTC, candles.slice(from, to)));
  });

  test("of several series have one after the other, late candles among them", async () => {
    const both = `/v1/candles?series=kraken:ETH-USD:1m&series=binance:BTC-USDT:1m&start=${START}`;
    const lines = await textOf(await get(`${both}&format=ndjson`));
    expect(lines).toBe(
      ndjsonOf(
        ETH,
        [0, 9, 30].map((day) => candleAt(START + day * 86_400)),
      ) + ndjsonOf(BTC, candles),
    );
  });

  test("that are short are one page, with an entity tag, and kept for ever where settled", async () => {
    const times = `start=${START}&end=${START + 600}`;
    const response = await get(`${PATH}&${times}`, { accept: "application/x-ndjson" });
    expect(response.headers.get("cache-control")).toContain("immutable");
    const etag = response.headers.get("etag") ?? "";
    expect(await textOf(response)).toBe(ndjsonOf(BTC, candles.slice(0, 10)));
    const again = await get(`${PATH}&${times}&format=ndjson`, { "if-none-match": etag });
    expect(again.status).toBe(304);
  });

  test("are not cut where more candles lie in a short range than its timeframe has", async () => {
    const odd: Series = { ...BTC, symbol: "ODD-USDT" };
    const many = Array.from({ length: 10_500 }, (_, index) => candleAt(START + index));
    await storeCandles(odd, many);
    const path = `/v1/candles?series=${formatSeries(odd)}&start=${START}&end=${START + 20_000}`;
    const lines = await textOf(await get(`${path}&format=ndjson`));
    expect(lines.split("\n")).toHaveLength(10_501);
  });

  test("with a limit, without a start or with a cursor are pages", async () => {
    const { next_cursor: cursor } = await read(`${PATH}&start=${START}&limit=7`, oneSeriesSchema);
    for (const [asked, count] of [
      [`start=${START}&limit=7`, 7],
      [`start=${START}&cursor=${cursor}`, 1_000],
      ["", 1_000],
    ]) {
      const response = await get(`${PATH}&format=ndjson&${asked}`);
      expect(response.headers.has("etag")).toBe(true);
      expect((await textOf(response)).split("\n")).toHaveLength(Number(count) + 1);
    }
  });

  test("answer HEAD without a body and without reading on", async () => {
    const url = `https://candlehouse.test${PATH}&start=${START}&format=csv`;
    const head = await exports.default.fetch(new Request(url, { method: "HEAD" }));
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toContain("text/csv");
    expect(await head.text()).toBe("");
  });

  test("of a range without candles have none", async () => {
    const empty = await get(`${PATH}&start=2010-01-01&end=2015-01-01&format=csv`);
    expect(await empty.text()).toBe(HEADER);
    const future = await get(`${PATH}&start=2999-01-01&format=ndjson`);
    expect(await textOf(future)).toBe("");
  });

  test("of a series that is not known are a 404 problem", async () => {
    const path = "/v1/candles?series=kraken:NO-SUCH:1m&start=2010-01-01&format=csv";
    const problem = await problemOf(path);
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });

  test("are refused where they would take more queries than a request may make", async () => {
    const many = Array.from({ length: 20 }, (_, index): Series => ({
      ...BTC,
      symbol: `A${index}-USDT`,
    }));
    // Ten years apart: as far as two seeks can tell, all in between may be hot.
    for (const series of many) {
      await storeCandles(series, [candleAt(START), candleAt(START - 10 * 365 * 86_400)]);
    }
    const names = many.map((series) => `series=${formatSeries(series)}`).join("&");
    const problem = await problemOf(`/v1/candles?${names}&start=2010-01-01&format=csv`);
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(problem.detail).toContain("queries of the database, while one answer may make");
    const [one] = names.split("&");
    expect((await get(`/v1/candles?${one}&start=2010-01-01&format=csv`)).status).toBe(200);
  });
});

describe("a stream", () => {
  test("reads no further than its client, but for one step", async () => {
    const bucket = new CountingBucket();
    const response = await getWith(`${PATH}&start=${START}&format=csv`, { BUCKET: bucket });
    // The footer and the first row group, before the headers are sent.
    expect(bucket.reads.length).toBeLessThanOrEqual(3);
    const reader = readerOf(response);
    await reader.read();
    await reader.read();
    await scheduler.wait(50);
    expect(bucket.reads.length).toBeLessThanOrEqual(4);
    await reader.cancel();
    await scheduler.wait(50);
    expect(bucket.reads.length).toBeLessThanOrEqual(4);
  });

  test("reads each row group once and each footer once", async () => {
    const bucket = new CountingBucket();
    const queries: number[] = [];
    const DB = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: (statements: D1PreparedStatement[]) => {
        queries.push(statements.length);
        return env.DB.batch(statements);
      },
    };
    const response = await createApp().request(
      `${PATH}&start=${START}&format=csv`,
      {},
      { ...env, DB, BUCKET: bucket },
    );
    await textOf(response);
    const places = bucket.reads.map(({ key, offset }) => `${key} ${offset}`);
    expect(new Set(places).size).toBe(places.length);
    // What the series has at all; then hot candles and files, at one moment.
    expect(queries).toEqual([1, 2]);
  });

  test("has every candle once while the archiver takes hot ones over", async () => {
    const series: Series = { ...BTC, symbol: "MOVE-USDT" };
    const of = candles.slice(0, 25_000);
    const files = await putFiles(series, of);
    for (const file of files) {
      await register({ ...file, state: "fragment" });
    }
    await storeCandles(series, of);
    const path = `/v1/candles?series=${formatSeries(series)}&start=${START}&format=ndjson`;
    const response = await getWith(path, {});
    const reader = readerOf(response);
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader.read()).value);
    // The swap, and then the deletion, while the stream is under way.
    for (const file of files) {
      await register(file);
    }
    text += decoder.decode((await reader.read()).value);
    await env.DB.prepare("DELETE FROM price_data WHERE symbol = ?").bind(series.symbol).run();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        break;
      }
      text += decoder.decode(value);
    }
    expect(text).toBe(ndjsonOf(series, of));
  });
});

const HEADER =
  "source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades\r\n";
