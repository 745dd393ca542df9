import { describe, expect, test } from "vitest";
import { CandlehouseProblem, createClient } from "../src/index.ts";
import { answerWith, problem, type Reply } from "./answer-with.ts";

const BASE = "https://candles.example.com/house";

/** A page with one candle, whose quote volume has more digits than a number holds. */
const page = (timestamp: number, cursor: string | null) =>
  `{"candles":[{"timestamp":${timestamp},"open":1.50,"high":2,"low":1,"close":1.5,"volume_from":0.00000001,"volume_to":1234567890.123456789,"trades":3}],"next_cursor":${JSON.stringify(cursor)},"meta":{"source":"binance","symbol":"BTC-USDT","timeframe":"1m","start":null,"end":null,"limit":1000,"count":1,"complete":false}}`;

const text =
  (body: string): Reply =>
  () =>
    new Response(body);

const broken: Reply = () => {
  throw new TypeError("fetch failed");
};

function clientOf(...replies: readonly Reply[]) {
  const { asked, fetch } = answerWith(...replies);
  const client = createClient({ baseUrl: `${BASE}/`, key: "s3cret", fetch, retryDelaysMs: [1, 2] });
  return { asked, client };
}

async function taken<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

describe("a request", () => {
  test("names what is asked for, times in every form, and shows the key", async () => {
    const { asked, client } = clientOf(text(page(60, null)));
    const start = new Date(1_700_000_000_000);
    await client.candles({
      source: "binance",
      symbol: "BTC-USDT",
      timeframe: "1m",
      start,
      end: 1_700_000_600,
      limit: undefined,
    });
    expect(asked.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "GET /house/v1/candles?source=binance&symbol=BTC-USDT&timeframe=1m&start=2023-11-14T22%3A13%3A20.000Z&end=1700000600",
    ]);
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer s3cret");
  });

  test("names several series as often", async () => {
    const { asked, client } = clientOf(text('{"latest":[],"next_cursor":null,"meta":{"count":0}}'));
    await client.latest({ series: ["kraken:BTC-USD:1h", "binance:BTC-USDT:1h"] });
    expect(asked[0]?.target).toBe(
      "/house/v1/latest?series=kraken%3ABTC-USD%3A1h&series=binance%3ABTC-USDT%3A1h",
    );
  });

  test.each(["candles.example.com", "ftp://candles.example.com", ""])(
    "goes to no address such as %j",
    (baseUrl) => {
      expect(() => createClient({ baseUrl })).toThrow(TypeError);
    },
  );

  test("ends with its signal", async () => {
    const { asked, client } = clientOf(() => problem(503, { detail: "later" }));
    const controller = new AbortController();
    const asking = client.latest({}, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
    expect(asked.length).toBeLessThan(3);
  });
});

