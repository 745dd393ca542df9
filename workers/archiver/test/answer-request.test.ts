import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import { afterEach, describe, expect, test, vi } from "vitest";
import { answerRequest } from "../src/answer-request.ts";
import { contextOf, type ArchiverContext } from "../src/context.ts";
import { archiveCandles, archiverAt, clearWarehouse, fileOf } from "./archiver-at.ts";
import { DUCKDB_FILE } from "./duckdb-file.ts";
import { candleAt, candlesAt, putHot, readAll, seriesOf, TODAY } from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");
const OF_SERIES = "source=binance&symbol=BTC-USDT&timeframe=1m";

afterEach(clearWarehouse);

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

async function ask(
  method: string,
  path: string,
  body?: BodyInit,
  context: ArchiverContext = archiverAt().context,
): Promise<Answer> {
  const request = new Request(`https://archiver${path}`, { method, body: body ?? null });
  const response = await answerRequest(request, context);
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    body: await response.json(),
  };
}

async function order(members: object): Promise<Answer["body"]> {
  return (await ask("POST", "/v1/archive/verify", JSON.stringify(members))).body;
}

describe("the archiver's addresses", () => {
  test("take a file, merge it through the real queue, and verify it", async () => {
    const context = { ...contextOf(env), realNowMs: archiverAt().context.realNowMs };
    const stored = await ask("POST", `/v1/fragments?${OF_SERIES}`, DUCKDB_FILE, context);
    expect(stored).toMatchObject({
      status: 200,
      body: { series: "binance:BTC-USDT:1m", rows: 10 },
    });
    await vi.waitFor(
      async () => {
        expect((await readAll(SERIES)).cold).toHaveLength(10);
      },
      { timeout: 10_000, interval: 50 },
    );
    const verified = await ask("POST", "/v1/archive/verify", "", context);
    expect(verified).toMatchObject({
      status: 200,
      type: "application/json; charset=utf-8",
      body: { partitions: 1, files: 1, damaged: [], chains: [], next: null },
    });
    expect(await ask("POST", "/v1/archive/rebuild", "{}", context)).toMatchObject({
      status: 200,
      body: { partitions: 1, kept: 1, damaged: [], next: null },
    });
  });

  test("start an archive run and tell how it is doing", async () => {
    await putHot(SERIES, candlesAt(0, 10));
    const started = await ask("POST", "/v1/archive/run", '{"series":"binance:BTC-USDT:1m"}');
    expect(started).toMatchObject({ status: 200, body: { started: 1 } });
    await putHot(seriesOf("ETH"), [youngCandle()]);
    const another = await ask("POST", "/v1/archive/run", '{"series":"binance:ETH-USDT:1m"}');
    expect(another).toMatchObject({ status: 200, body: { runs: [], started: 0, running: 0 } });
    const [id = ""] = started.body["runs"] as string[];
    await vi.waitFor(
      async () => {
        expect((await ask("GET", `/v1/archive/runs/${id}`)).body).toMatchObject({
          id,
          status: "complete",
        });
      },
      { timeout: 10_000, interval: 50 },
    );
    expect((await readAll(SERIES)).cold).toEqual(candlesAt(0, 10));
  });

  test("verify one series, one partition, and go on behind a position", async () => {
    await archiveCandles(SERIES, candlesAt(0, 10));
    const series = "binance:BTC-USDT:1m";
    expect(await order({ series })).toMatchObject({ files: 1 });
    expect(await order({ series, partition: "2026-10" })).toMatchObject({ files: 1 });
    expect(await order({ series, partition: "2026-09" })).toMatchObject({ files: 0 });
    expect(await order({ after: `${series}:2026-10` })).toMatchObject({ files: 0 });
    expect(await order({ after: null })).toMatchObject({ files: 1 });
  });
});

