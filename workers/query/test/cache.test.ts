import type { Series } from "@candlehouse/shared/core/series";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { createApp, type App } from "../src/app.ts";
import { EdgeCache, type CacheKey, type KeptAnswer } from "../src/edge-cache.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

/** 2024-01-20; each test has a market of its own, as nothing is ever taken out of a cache. */
const START = Date.UTC(2024, 0, 20) / 1_000;
const ROWS = 60;
const RANGE = `start=${START}&end=${START + ROWS * 60}`;
const HIT = "cache;desc=hit";

let markets = 0;
let market: Series;
let path: string;

beforeEach(async () => {
  markets += 1;
  market = { source: "binance", symbol: `M${markets}${Date.now()}-USDT`, timeframe: "1m" };
  path = `/v1/candles?series=binance:${market.symbol}:1m&${RANGE}`;
  await storeCandles(
    market,
    Array.from({ length: ROWS }, (_, index) => candleAt(START + index * 60)),
  );
});

/** A database and a bucket that nobody may ask. */
const SILENT = {
  DB: {
    prepare(): never {
      throw new Error("the database is asked");
    },
    batch(): never {
      throw new Error("the database is asked");
    },
  },
  BUCKET: {
    get(): never {
      throw new Error("the bucket is asked");
    },
  },
};

/** The answer of `app`, once all that outlives the request is done. */
async function ask(
  app: App,
  asked: string,
  headers: Record<string, string> = {},
  stores: object = {},
  method = "GET",
): Promise<Response> {
  const context = createExecutionContext();
  const url = `https://candlehouse.test${asked}`;
  const request = new Request(url, { method, headers });
  const response = await app.fetch(request, { ...env, ...stores }, context);
  await waitOnExecutionContext(context);
  return response;
}

/** An app whose isolate has just begun: its memory is empty, the cache of the data centre is not. */
function freshApp(): App {
  return createApp(new EdgeCache(caches.default));
}

describe("an answer that never changes", () => {
  test.each(["the same isolate", "another one"])(
    "is given again by %s, and no store is asked",
    async (isolate) => {
      const app = freshApp();
      const first = await ask(app, path);
      expect(first.headers.get("server-timing")).toMatch(/^cache;desc=miss, d1;dur=/);
      const text = await first.text();
      const next = isolate === "another one" ? freshApp() : app;
      const second = await ask(next, path, {}, SILENT);
      expect(second.headers.get("server-timing")).toBe(HIT);
      expect(await second.text()).toBe(text);
      for (const [name, value] of first.headers) {
        const expected = name === "server-timing" ? HIT : value;
        expect([name, second.headers.get(name)]).toEqual([name, expected]);
      }
    },
  );

  test("is the same however it is asked for", async () => {
    const app = freshApp();
    const text = await (await ask(app, path)).text();
    const { symbol } = market;
    for (const spelling of [
      `/v1/candles?end=${START + ROWS * 60}&start=2024-01-20&timeframe=1m&symbol=${symbol}&source=binance`,
      `${path}&limit=1000&format=json&fill=none&revisions=first&shape=rows&incomplete=mark`,
      path.replace(String(START), `${START}000`),
    ]) {
      const again = await ask(app, spelling, {}, SILENT);
      expect(again.headers.get("server-timing")).toBe(HIT);
      expect(await again.text()).toBe(text);
    }
  });

  test("is another one in another format, shape or limit", async () => {
    const app = freshApp();
    await ask(app, path);
    const bodies = new Set<string>();
    for (const other of [
      "&format=csv",
      "&shape=columns",
      "&limit=999",
      "&interval=3m",
      "&fill=zero",
    ]) {
      const response = await ask(app, path + other);
      expect(response.headers.get("server-timing")).toMatch(/^cache;desc=miss/);
      bodies.add(await response.text());
      const again = await ask(app, path + other, {}, SILENT);
      expect(again.headers.get("server-timing")).toBe(HIT);
      expect(bodies.has(await again.text())).toBe(true);
    }
    expect(bodies.size).toBe(5);
    const accepted = await ask(app, path, { accept: "text/csv" }, SILENT);
    expect(accepted.headers.get("content-type")).toContain("text/csv");
  });

  test.each([
    ["gzip", (bytes: Uint8Array) => gunzipSync(bytes)],
    ["zstd", (bytes: Uint8Array) => zstdDecompressSync(bytes)],
  ])("is sent in %s from one entry, with its own tag", async (encoding, decode) => {
    const app = freshApp();
    const whole = await ask(app, path, { "accept-encoding": encoding });
    const etag = whole.headers.get("etag") ?? "";
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(etag).toMatch(new RegExp(`-${encoding}"$`));
    for (const next of [freshApp(), app, app]) {
      const again = await ask(next, path, { "accept-encoding": encoding }, SILENT);
      expect(again.headers.get("content-encoding")).toBe(encoding);
      expect(again.headers.get("etag")).toBe(etag);
      expect(again.headers.get("vary")).toBe("Accept, Accept-Encoding");
      expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true);
    }
    const plain = await ask(app, path, {}, SILENT);
    expect(plain.headers.get("etag")).toBe(etag.replace(`-${encoding}`, ""));
    expect(plain.headers.get("vary")).toBe("Accept, Accept-Encoding");
    expect(decode(bytes).toString()).toBe(await plain.text());
  });

  test("is a 304 to who has it, and a HEAD without a body", async () => {
    const app = freshApp();
    const etag = (await ask(app, path)).headers.get("etag") ?? "";
    const same = await ask(app, path, { "if-none-match": etag }, SILENT);
    expect(same.status).toBe(304);
    expect(same.headers.get("cache-control")).toContain("immutable");
    expect(same.headers.get("server-timing")).toBe(HIT);
    const gzip = { "if-none-match": etag, "accept-encoding": "gzip" };
    expect((await ask(app, path, gzip, SILENT)).status).toBe(200);
    const head = await ask(app, path, {}, SILENT, "HEAD");
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
  });

  test("is read anew for who reloads past caches", async () => {
    const app = freshApp();
    await ask(app, path);
    for (const reload of ["no-cache", "No-Cache", "max-age=0", "no-store"]) {
      const reloaded = await ask(app, path, { "cache-control": reload });
      expect(reloaded.headers.get("server-timing")).toMatch(/^cache;desc=miss/);
    }
    for (const other of ["max-age=60", "only-if-cached", "x-no-cache"]) {
      const again = await ask(app, path, { "cache-control": other }, SILENT);
      expect(again.headers.get("server-timing")).toBe(HIT);
    }
  });

  test("is JSON for who likes it more than CSV, kept or not", async () => {
    const app = freshApp();
    for (const accept of ["*/*, text/csv;q=0.1", "text/csv;q=0", "text/csv;q=0, */*"]) {
      const response = await ask(app, path, { accept });
      expect(response.headers.get("content-type")).toBe("application/json");
    }
  });
});