describe("a refusal", () => {
  test("is a problem with its code, its parameter and its sentence", async () => {
    const { asked, client } = clientOf(() =>
      problem(400, {
        detail: "limit is 0, here 1 to 9 go",
        code: "invalid_input",
        parameter: "limit",
      }),
    );
    const refused: unknown = await client.candles({ limit: 0 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CandlehouseProblem);
    expect(refused).toMatchObject({
      name: "CandlehouseProblem",
      message: "limit is 0, here 1 to 9 go",
      status: 400,
      code: "invalid_input",
      parameter: "limit",
      retryAfter: undefined,
    });
    expect(asked).toHaveLength(1);
  });

  test("that passes is asked for again, and its answer taken", async () => {
    const { asked, client } = clientOf(
      () => problem(503, { detail: "D1 is overloaded" }),
      () => problem(429, { detail: "slowly" }, { "retry-after": "0" }),
      text(page(60, null)),
    );
    const { candles } = await client.candles({ series: "binance:BTC-USDT:1m" });
    expect(candles.map(({ timestamp }) => timestamp)).toEqual([60]);
    expect(asked).toHaveLength(3);
  });

  test("that lasts is told after a bounded number of attempts", async () => {
    const { asked, client } = clientOf(() =>
      problem(
        503,
        { detail: "D1 is overloaded", code: "storage_unavailable" },
        { "retry-after": "0" },
      ),
    );
    await expect(client.latest()).rejects.toMatchObject({ status: 503, retryAfter: 0 });
    expect(asked).toHaveLength(3);
  });

  test("is waited for as long as Retry-After says", async () => {
    const { client } = clientOf(
      () => problem(429, { detail: "slowly" }, { "retry-after": "1" }),
      text(page(60, null)),
    );
    const startMs = performance.now();
    await client.candles({ series: "binance:BTC-USDT:1m" });
    expect(performance.now() - startMs).toBeGreaterThan(950);
  });

  test("of something in front of the system is told by its status", async () => {
    const { client } = clientOf(() => new Response("<h1>Forbidden</h1>", { status: 403 }));
    await expect(client.latest()).rejects.toMatchObject({
      name: "CandlehouseProblem",
      status: 403,
      message: "HTTP 403",
      code: undefined,
    });
  });
});

describe("a broken connection", () => {
  test("is told at once where nothing ever answered", async () => {
    const { asked, client } = clientOf(broken);
    await expect(client.latest()).rejects.toThrow("fetch failed");
    expect(asked).toHaveLength(1);
  });

  test("is asked for again where something did", async () => {
    const { asked, client } = clientOf(text(page(60, "a")), broken, text(page(120, null)));
    const candles = await taken(client.allCandles({ series: "binance:BTC-USDT:1m", start: 60 }));
    expect(candles.map(({ timestamp }) => timestamp)).toEqual([60, 120]);
    expect(asked).toHaveLength(3);
  });
});

describe("a list", () => {
  test("is followed from page to page with the same parameters", async () => {
    const { asked, client } = clientOf(text(page(60, "a/b")), text(page(120, null)));
    await taken(client.allCandles({ series: "binance:BTC-USDT:1m", start: 60, limit: 1 }));
    expect(asked.map(({ target }) => target)).toEqual([
      "/house/v1/candles?series=binance%3ABTC-USDT%3A1m&start=60&limit=1",
      "/house/v1/candles?series=binance%3ABTC-USDT%3A1m&start=60&limit=1&cursor=a%2Fb",
    ]);
  });

  test("asks for no page that nobody takes", async () => {
    const { asked, client } = clientOf(text(page(60, "a")));
    for await (const { timestamp } of client.allCandles({ series: "binance:A-B:1m", start: 0 })) {
      expect(timestamp).toBe(60);
      break;
    }
    expect(asked).toHaveLength(1);
  });
});

describe("several series", () => {
  test("have one shape, though one of them has another", async () => {
    const { client } = clientOf(text(page(60, null)));
    const { series, meta } = await client.candlesOfSeveral({ series: ["binance:BTC-USDT:1m"] });
    expect(series).toMatchObject([
      { source: "binance", symbol: "BTC-USDT", timeframe: "1m", candles: [{ timestamp: 60 }] },
    ]);
    expect(meta).toMatchObject({ limit: 1_000, count: 1 });
    expect(meta).not.toHaveProperty("source");
  });
});

describe("exact candles", () => {
  test("have every digit that was answered", async () => {
    const { client } = clientOf(text(page(60, null)));
    const { candles } = await client.exactCandles({ series: "binance:BTC-USDT:1m" });
    expect(candles).toEqual([
      {
        timestamp: 60,
        open: "1.50",
        high: "2",
        low: "1",
        close: "1.5",
        volume_from: "0.00000001",
        volume_to: "1234567890.123456789",
        trades: 3,
      },
    ]);
  });

  test("keep what is null", async () => {
    const { client } = clientOf(text(page(60, null).replace("1234567890.123456789", "null")));
    const candles = await taken(client.allExactCandles({ series: "binance:A-B:1m", start: 0 }));
    expect(candles[0]?.volume_to).toBeNull();
  });
});

describe("the raw routes", () => {
  test("send a body, repeat it, and return the problem", async () => {
    const { asked, client } = clientOf(
      () => problem(503, { detail: "not now" }),
      () => problem(401, { detail: "show a key", code: "unauthorized" }),
    );
    const { data, error, response } = await client.api.POST("/trigger", {
      body: { source: "kraken", symbol: "BTC-USD", timeframe: "1h" },
    });
    expect([data, error, response.status]).toMatchObject([
      undefined,
      { detail: "show a key" },
      401,
    ]);
    expect(asked.map(({ target, body }) => [target, body])).toEqual(
      Array.from({ length: 2 }, () => [
        "/house/trigger",
        '{"source":"kraken","symbol":"BTC-USD","timeframe":"1h"}',
      ]),
    );
    expect(asked[1]?.headers.get("authorization")).toBe("Bearer s3cret");
  });
});
