import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { answerRequest } from "../src/answer-request.ts";
import {
  clearAll,
  collect,
  DAY,
  gapRows,
  monitorAt,
  NOW,
  putHot,
  seriesOf,
  timesOf,
  TODAY,
} from "./holdings.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(clearAll);

const START = TODAY - DAY;
const HOLES = [
  [START + 600, START + 660],
  [START + 6_000, START + 6_120],
] as const;

async function ask(path: string, order: unknown, method = "POST", context = monitorAt()) {
  const body = method === "GET" ? null : typeof order === "string" ? order : JSON.stringify(order);
  const response = await answerRequest(
    new Request(`https://monitor${path}`, { method, body }),
    context,
  );
  const answer: Record<string, unknown> = await response.json();
  return { status: response.status, type: response.headers.get("content-type"), answer };
}

async function prepare(symbol = "BTC-USDT"): Promise<void> {
  await collect(seriesOf(symbol));
  await putHot(seriesOf(symbol), timesOf(START, NOW, HOLES));
}

describe("the monitor's addresses", () => {
  test("tell what waits in each queue, and since when by the system's clock", async () => {
    const before = Math.floor(Date.now() / 1_000);
    await env.COMPACTION_DLQ.send({ v: 1 });
    const queues = { candles: env.CANDLES, "compaction-dlq": env.COMPACTION_DLQ };
    // A clock that is a day ahead.
    const clock = { realMs: 0, shownMs: DAY * 1_000, speed: 1 };
    const { status, answer } = await ask("/v1/queues", null, "GET", {
      ...monitorAt(NOW, { queues, clock }),
      realNowMs: Date.now,
    });
    expect(status).toBe(200);
    expect(answer).toEqual({
      queues: [
        { queue: "candles", backlog_messages: 0, backlog_bytes: 0, oldest_message_at: null },
        {
          queue: "compaction-dlq",
          backlog_messages: 1,
          backlog_bytes: expect.any(Number),
          oldest_message_at: expect.any(Number),
        },
      ],
    });
    const [, waiting] = answer["queues"] as { oldest_message_at: number }[];
    expect((waiting?.oldest_message_at ?? 0) - DAY - before).toBeLessThan(10);
    expect((waiting?.oldest_message_at ?? 0) - DAY).toBeGreaterThanOrEqual(before);
  });

  test("scan a series and say what is missing", async () => {
    await prepare();
    const { status, answer } = await ask("/v1/gaps/scan", { series: "binance:BTC-USDT:1m" });
    expect(status).toBe(200);
    expect(answer).toEqual({
      series: 1,
      candles_missing: 3,
      candles_filled: 0,
      gaps: { open: 2, filled: 0, unfillable: 0, failed: 0 },
      classes: { collector_miss: 3 },
      errors: [],
      message:
        "1 series: 3 candles are missing in 2 gaps, of which 2 are open, 0 failed and 0 will not be filled; 0 were filled since the last scan",
      next: null,
    });
  });

  test("scan what a filter names, from a time to a time", async () => {
    await prepare();
    await prepare("ETH-USDT");
    const order = {
      source: "binance",
      symbol: "BTC-USDT",
      tier: 1,
      timeframe: "1m",
      start: new Date(START * 1_000).toISOString(),
      end: START + 700,
    };
    const { answer } = await ask("/v1/gaps/scan", order);
    // Days are scanned in whole.
    expect(answer).toMatchObject({ series: 1, candles_missing: 3 });
    expect((await ask("/v1/gaps/scan", { tier: 2 })).answer).toMatchObject({ series: 0 });
    expect((await ask("/v1/gaps/scan", { after: "binance:BTC-USDT:1m" })).answer).toMatchObject({
      series: 1,
      next: null,
    });
  });

  test("repair: say what would be begun, and then begin it", async () => {
    await prepare();
    await ask("/v1/gaps/scan", {});
    const dry = await ask("/v1/gaps/repair", { dry_run: true });
    expect(dry.answer).toMatchObject({ gaps: 2, candles: 3, backfills: [], dry_run: true });
    expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([0, 0]);
    const { status, answer } = await ask("/v1/gaps/repair", { series: "binance:BTC-USDT:1m" });
    expect([status, answer["gaps"], answer["candles"]]).toEqual([200, 2, 3]);
    expect(answer["backfills"]).toHaveLength(1);
    expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  test("repair one class, from a time on", async () => {
    await prepare();
    await ask("/v1/gaps/scan", {});
    const repaired = async (order: object) =>
      (await ask("/v1/gaps/repair", { dry_run: true, ...order })).answer["candles"];
    expect(await repaired({ class: "unknown" })).toBe(0);
    expect(await repaired({ class: "collector_miss", start: START + 700 })).toBe(2);
    expect(await repaired({ end: START + 700 })).toBe(1);
    expect(await repaired({ symbol: "ETH-USDT" })).toBe(0);
  });

  test("repair as much as an invocation may ask for, and then what is left", async () => {
    await prepare();
    await prepare("ETH-USDT");
    await ask("/v1/gaps/scan", {});
    const repair = async (left: number) => {
      const context = monitorAt(NOW, { calls: { left } });
      return (await ask("/v1/gaps/repair", {}, "POST", context)).answer;
    };
    expect(await repair(1)).toMatchObject({
      gaps: 2,
      backfills: [expect.anything()],
      message: expect.stringContaining("2 gaps are left to a later repair"),
    });
    expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([1, 1, 0, 0]);
    await repair(1);
    expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
  });

  test("repair: say that more gaps are left than were looked at", async () => {
    const starts = Array.from({ length: 10_001 }, (_, place) => place * 60);
    await env.DB.prepare(
      `INSERT INTO gaps SELECT 'binance', 'BTC-USDT', '1m', value, value + 60, 1, 1, 'rejected',
        'failed', '{}', 0, 0, 0 FROM json_each(?)`,
    )
      .bind(JSON.stringify(starts))
      .run();
    expect((await ask("/v1/gaps/repair", { dry_run: true })).answer).toMatchObject({
      gaps: 10_000,
      message: expect.stringContaining("at least 1 gaps are left to a later repair"),
    });
  });

  test.each([
    ["no JSON", () => new Response("<html>", { status: 502 }), "the producer answered 502"],
    ["nothing", () => Promise.reject(new Error("gone")), "the producer could not be asked"],
    ["busy", () => Response.json({ code: "busy" }, { status: 429 }), "the producer answered 429"],
  ])(
    "repair: a producer that answers %s keeps no other backfill from it",
    async (_, fetch, why) => {
      await prepare();
      await prepare("ETH-USDT");
      await ask("/v1/gaps/scan", {});
      let asked = 0;
      const producer = {
        fetch: (url: string, init: RequestInit) => {
          asked += 1;
          return asked === 1 ? fetch() : env.PRODUCER.fetch(url, init);
        },
      } as unknown as Fetcher;
      const { status, answer } = await ask(
        "/v1/gaps/repair",
        {},
        "POST",
        monitorAt(NOW, { producer }),
      );
      expect(status).toBe(200);
      expect(answer).toMatchObject({
        gaps: 2,
        errors: [{ series: "binance:BTC-USDT:1m", reason: expect.stringContaining(why) }],
      });
      // It may go well the next time: no attempt is counted.
      expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([0, 0, 1, 1]);
    },
  );

  test("say which backfill could not be begun", async () => {
    await prepare("NO-SUCH");
    await ask("/v1/gaps/scan", {});
    expect((await ask("/v1/gaps/repair", {})).answer).toMatchObject({
      gaps: 0,
      backfills: [],
      errors: [
        { series: "binance:NO-SUCH:1m", code: "source_unknown_symbol", reason: "no such market" },
      ],
      message: expect.stringContaining("the first because no such market"),
    });
    // It would be refused each time.
    expect((await gapRows()).map(({ attempts }) => attempts)).toEqual([1, 1]);
  });
});

describe("a request that cannot be meant", () => {
  test.each([
    ["POST", "/v1/gaps/scan", "{", 400, "it must be JSON"],
    ["POST", "/v1/gaps/scan", "[]", 400, "it must be a JSON object"],
    ["POST", "/v1/gaps/scan", '{"series":"BTC"}', 400, "a series such as binance:BTC-USDT:1m"],
    ["POST", "/v1/gaps/scan", '{"tier":5}', 400, "1 to 4"],
    ["POST", "/v1/gaps/scan", '{"start":"soon"}', 400, "ISO 8601"],
    ["POST", "/v1/gaps/scan", '{"start":1600000000,"end":1500000000}', 400, "after start"],
    ["POST", "/v1/gaps/scan", '{"all":1}', 400, "there are series, source"],
    [
      "POST",
      "/v1/gaps/scan",
      '{"series":"binance:BTC-USDT:1m","tier":1}',
      400,
      "binance:BTC-USDT:1m is asked for by its name",
    ],
    ["POST", "/v1/gaps/scan", '{"series":"binance:NIX-USDT:1m"}', 404, "there is no series"],
    ["POST", "/v1/gaps/scan", '{"after":"x"}', 400, "it must be next of an earlier answer"],
    ["POST", "/v1/gaps/scan", " ".repeat(64_001), 413, "the body has 64001 bytes"],
    ["POST", "/v1/gaps/repair", '{"class":"lost"}', 400, "one of no_trades"],
    ["POST", "/v1/gaps/repair", '{"dry_run":"yes"}', 400, "true or false"],
    ["GET", "/v1/gaps/scan", "", 405, "GET is not allowed"],
    ["POST", "/v1/gaps", "", 404, "there is nothing at /v1/gaps"],
  ])("%s %s %s gets an answer that says why", async (method, path, body, status, detail) => {
    const answered = await ask(path, body, method);
    expect(answered).toMatchObject({ status, type: "application/problem+json" });
    expect(answered.answer["detail"]).toContain(detail);
    expect(errors).not.toHaveBeenCalled();
  });

  test("is answered 503 while D1 is away, and stands in the log", async () => {
    const db = new Proxy(env.DB, {
      get: () => () => {
        throw new Error("D1_ERROR: away");
      },
    });
    const { status } = await ask("/v1/gaps/repair", {}, "POST", monitorAt(NOW, { db }));
    expect(status).toBe(503);
    expect(errors.mock.calls.join()).toContain("D1_ERROR: away");
  });
});