/** A clock of the Worker that stands still, as far as a test can tell. */
function at(seconds: number): object {
  return {
    CLOCK: JSON.stringify({ realMs: Date.now(), shownMs: seconds * 1_000 + 1, speed: 1e-9 }),
  };
}

describe("an answer that was rolled up", () => {
  const NOW = START + 86_400;
  const HOUR = 3_600;
  let rolled: string;

  beforeEach(() => {
    rolled = `${path}&interval=3m`;
  });

  test("is kept for an hour and no longer, and says how much of it is left", async () => {
    const app = freshApp();
    const first = await ask(app, rolled, {}, at(NOW));
    expect(first.headers.get("cache-control")).toBe("public, max-age=3600");
    expect(await first.json()).toMatchObject({ meta: { complete: true } });
    for (const [isolate, encoding] of [
      [app, "identity"],
      [freshApp(), "identity"],
      [freshApp(), "gzip"],
      [app, "zstd"],
    ] as const) {
      const headers = { "accept-encoding": encoding };
      const early = await ask(isolate, rolled, headers, { ...SILENT, ...at(NOW + 600) });
      expect(early.headers.get("server-timing")).toBe(HIT);
      expect(early.headers.get("cache-control")).toBe("public, max-age=3000");
      const last = await ask(isolate, rolled, headers, { ...SILENT, ...at(NOW + HOUR - 1) });
      expect(last.headers.get("cache-control")).toBe("public, max-age=1");
    }
    for (const [isolate, when] of [
      [app, NOW + HOUR],
      [freshApp(), NOW + 2 * HOUR],
    ] as const) {
      const late = await ask(isolate, rolled, { "accept-encoding": "gzip" }, at(when));
      expect(late.headers.get("server-timing")).toMatch(/^cache;desc=miss/);
      expect(late.headers.get("cache-control")).toBe("public, max-age=3600");
    }
  });

  test("is a 304 to who has it, and a HEAD without a body, with the time that is left", async () => {
    const app = freshApp();
    const etag = (await ask(app, rolled, {}, at(NOW))).headers.get("etag") ?? "";
    const later = { ...SILENT, ...at(NOW + 3_000) };
    const same = await ask(app, rolled, { "if-none-match": etag }, later);
    expect([same.status, same.headers.get("cache-control")]).toEqual([304, "public, max-age=600"]);
    const head = await ask(app, rolled, {}, later, "HEAD");
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
  });

  test("takes the place of all forms of the one before, where it is read anew", async () => {
    const app = freshApp();
    const gzip = { "accept-encoding": "gzip, identity;q=0" };
    await ask(app, rolled, {}, at(NOW));
    const before = await (await ask(app, rolled, gzip, at(NOW))).arrayBuffer();
    await env.DB.prepare("UPDATE price_data SET close = 1 WHERE symbol = ?")
      .bind(market.symbol)
      .run();
    const anew = await ask(app, rolled, { "cache-control": "no-cache" }, at(NOW));
    expect(await anew.text()).toContain('"close":1,');
    const after = await ask(app, rolled, gzip, { ...SILENT, ...at(NOW) });
    const text = gunzipSync(new Uint8Array(await after.arrayBuffer())).toString();
    expect(text).not.toBe(gunzipSync(new Uint8Array(before)).toString());
    expect(text).toContain('"close":1,');
  });
});

