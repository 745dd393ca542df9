import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { revisionsSchema } from "../src/candle-schemas.ts";
import { get, problemOf, read } from "./answers.ts";
import { putFiles } from "./archive.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const PATH = "/v1/revisions?series=binance:BTC-USDT:1m";

/** The first is cold and long ago, the others hot. */
const COLD = Date.UTC(2023, 0, 5) / 1_000;
const HOT = Date.UTC(2024, 0, 20) / 1_000;
const SEEN_MS = (HOT + 86_400) * 1_000 + 250;

async function storeRevision(candle: Candle, seenAtMs: number): Promise<void> {
  await env.DB.prepare("INSERT INTO candle_revisions VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
    .bind(BTC.source, BTC.symbol, BTC.timeframe, candle.timestamp, seenAtMs, ...valuesOf(candle))
    .run();
}

function valuesOf({ open, high, low, close, volume_from, volume_to, trades }: Candle) {
  return [open, high, low, close, volume_from, volume_to, trades];
}

function withoutTime({ timestamp: _timestamp, ...values }: Candle) {
  return values;
}

beforeAll(async () => {
  await collectSeries({ ...BTC, symbol: "ETH-USDT" });
  await putFiles(BTC, [candleAt(COLD), candleAt(COLD + 60)]);
  await storeCandles(BTC, [candleAt(HOT), candleAt(HOT + 60)]);
  await storeRevision(candleAt(HOT + 60, { close: 27_507 }), SEEN_MS + 1_000);
  await storeRevision(candleAt(HOT + 60, { close: "27506.123456789012345" }), SEEN_MS);
  await storeRevision(candleAt(COLD, { volume_from: null, trades: null }), SEEN_MS);
});

async function timesOf(times: string): Promise<number[]> {
  const { revisions } = await read(`${PATH}&${times}`, revisionsSchema);
  return revisions.map(({ timestamp }) => timestamp);
}

describe("GET /v1/revisions", () => {
  test("has each revision beside what is stored, hot or cold, in order", async () => {
    const { revisions, meta, next_cursor } = await read(PATH, revisionsSchema);
    const stored = withoutTime(candleAt(0));
    expect(revisions).toEqual([
      {
        timestamp: COLD,
        seen_at: SEEN_MS / 1_000,
        revised: withoutTime(candleAt(COLD, { volume_from: null, trades: null })),
        stored,
      },
      {
        timestamp: HOT + 60,
        seen_at: SEEN_MS / 1_000,
        revised: expect.objectContaining({ close: Number("27506.123456789012345") }),
        stored,
      },
      {
        timestamp: HOT + 60,
        seen_at: SEEN_MS / 1_000 + 1,
        revised: withoutTime(candleAt(0, { close: 27_507 })),
        stored,
      },
    ]);
    expect(meta).toEqual({ ...BTC, start: null, end: null, limit: 100, count: 3 });
    expect(next_cursor).toBeNull();
    expect(await (await get(PATH)).text()).toContain('"close":27506.123456789012345,');
  });

  test("goes from start, inclusive, to end, exclusive", async () => {
    expect(await timesOf(`start=${HOT + 60}`)).toEqual([HOT + 60, HOT + 60]);
    expect(await timesOf(`end=${HOT + 60}`)).toEqual([COLD]);
    expect(await timesOf(`start=${COLD + 1}&end=${HOT}`)).toEqual([]);
  });

  test("is paged between the revisions of one candle too", async () => {
    const seen: number[] = [];
    let cursor = "";
    for (;;) {
      const page = await read(`${PATH}&limit=1${cursor}`, revisionsSchema);
      seen.push(...page.revisions.map(({ seen_at }) => seen_at));
      if (page.next_cursor === null) {
        break;
      }
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual([SEEN_MS, SEEN_MS, SEEN_MS + 1_000].map((ms) => ms / 1_000));
    const { next_cursor } = await read(`${PATH}&limit=1`, revisionsSchema);
    const other = await problemOf(`${PATH}&start=${HOT}&cursor=${next_cursor}`);
    expect(other).toMatchObject({ status: 400, parameter: "cursor" });
  });

  test("as CSV has the stored values in columns of their own", async () => {
    const response = await get(`${PATH}&format=csv&limit=1`);
    expect(response.headers.get("content-type")).toContain("text/csv");
    expect(response.headers.get("x-next-cursor")).not.toBeNull();
    expect(await response.text()).toBe(
      `source,symbol,timeframe,timestamp,seen_at,open,high,low,close,volume_from,volume_to,trades,stored_open,stored_high,stored_low,stored_close,stored_volume_from,stored_volume_to,stored_trades\r\nbinance,BTC-USDT,1m,${COLD},${SEEN_MS / 1_000},27500.1,27510,27499.99,27505.5,,34375.125,,27500.1,27510,27499.99,27505.5,1.25,34375.125,42\r\n`,
    );
  });

  test("of a series without revisions is empty, of one that is not known a 404 problem", async () => {
    const none = await read("/v1/revisions?series=binance:ETH-USDT:1m", revisionsSchema);
    expect(none.revisions).toEqual([]);
    const problem = await problemOf("/v1/revisions?series=binance:ETH-USD:1m");
    expect(problem).toMatchObject({ status: 404, code: "not_found" });
  });
});