describe("a request that cannot be meant", () => {
  test.each<readonly [string, string, BodyInit | undefined, number, string]>([
    ["POST", "/v1/archive/run", "[]", 400, "body [] is not allowed"],
    ["POST", "/v1/archive/run", "{", 400, "it must be JSON"],
    ["POST", "/v1/archive/run", '{"series":1}', 400, "a series such as binance:BTC-USDT:1m"],
    ["POST", "/v1/archive/run", '{"all":true}', 400, "all true is not allowed: there are series"],
    ["POST", "/v1/archive/run", " ".repeat(64_001), 413, "the body has 64001 bytes"],
    ["POST", "/v1/archive/verify", '{"series":"BTC"}', 400, "a series such as binance:BTC-USDT:1m"],
    ["POST", "/v1/archive/verify", '{"partition":"2026-10"}', 400, "it needs series beside it"],
    [
      "POST",
      "/v1/archive/verify",
      '{"series":"binance:BTC-USDT:1h","partition":"2026-10"}',
      400,
      "a year such as 2026",
    ],
    [
      "POST",
      "/v1/archive/run",
      '{"series":"binance:NIX-USDT:1m"}',
      404,
      "there is no series binance:NIX-USDT:1m",
    ],
    [
      "POST",
      "/v1/archive/verify",
      '{"series":"binance:NIX-USDT:1m"}',
      404,
      "there is no series binance:NIX-USDT:1m",
    ],
    ["POST", "/v1/archive/verify", '{"after":"x"}', 400, "it must be next of an earlier answer"],
    ["POST", "/v1/archive/rebuild", '{"after":7}', 400, "it must be next of an earlier answer"],
    ["GET", "/v1/archive/runs/nobody", undefined, 404, "there is no archive run nobody"],
    ["GET", "/v1/archive/run", undefined, 405, "GET is not allowed at /v1/archive/run: POST are"],
    ["POST", "/v1/nothing", "", 404, "there is nothing at /v1/nothing"],
    ["POST", "/v1/fragments?source=mtgox", DUCKDB_FILE, 400, 'source "mtgox" is not allowed'],
    [
      "POST",
      "/v1/fragments?source=binance&symbol=XBT-USDT",
      DUCKDB_FILE,
      400,
      'symbol "XBT-USDT" is not allowed',
    ],
    [
      "POST",
      "/v1/fragments?source=binance&symbol=BTC-USDT",
      DUCKDB_FILE,
      400,
      "timeframe undefined is not allowed",
    ],
    ["POST", "/v1/fragments", DUCKDB_FILE, 422, "the file does not say whose candles it holds"],
    ["POST", `/v1/fragments?${OF_SERIES}`, "no Parquet", 422, "no Parquet file that can be read"],
    ["POST", `/v1/fragments?${OF_SERIES}`, "", 422, "no Parquet file that can be read"],
    [
      "POST",
      `/v1/fragments?${OF_SERIES}`,
      fileOf(seriesOf("ETH"), candlesAt(0, 1)),
      422,
      "the file holds binance:ETH-USDT:1m, while the address names binance:BTC-USDT:1m",
    ],
    [
      "POST",
      `/v1/fragments?${OF_SERIES}`,
      changed(fileOf(SERIES, candlesAt(0, 9))),
      422,
      "says in its metadata that it is a file of Candlehouse, but bytes 4 to",
    ],
    [
      "POST",
      `/v1/fragments?${OF_SERIES}`,
      new Uint8Array(16 * 1_024 * 1_024 + 1),
      413,
      "bytes, while up to 16777216 are allowed",
    ],
  ])(
    "%s %s gets an answer that says why, and changes nothing",
    async (method, path, body, status, detail) => {
      const answer = await ask(method, path, body);
      expect(answer).toMatchObject({ status, type: "application/problem+json" });
      expect(answer.body["detail"]).toContain(detail);
      expect((await env.BUCKET.list()).objects).toEqual([]);
      expect(errors).not.toHaveBeenCalled();
    },
  );

  test("is answered 503 while the queue is away, and stands in the log", async () => {
    const { context } = archiverAt();
    vi.spyOn(context.compaction, "sendBatch").mockRejectedValue(new Error("queue says no"));
    const answer = await ask("POST", `/v1/fragments?${OF_SERIES}`, DUCKDB_FILE, context);
    expect(answer).toMatchObject({ status: 503, body: { code: "queue_unavailable" } });
    expect(JSON.stringify(answer.body)).not.toContain("queue says no");
    expect(errors.mock.calls.join()).toContain("queue says no");
  });
});

/** A candle of the tests' today, which is hot. */
function youngCandle(): Candle {
  return { ...candleAt(0), timestamp: TODAY - 3_600 };
}

/** `bytes` with one of the first column's changed. */
function changed(bytes: Uint8Array): Uint8Array {
  const other = bytes.slice();
  other[30] = (other[30] ?? 0) ^ 1;
  return other;
}