describe("an answer that may change", () => {
  test.each([
    ["with a missing candle", `start=${START}&end=${START + ROWS * 60 + 60}`],
    ["of a range without an end", `start=${START}`],
    ["of the newest candles", "limit=5"],
    ["of a page that another one follows", `${RANGE}&limit=10`],
    ["of a range that is not over", `start=${START}&end=2999-01-01`],
    ["of revisions", `${RANGE}&revisions=latest`],
  ])("%s is not kept", async (_, times) => {
    const app = freshApp();
    const asked = `/v1/candles?series=binance:${market.symbol}:1m&${times}`;
    const first = await ask(app, asked);
    expect([first.status, first.headers.get("cache-control")]).toEqual([200, "public, max-age=5"]);
    await storeCandles(market, [candleAt(START + ROWS * 60)]);
    const second = await ask(app, asked);
    expect([second.status, second.headers.get("server-timing")]).toEqual([
      200,
      expect.not.stringContaining("hit"),
    ]);
  });

  test("is a problem, which is not kept either", async () => {
    const app = freshApp();
    const later = { ...market, symbol: market.symbol.replace("M", "L") };
    const asked = `/v1/candles?series=binance:${later.symbol}:1m&${RANGE}`;
    expect((await ask(app, asked)).status).toBe(404);
    await storeCandles(later, [candleAt(START)]);
    expect((await ask(app, asked)).status).toBe(200);
  });
});

describe("a cache that fails", () => {
  test("costs a read, and the log says so", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = new EdgeCache({
      match: () => Promise.reject(new Error("match is broken")),
      put: () => Promise.reject(new Error("put is broken")),
    });
    const response = await ask(createApp(broken), path);
    expect(response.status).toBe(200);
    const lines = error.mock.calls.map(([line]) => JSON.parse(String(line)));
    error.mockRestore();
    expect(lines).toEqual([
      expect.objectContaining({ event: "handler.failed", reason: "Error: match is broken" }),
      expect.objectContaining({ event: "handler.failed", reason: "Error: put is broken" }),
    ]);
  });
});

function answer(bytes: number): KeptAnswer {
  return { bytes: new Uint8Array(bytes), headers: {}, until: Infinity };
}

function key(name: string): CacheKey {
  return { url: "https://candlehouse.test/", name };
}

describe("the memory of an isolate", () => {
  const MB = 1_024 * 1_024;

  test("lets go of what was longest not asked for", () => {
    const cache = new EdgeCache(caches.default);
    for (let index = 0; index < 4; index += 1) {
      cache.remember(key(`a${index}`), "gzip", answer(2 * MB));
    }
    expect(cache.recall(key("a0"), "gzip", 0)).toBeDefined();
    cache.remember(key("b"), "gzip", answer(MB));
    expect(cache.recall(key("a0"), "gzip", 0)).toBeDefined();
    expect(cache.recall(key("a1"), "gzip", 0)).toBeUndefined();
    expect(cache.recall(key("b"), "gzip", 0)).toBeDefined();
  });

  test("keeps an answer once, and none that is very long", () => {
    const cache = new EdgeCache(caches.default);
    for (let index = 0; index < 20; index += 1) {
      cache.remember(key("same"), "gzip", answer(2 * MB));
    }
    cache.remember(key("other"), "gzip", answer(2 * MB));
    expect(cache.recall(key("same"), "gzip", 0)).toBeDefined();
    expect(cache.recall(key("same"), "zstd", 0)).toBeUndefined();
    cache.remember(key("long"), "gzip", answer(2 * MB + 1));
    expect(cache.recall(key("long"), "gzip", 0)).toBeUndefined();
  });

  test("has no answer whose time is over, and room for another one", () => {
    const cache = new EdgeCache(caches.default);
    for (let index = 0; index < 4; index += 1) {
      cache.remember(key(`b${index}`), "gzip", { ...answer(2 * MB), until: 100 + index });
    }
    expect(cache.recall(key("b0"), "gzip", 99)).toBeDefined();
    expect(cache.recall(key("b0"), "gzip", 100)).toBeUndefined();
    expect(cache.recall(key("b0"), "gzip", 99)).toBeUndefined();
    cache.remember(key("c"), "gzip", answer(2 * MB));
    expect(cache.recall(key("b1"), "gzip", 100)).toBeDefined();
  });
});
