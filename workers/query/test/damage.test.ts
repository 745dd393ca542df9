import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { isoTimeOf } from "@candlehouse/shared/http/damaged-range-error";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { get, getWith, problemIn, problemOf, readerOf, textOf } from "./answers.ts";
import { clearCandles, CountingBucket, putFile, register } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const PATH = "/v1/candles?series=binance:BTC-USDT:1m";
const JANUARY = Date.UTC(2024, 0, 1) / 1_000;
const GROUP_ROWS = 10_080;
const ROWS = GROUP_ROWS + 5_000;

let file: ArchiveFile;
let changes = 0;
let logged = vi.spyOn(console, "error");

/** A file of two row groups, new for each test: its footer is not known yet. */
beforeEach(async () => {
  await clearCandles();
  changes += 1;
  const candles: Candle[] = Array.from({ length: ROWS }, (_, index) =>
    candleAt(JANUARY + index * 60, { close: 27_500 + changes / 100 }),
  );
  file = await putFile(BTC, "2024-01", candles);
  logged = vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function bytesOf(key: string): Promise<Uint8Array> {
  const object = await env.BUCKET.get(key);
  return new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
}

/** Flips a bit of the stored file at `offset`; from its end where that is negative. */
async function flip(offset: number): Promise<void> {
  const bytes = await bytesOf(file.key);
  const place = offset < 0 ? bytes.length + offset : offset;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  await env.BUCKET.put(file.key, bytes);
}

const DAMAGES: [string, () => Promise<unknown>, string][] = [
  [
    "changed in its second row group",
    () => flip(file.bytes - file.footerLength - 1),
    "row group 1",
  ],
  ["changed in its footer", () => flip(-20), "the footer"],
  ["missing", () => env.BUCKET.delete(file.key), "the object is missing"],
  [
    "cut",
    async () => env.BUCKET.put(file.key, (await bytesOf(file.key)).slice(0, -100)),
    "are missing",
  ],
  [
    "one that the manifest names but nobody wrote",
    () =>
      register({ ...file, key: file.key.replace(/[^/]+$/, `${"0".repeat(64)}.parquet`) }).then(() =>
        env.DB.prepare("DELETE FROM archive_files WHERE key = ?").bind(file.key).run(),
      ),
    "the object is missing",
  ],
  [
    "another one than the manifest says",
    () => register({ ...file, rows: file.rows - 1 }),
    `the manifest says binance:BTC-USDT:1m, ${ROWS - 1} candles`,
  ],
];

describe("a request for candles of a damaged file", () => {
  const end = JANUARY + ROWS * 60;
  const inSecond = `start=${JANUARY + (GROUP_ROWS + 100) * 60}`;

  test.each(DAMAGES)(
    "is a problem that names the file and the range where it is %s",
    async (_, damage, said) => {
      await damage();
      for (const asked of [
        `${inSecond}&limit=10`,
        `${inSecond}&limit=10&format=csv`,
        `${inSecond}&format=ndjson`,
        `${inSecond}&end=2024-03-01&format=csv`,
        `end=${end}&limit=10`,
        "",
      ]) {
        const problem = await problemOf(`${PATH}&${asked}`);
        expect(problem).toMatchObject({
          status: 500,
          code: "archive_damaged",
          series: "binance:BTC-USDT:1m",
        });
        expect(problem.key).toMatch(/^candles\/source=binance\/symbol=BTC-USDT\/timeframe=1m\//);
        expect(problem.detail).toContain(problem.key);
        expect(problem.detail).toContain(said);
        const [from, to] = [problem.range?.start, problem.range?.end].map(
          (time) => Date.parse(time ?? "") / 1_000,
        );
        expect(from).toBeGreaterThanOrEqual(JANUARY);
        expect(to).toBeLessThanOrEqual(end);
        expect(from).toBeLessThan(to ?? 0);
      }
      expect(logged).toHaveBeenCalledTimes(6);
    },
  );

  test("tells which part of the range is affected, and no more", async () => {
    await flip(file.bytes - file.footerLength - 1);
    const [from, second, to] = [
      JANUARY + 5_000 * 60,
      JANUARY + GROUP_ROWS * 60,
      JANUARY + (GROUP_ROWS + 60) * 60,
    ] as const;
    for (const format of ["json", "csv"]) {
      const problem = await problemOf(
        `${PATH}&start=${from}&end=${to}&format=${format}${format === "json" ? "&limit=9000" : ""}`,
      );
      expect(problem.range).toEqual({ start: isoTimeOf(second), end: isoTimeOf(to) });
    }
  });

  test("is answered as always where it does not touch the damaged row group", async () => {
    await flip(file.bytes - file.footerLength - 1);
    const beside = `${PATH}&start=${JANUARY}&end=${JANUARY + GROUP_ROWS * 60}&limit=10000`;
    expect((await get(beside)).status).toBe(200);
    await storeCandles(BTC, [candleAt(end), candleAt(end + 60)]);
    expect((await get(`${PATH}&limit=2`)).status).toBe(200);
    expect((await get(`${PATH}&start=${end}`)).status).toBe(200);
  });

  test("is a problem for the newest candle alone, where that is cold", async () => {
    await flip(file.bytes - file.footerLength - 1);
    const problem = await problemOf("/v1/latest?series=binance:BTC-USDT:1m");
    expect(problem).toMatchObject({ code: "archive_damaged", key: file.key });
    await storeCandles(BTC, [candleAt(end)]);
    expect((await get("/v1/latest?series=binance:BTC-USDT:1m")).status).toBe(200);
  });

  test("is a 503 problem where the bucket does not answer", async () => {
    const bucket = new CountingBucket();
    bucket.get = () => Promise.reject(new Error("get: Unspecified error (0)"));
    const problem = await problemIn(await getWith(`${PATH}&limit=1`, { BUCKET: bucket }));
    expect(problem).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(problem.detail).not.toContain("Unspecified");
  });
});

describe("a stream that meets damage on its way", () => {
  test("breaks off, and never closes as if it were whole", async () => {
    await flip(file.bytes - file.footerLength - 1);
    const response = await getWith(`${PATH}&start=${JANUARY}&format=csv`, {});
    expect(response.status).toBe(200);
    const reader = readerOf(response);
    let text = "";
    const failure = await (async () => {
      const decoder = new TextDecoder();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) {
          return "ended";
        }
        text += decoder.decode(value);
      }
    })().catch(String);
    expect(failure).toContain("cannot be read");
    // What came before is whole lines of the row group that is not damaged.
    expect(text.split("\r\n")).toHaveLength(GROUP_ROWS + 2);
    expect(logged).toHaveBeenCalledTimes(1);
    expect(JSON.parse(String(logged.mock.calls[0]?.[0]))).toMatchObject({
      event: "request.failed",
      path: "/v1/candles",
      status: 200,
      code: "archive_damaged",
      reason: expect.stringContaining(file.key),
    });
  });

  test.each([
    ["csv", "gzip"],
    ["csv", "zstd"],
    ["ndjson", "gzip"],
    ["ndjson", "zstd"],
    ["arrow", "identity"],
  ])("breaks off in %s sent as %s too", async (format, encoding) => {
    await flip(file.bytes - file.footerLength - 1);
    const path = `${PATH}&start=${JANUARY}&format=${format}`;
    const response = await getWith(path, {}, { "accept-encoding": encoding });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-encoding") ?? "identity").toBe(encoding);
    const reader = readerOf(response);
    let bytes = 0;
    const readAll = async () => {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) {
          return;
        }
        bytes += value.length;
      }
    };
    await expect(readAll()).rejects.toThrow("row group 1");
    expect(bytes).toBeGreaterThan(1_000);
    expect(logged).toHaveBeenCalledTimes(1);
  });

  test("is a problem where it is a Parquet file, which has no half", async () => {
    await flip(file.bytes - file.footerLength - 1);
    const problem = await problemOf(`${PATH}&start=${JANUARY}&format=parquet`);
    expect(problem).toMatchObject({ status: 500, code: "archive_damaged" });
  });

  test("goes on where the file was replaced and deleted since it began", async () => {
    const first = await bytesOf(file.key);
    const bucket = new CountingBucket();
    const takeFrom = bucket.get.bind(bucket);
    bucket.get = async (key, options) => {
      const answer = await takeFrom(key, options);
      if (bucket.reads.length === 2) {
        // The first row group is on its way: now the archiver writes the file anew.
        const other = { ...file, key: file.key.replace(/[^/]+$/, "anew.parquet") };
        await env.BUCKET.put(other.key, first);
        await env.BUCKET.delete(file.key);
        await register({ ...file, state: "replaced", replacedAt: 1 });
        await register(other);
      }
      return answer;
    };
    const response = await getWith(`${PATH}&start=${JANUARY}&format=ndjson`, { BUCKET: bucket });
    const lines = (await textOf(response)).split("\n").slice(0, -1);
    expect(lines.map((line) => JSON.parse(line).timestamp)).toEqual(
      Array.from({ length: ROWS }, (_, index) => JANUARY + index * 60),
    );
  });
});
