import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Series } from "@candlehouse/shared/core/series";
import { DECOMPRESSORS } from "@candlehouse/shared/r2/zstd";
import { env, exports } from "cloudflare:workers";
import { asyncBufferFromUrl, parquetReadObjects } from "hyparquet";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { archiveSchema } from "../src/archive-schemas.ts";
import { get, getWith, problemIn, problemOf, read } from "./answers.ts";
import { CountingBucket, putFile, putFiles } from "./archive.ts";
import { candleAt } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };
const JANUARY = Date.UTC(2024, 0, 1) / 1_000;
const DAY = 86_400;

let files: ArchiveFile[] = [];
let whole = new Uint8Array();

beforeAll(async () => {
  const days = Array.from({ length: 120 }, (_, day) => candleAt(JANUARY + day * DAY));
  files = await putFiles(BTC, days);
  files.push(...(await putFiles(ETH, days)));
  await putFile(BTC, "2024-01", days.slice(0, 3), { state: "fragment" });
  await putFile(BTC, "2024-02", days.slice(31, 33), {
    state: "replaced",
    replacedAt: 7,
    damage: "bytes 4 to 99 are not what was written",
    verifiedAt: null,
  });
  const object = await env.BUCKET.get(files[0]?.key ?? "");
  whole = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer(0));
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("GET /v1/archive", () => {
  test("lists the current files with all that is known of them", async () => {
    const { files: listed, next_cursor, meta } = await read("/v1/archive", archiveSchema);
    expect(listed.map(({ key }) => key)).toEqual(files.map(({ key }) => key));
    const [first] = files;
    expect(listed[0]).toEqual({
      key: first?.key,
      url: `/v1/archive/${first?.key}`,
      series: "binance:BTC-USDT:1m",
      partition: "2024-01",
      state: "current",
      rows: 31,
      first_timestamp: JANUARY,
      last_timestamp: JANUARY + 30 * DAY,
      bytes: whole.length,
      bytes_per_candle: Math.round((whole.length / 31) * 100) / 100,
      content_hash: first?.contentHash,
      file_hash: first?.fileHash,
      verified_at: 1_700_000_001,
      damage: null,
    });
    expect([next_cursor, meta]).toEqual([null, { count: 5 }]);
  });

  test.each([
    ["source=kraken", ["2024"]],
    ["symbol=BTC-USDT&timeframe=1m", ["2024-01", "2024-02", "2024-03", "2024-04"]],
    ["timeframe=1h", ["2024"]],
    ["series=kraken:ETH-USD:1h&series=kraken:ETH-USD:1m", ["2024"]],
    ["source=binance&start=2024-03-05", ["2024-03", "2024-04"]],
    ["source=binance&end=2024-02-01", ["2024-01"]],
    ["source=binance&start=2024-01-31&end=2024-02-01T00:00:01Z", ["2024-01", "2024-02"]],
    ["source=binance&start=2024-01-31&end=2024-02-01", ["2024-01"]],
    ["source=binance&start=2024-01-31T00:00:01Z&end=2024-02-01", []],
    ["start=2025-01-01", []],
    ["state=fragment", ["2024-01"]],
    ["state=replaced", ["2024-02"]],
  ])("answers what %s lets through", async (filter, partitions) => {
    const { files: listed } = await read(`/v1/archive?${filter}`, archiveSchema);
    expect(listed.map(({ partition }) => partition)).toEqual(partitions);
  });

  test("goes on where the page before ended, with the same filters alone", async () => {
    const keys: string[] = [];
    let cursor = "";
    do {
      const page = await read(`/v1/archive?limit=2${cursor}`, archiveSchema);
      keys.push(...page.files.map(({ key }) => key));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(keys).toEqual(files.map(({ key }) => key));
    const last = await read(`/v1/archive?limit=${files.length}`, archiveSchema);
    expect(last.next_cursor).toBeNull();
    const { next_cursor } = await read("/v1/archive?limit=1", archiveSchema);
    const problem = await problemOf(`/v1/archive?source=kraken&cursor=${next_cursor}`);
    expect(problem).toMatchObject({ status: 400, parameter: "cursor" });
  });

  test.each([
    ["state=lost", "state"],
    ["limit=1001", "limit"],
    ["start=2024-02-01&end=2024-01-01", "start"],
    ["series=kraken:ETH-USD:1h&source=kraken", "source"],
    ["partition=2024", "partition"],
    ["format=csv", "format"],
    ["format=text&limit=5", "limit"],
    ["format=text&cursor=abc", "cursor"],
  ])("refuses %s", async (query, parameter) => {
    expect(await problemOf(`/v1/archive?${query}`)).toMatchObject({ status: 400, parameter });
  });
});

describe("GET /v1/archive as text", () => {
  const query = "series=binance:BTC-USDT:1m&start=2024-01-31&end=2024-03-01";

  test.each([
    ["format=text", {}],
    ["an Accept header", { accept: "text/plain" }],
  ])("has the address of each file of a range on a line, by %s", async (way, headers) => {
    const path = `/v1/archive?${query}${way === "format=text" ? "&format=text" : ""}`;
    const response = await get(path, headers);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      vary: expect.stringContaining("Accept"),
    });
    const lines = (await response.text()).split("\n");
    expect(lines).toEqual([
      `https://candlehouse.test/v1/archive/${files[0]?.key}`,
      `https://candlehouse.test/v1/archive/${files[1]?.key}`,
      "",
    ]);
    const { pathname } = new URL(lines[0] ?? "");
    expect(new Uint8Array(await (await get(pathname)).arrayBuffer())).toEqual(whole);
  });

  test("is empty where no file has to be read", async () => {
    const response = await get("/v1/archive?format=text&end=1999-01-01");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("has all files, though a page would not", async () => {
    const response = await get("/v1/archive?format=text");
    expect((await response.text()).trim().split("\n")).toHaveLength(files.length);
  });

  test("says what to do where there are too many", async () => {
    await env.DB.prepare(
      `INSERT INTO archive_files SELECT source, symbol, '5m', partition, n.value || archive_files.key, 'deleting',
         format, rows, first_timestamp, last_timestamp, bytes, footer_length, content_hash, file_hash,
         footer_hash, day_counts, created_at, replaced_at, verified_at, damage
       FROM archive_files JOIN json_each(?) AS n WHERE archive_files.key = ?`,
    )
      .bind(JSON.stringify(Array.from({ length: 10_001 }, (_, index) => index)), files[0]?.key)
      .run();
    const problem = await problemOf("/v1/archive?format=text&state=deleting");
    expect(problem).toMatchObject({ status: 413, code: "payload_too_large" });
    expect(problem.detail).toContain("format=json");
  });

  test("gives way to format=json", async () => {
    const response = await get(`/v1/archive?${query}&format=json`, { accept: "text/plain" });
    expect(response.headers.get("content-type")).toBe("application/json");
  });
});

/** Where the first file is, once it is put. */
const path = () => `/v1/archive/${files[0]?.key}`;

describe("GET /v1/archive/{key}", () => {
  test("is the file, with its hash as entity tag, to be asked for again by that", async () => {
    const response = await get(path());
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/vnd.apache.parquet",
      "content-length": String(whole.length),
      "accept-ranges": "bytes",
      "cache-control": "public, no-cache",
      etag: `"${files[0]?.fileHash}"`,
      "access-control-allow-origin": "*",
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(whole);
    const encoded = await get(path().replaceAll("=", "%3D"));
    expect(encoded.status).toBe(200);
    await encoded.arrayBuffer();
  });

  test.each([
    ["bytes=0-3", 0, 4],
    ["bytes=4-", 4, undefined],
    ["bytes=-8", -8, undefined],
    ["bytes=100-199", 100, 200],
    ["bytes=5-99999999", 5, undefined],
  ])("answers the range %s", async (range, from, to) => {
    const response = await get(path(), { range });
    const expected = whole.slice(from, to);
    const first = from < 0 ? whole.length + from : from;
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(
      `bytes ${first}-${first + expected.length - 1}/${whole.length}`,
    );
    expect(response.headers.get("content-length")).toBe(String(expected.length));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(expected);
  });

  test("answers 416 to a range that is not there, and says how long the file is", async () => {
    const response = await get(path(), { range: `bytes=${whole.length}-` });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${whole.length}`);
  });

  test.each(["bytes=9-3", "bytes=0-1,4-5", "chapters=1-2"])(
    "answers all of it where the range is %s",
    async (range) => {
      const response = await get(path(), { range });
      expect(response.status).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBe(whole.length);
    },
  );

  test("answers a range with If-Range where the client has a part of this file, else all", async () => {
    const etag = `"${files[0]?.fileHash}"`;
    const conditions: [string, number][] = [
      [etag, 206],
      [`W/${etag}`, 200],
      ['"other"', 200],
      ["Wed, 21 Oct 2015 07:28:00 GMT", 200],
    ];
    for (const [condition, status] of conditions) {
      const response = await get(path(), { range: "bytes=0-3", "if-range": condition });
      expect(response.status).toBe(status);
      await response.arrayBuffer();
    }
  });

  test("answers 412 to who wants another file", async () => {
    const etag = `"${files[0]?.fileHash}"`;
    expect((await get(path(), { "if-match": '"other"' })).status).toBe(412);
    const same = await get(path(), { "if-match": `"other", ${etag}`, range: "bytes=0-3" });
    expect(same.status).toBe(206);
    await same.arrayBuffer();
  });

  test("says so where the file is known to be damaged, instead of answering with its bytes", async () => {
    const damage = "bytes 4 to 99 are not what was written";
    const note = "UPDATE archive_files SET damage = ?1 WHERE key = ?2";
    await env.DB.prepare(note).bind(damage, files[0]?.key).run();
    expect(await problemOf(path())).toMatchObject({
      status: 500,
      code: "archive_damaged",
      detail: expect.stringContaining(damage),
    });
    await env.DB.prepare(note).bind(null, files[0]?.key).run();
  });

  test("answers 304 to who has it, without asking the bucket", async () => {
    const etag = `"${files[0]?.fileHash}"`;
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const bucket = new CountingBucket();
      const headers = { "if-none-match": tag, range: "bytes=0-3" };
      const response = await getWith(path(), { BUCKET: bucket }, headers);
      expect(response.status).toBe(304);
      expect(response.headers.get("etag")).toBe(etag);
      expect(response.headers.get("cache-control")).toBe("public, no-cache");
      expect([bucket.reads.length, bucket.others]).toEqual([0, 0]);
    }
    const other = await get(path(), { "if-none-match": '"other"' });
    expect(other.status).toBe(200);
    await other.arrayBuffer();
  });

  test("answers HEAD as GET, without reading the file", async () => {
    const request = new Request(`https://candlehouse.test${path()}`, {
      method: "HEAD",
      headers: { range: "bytes=0-3" },
    });
    const response = await exports.default.fetch(request);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe(String(whole.length));
    expect(response.headers.get("etag")).toBe(`"${files[0]?.fileHash}"`);
  });

  test("is read by a Parquet client over HTTP, by ranges alone", async () => {
    const ranges: (string | null)[] = [];
    const fetchFromWorker: typeof fetch = (input, init) => {
      const request = new Request(input, init);
      ranges.push(request.headers.get("range"));
      return exports.default.fetch(request);
    };
    const file = await asyncBufferFromUrl({
      url: `https://candlehouse.test${path()}`,
      fetch: fetchFromWorker,
    });
    expect(file.byteLength).toBe(whole.length);
    const rows = await parquetReadObjects({
      file,
      columns: ["timestamp", "trades"],
      compressors: DECOMPRESSORS,
    });
    expect(rows).toHaveLength(31);
    expect(rows[0]?.["timestamp"]).toEqual(new Date(JANUARY * 1_000));
    expect(ranges.slice(1).every((range) => range !== null)).toBe(true);
  });

  test.each([
    "/v1/archive/",
    "/v1/archive/dead-letters/2024/a.json",
    "/v1/archive/candles/../dead-letters/a",
    "/v1/archive/%E0%A4%A",
    "/v1/archive/candles/source=binance/symbol=BTC-USDT/timeframe=1m/year=2024/month=01/none.parquet",
  ])("%s is a 404 problem", async (unknown) => {
    expect(await problemOf(unknown)).toMatchObject({ status: 404, code: "not_found" });
  });

  test("gives an object of the bucket only where the manifest names it", async () => {
    const key = files[0]?.key.replace(/[^/]+$/, "unnamed.parquet") ?? "";
    await env.BUCKET.put(key, whole);
    expect(await problemOf(`/v1/archive/${key}`)).toMatchObject({ status: 404 });
  });

  test("is a problem where the object is missing or cut", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const key = files[1]?.key ?? "";
    await env.BUCKET.put(key, whole.slice(0, 50));
    for (const range of ["bytes=0-3", "bytes=60-70"]) {
      const problem = await problemIn(await get(`/v1/archive/${key}`, { range }));
      expect(problem).toMatchObject({ status: 500, code: "archive_damaged", key });
      expect(problem.detail).toContain("50 bytes");
    }
    await env.BUCKET.delete(key);
    const problem = await problemOf(`/v1/archive/${key}`);
    expect(problem.detail).toContain("the object is missing");
    expect(error).toHaveBeenCalledTimes(3);
  });
});
