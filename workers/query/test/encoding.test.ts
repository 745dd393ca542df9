import type { Series } from "@candlehouse/shared/core/series";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { compress, compressStream } from "../src/compress.ts";
import { encodeAnswer } from "../src/encode-answers.ts";
import { getWith, textOf } from "./answers.ts";
import { putFiles } from "./archive.ts";
import { candleAt } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const START = Date.UTC(2024, 0, 20) / 1_000;
const ROWS = 12_000;
const PATH = `/v1/candles?series=binance:BTC-USDT:1m&start=${START}`;
const DAY = `${PATH}&end=${START + 86_400}&limit=1440`;

const BYTES_MAX = 16 * 1_024 * 1_024;
const DECODERS = {
  gzip: (bytes: Uint8Array) => gunzipSync(bytes),
  // One frame: of several, this decoder would pass over all but the first, as clients do.
  zstd: (bytes: Uint8Array) => zstdDecompressSync(bytes, { maxOutputLength: BYTES_MAX }),
};
const ENCODINGS = ["gzip", "zstd"] as const;

beforeAll(async () => {
  const candles = Array.from({ length: ROWS }, (_, index) =>
    candleAt(START + index * 60, { close: 27_500 + (index % 999) / 100, trades: index }),
  );
  await putFiles(BTC, candles);
});

/** The answer as it leaves the Worker: what calls one by its binding decodes gzip. */
function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return getWith(path, {}, headers);
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

describe("compression", () => {
  test.each(ENCODINGS)(
    "by %s loses nothing, however well bytes compress",
    async (encoding) => {
      const bytes = fc.tuple(
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 1, max: 256 }),
      );
      const property = fc.asyncProperty(bytes, async ([length, values]) => {
        const content = new Uint8Array(length);
        for (let start = 0; start < length; start += 65_536) {
          crypto.getRandomValues(content.subarray(start, start + 65_536));
        }
        const given = content.map((byte) => byte % values);
        const whole = await compress(given, encoding);
        expect(Buffer.from(given).equals(DECODERS[encoding](whole))).toBe(true);
        const streamed = compressStream(new Blob([given]).stream(), encoding);
        const pieces = new Uint8Array(await new Response(streamed).arrayBuffer());
        expect(Buffer.from(given).equals(DECODERS[encoding](pieces))).toBe(true);
      });
      await fc.assert(property, { numRuns: 15 });
    },
    30_000,
  );

  test.each(ENCODINGS)("by %s of a stream that fails, fails", async (encoding) => {
    const failing = new ReadableStream<Uint8Array>({
      pull() {
        throw new Error("the source is gone");
      },
    });
    const body = new Response(compressStream(failing, encoding));
    await expect(body.arrayBuffer()).rejects.toThrow("the source is gone");
  });
});

describe("an answer", () => {
  test.each(ENCODINGS)("in %s is the same, and a third as long", async (encoding) => {
    const plain = await get(DAY);
    const text = await plain.text();
    expect(plain.headers.has("content-encoding")).toBe(false);
    const encoded = await get(DAY, { "accept-encoding": encoding });
    expect(encoded.headers.get("content-encoding")).toBe(encoding);
    expect(encoded.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(encoded.headers.get("etag")).toBe(
      plain.headers.get("etag")?.replace(/"$/, `-${encoding}"`),
    );
    const bytes = await bytesOf(encoded);
    expect(bytes.length * 3).toBeLessThan(text.length);
    expect(new TextDecoder().decode(DECODERS[encoding](bytes))).toBe(text);
  });

  test.each(ENCODINGS)("that is a stream is encoded by %s as it goes", async (encoding) => {
    const plain = await textOf(await get(`${PATH}&format=csv`));
    expect(plain.split("\r\n")).toHaveLength(ROWS + 2);
    const encoded = await get(`${PATH}&format=csv`, { "accept-encoding": encoding });
    expect(encoded.headers.get("content-encoding")).toBe(encoding);
    expect(encoded.headers.has("etag")).toBe(false);
    const bytes = await bytesOf(encoded);
    expect(new TextDecoder().decode(DECODERS[encoding](bytes))).toBe(plain);
  });

  test("is not changed since where its tag is that of the same encoding, and no other", async () => {
    const tags = new Map<string, string>();
    for (const encoding of ["identity", ...ENCODINGS]) {
      const { headers } = await get(DAY, { "accept-encoding": encoding });
      tags.set(encoding, headers.get("etag") ?? "");
    }
    expect(new Set(tags.values()).size).toBe(3);
    for (const [asked, tag] of tags) {
      for (const encoding of tags.keys()) {
        const headers = { "accept-encoding": encoding, "if-none-match": tag };
        const { status, headers: said } = await get(DAY, headers);
        expect([encoding, asked, status]).toEqual([
          encoding,
          asked,
          encoding === asked ? 304 : 200,
        ]);
        expect(said.get("vary")).toBe("Accept, Accept-Encoding");
      }
    }
  });

  test("to HEAD says what GET says", async () => {
    const headers = { "accept-encoding": "gzip" };
    const head = await createApp().request(DAY, { method: "HEAD", headers }, env);
    const whole = await get(DAY, headers);
    expect(await head.text()).toBe("");
    for (const name of [
      "etag",
      "vary",
      "content-type",
      "content-encoding",
      "content-length",
      "cache-control",
    ]) {
      expect(whole.headers.has(name)).toBe(true);
      expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
    }
  });

  test.each(["json", "csv", "ndjson", "parquet", "arrow"])(
    "of %s that is a page says how long it is, encoded or not",
    async (format) => {
      for (const encoding of ["identity", ...ENCODINGS]) {
        const headers = { "accept-encoding": encoding };
        const whole = await get(`${DAY}&format=${format}`, headers);
        const { length } = await bytesOf(whole);
        expect(whole.headers.get("content-length")).toBe(String(length));
        const init = { method: "HEAD", headers };
        const head = await createApp().request(`${DAY}&format=${format}`, init, env);
        expect(head.headers.get("content-length")).toBe(String(length));
      }
    },
  );

  test("that is a long Parquet file says how long it is", async () => {
    const whole = await get(`${PATH}&format=parquet`);
    const { length } = await bytesOf(whole);
    expect(length).toBeGreaterThan(1_000);
    expect(whole.headers.get("content-length")).toBe(String(length));
  });

  test("that is short is sent as it is, but to who refuses that", async () => {
    const path = `${PATH}&limit=2`;
    const short = await get(path, { "accept-encoding": "gzip" });
    expect(short.headers.has("content-encoding")).toBe(false);
    expect(short.headers.get("vary")).toBe("Accept, Accept-Encoding");
    const refused = await get(path, { "accept-encoding": "gzip, identity;q=0" });
    expect(refused.headers.get("content-encoding")).toBe("gzip");
    const text = new TextDecoder().decode(gunzipSync(await bytesOf(refused)));
    expect(text).toBe(await short.text());
  });

  test("that is a short stream is sent as it is, a longer one is not", async () => {
    const request = new Request("https://candlehouse.test/", {
      headers: { "accept-encoding": "gzip" },
    });
    for (const [pieces, encoding] of [
      [0, null],
      [10, null],
      [11, "gzip"],
    ] as const) {
      const text = "x".repeat(100).repeat(pieces);
      const body = new Blob(Array.from({ length: pieces }, () => "x".repeat(100))).stream();
      const headers = { "content-type": "text/csv" };
      const answer = await encodeAnswer(request, new Response(body, { headers }));
      expect(answer.headers.get("content-encoding")).toBe(encoding);
      const bytes = await bytesOf(answer);
      const sent = encoding === null ? bytes : gunzipSync(bytes);
      expect(new TextDecoder().decode(sent)).toBe(text);
    }
  });

  test("of another route is encoded too, a file and a problem are not", async () => {
    const headers = { "accept-encoding": "gzip" };
    const document = await get("/health", { "accept-encoding": "gzip, identity;q=0" });
    expect(document.headers.get("content-encoding")).toBe("gzip");
    const file = await get(`${DAY}&format=parquet`, headers);
    expect(file.headers.has("content-encoding")).toBe(false);
    expect(file.headers.get("vary")).toBe("Accept");
    const problem = await get(`${PATH}&limit=0`, headers);
    expect(problem.headers.has("content-encoding")).toBe(false);
    expect(problem.status).toBe(400);
  });
});
