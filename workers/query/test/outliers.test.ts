import type { Series } from "@candlehouse/shared/core/series";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { outliersSchema } from "../src/routes/outliers.ts";
import { get, problemOf, read } from "./answers.ts";
import { storeCandles } from "./candle-rows.ts";
import { wanderingCandles } from "./wander.ts";

const HOUR = 3_600;
const START = Date.UTC(2023, 0, 2) / 1_000;
const SERIES: Series = { source: "coinbase", symbol: "BTC-USD", timeframe: "1h" };
const THIN: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1h" };
const PATH = "/v1/outliers?series=coinbase:BTC-USD:1h";
/** The hours whose closes are wrong. */
const BAD = [120, 300];
const at = (hour: number): number => START + hour * HOUR;

beforeAll(async () => {
  const closes = { 120: 5_200.00000001, 300: 80_000 };
  await storeCandles(SERIES, wanderingCandles(START, HOUR, 400, 20_000, closes));
  await storeCandles(THIN, wanderingCandles(START, HOUR, 1, 1_500));
});

/** The marked hours of an answer. */
async function hoursAt(query: string): Promise<number[]> {
  const { outliers } = await read(`${PATH}${query}`, outliersSchema);
  return [...new Set(outliers.map(({ timestamp }) => (timestamp - START) / HOUR))];
}

describe("GET /v1/outliers", () => {
  test("marks each value that its neighbours contradict, with what they say and how much", async () => {
    const { outliers, meta } = await read(
      `${PATH}&start=${at(100)}&end=${at(140)}`,
      outliersSchema,
    );
    expect(outliers.map(({ timestamp, field }) => [(timestamp - START) / HOUR, field])).toEqual([
      [120, "low"],
      [120, "close"],
      [121, "open"],
      [121, "low"],
    ]);
    expect(outliers[1]).toMatchObject({ value: 5_200.00000001 });
    expect(outliers[1]?.expected).toBeCloseTo(20_000, -3);
    expect(outliers[1]?.score).toBeLessThan(-15);
    expect(meta).toEqual({
      ...SERIES,
      from: ["1h"],
      start: at(100),
      end: at(140),
      threshold: 15,
      candles: 40,
    });
  });

  test("says the same of a candle wherever the range begins and ends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 398 }),
        fc.integer({ min: 1, max: 80 }),
        async (from, length) => {
          const until = Math.min(400, from + length);
          const whole = await read(`${PATH}&start=${START}`, outliersSchema);
          const part = await read(`${PATH}&start=${at(from)}&end=${at(until)}`, outliersSchema);
          expect(part.outliers).toEqual(
            whole.outliers.filter(
              ({ timestamp }) => timestamp >= at(from) && timestamp < at(until),
            ),
          );
        },
      ),
      { numRuns: 15, examples: [[120, 1]] },
    );
  });

  test("begins with the newest on request, and goes back to the start of the range", async () => {
    const range = `${PATH}&start=${at(50)}&end=${at(390)}`;
    const whole = await read(range, outliersSchema);
    const found: typeof whole.outliers = [];
    let looked = 0;
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = `${range}&order=newest&limit=70${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = await read(query, outliersSchema);
      found.push(...page.outliers);
      looked += page.meta.candles;
      cursor = page.next_cursor;
    }
    expect(looked).toBe(340);
    expect(found.map(({ timestamp }) => timestamp)).toEqual(
      whole.outliers.map(({ timestamp }) => timestamp).toReversed(),
    );
    expect(found.toSorted((a, b) => a.timestamp - b.timestamp)).toEqual(whole.outliers);
    const [first] = await hoursAt(`&start=${at(50)}&end=${at(390)}&order=newest&limit=100`);
    expect(first).toBe(301);
  });

  test("says what its parts cost, and how it came about", async () => {
    const response = await get(`${PATH}&interval=4h&limit=10`);
    await response.body?.cancel();
    expect(response.headers.get("server-timing")).toMatch(
      /^d1;dur=.*rows read, \d+ queries", r2;.*, serve;.*, encode;.*, plan;desc="1h to 4h, d1"$/,
    );
  });

  test("goes on by its cursor, and marks the same in pages of any length", async () => {
    const hours: number[] = [];
    let looked = 0;
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = `${PATH}&start=${START}&limit=70${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = await read(query, outliersSchema);
      hours.push(...page.outliers.map(({ timestamp }) => (timestamp - START) / HOUR));
      looked += page.meta.candles;
      cursor = page.next_cursor;
    }
    expect([...new Set(hours)]).toEqual([120, 121, 300, 301]);
    expect(looked).toBe(400);
  });

  test("looks at the newest candles where no start is given", async () => {
    expect(await hoursAt("&limit=120")).toEqual([300, 301]);
    expect(await hoursAt(`&limit=120&end=${at(200)}`)).toEqual([120, 121]);
  });

  test("marks less the higher the threshold is", async () => {
    expect(await hoursAt(`&start=${START}&threshold=1000`)).toEqual([]);
    expect(await hoursAt(`&start=${START}&threshold=8`)).toEqual([120, 121, 300, 301]);
  });

  test("looks at candles that are rolled up where an interval is given", async () => {
    const { outliers, meta } = await read(
      `${PATH}&start=${START}&interval=4h&threshold=12`,
      outliersSchema,
    );
    expect(meta).toMatchObject({ timeframe: "4h", from: ["1h"], candles: 100 });
    expect(outliers.map(({ timestamp }) => timestamp)).toContain(at(BAD[0] ?? 0));
  });

  test("is CSV on request, with the digits of the value", async () => {
    const response = await get(`${PATH}&start=${at(120)}&end=${at(121)}&format=csv`);
    expect(response.headers.get("content-type")).toContain("text/csv");
    const lines = (await response.text()).split("\r\n");
    expect(lines[0]).toBe("timestamp,field,value,expected,score");
    expect(lines[2]).toMatch(new RegExp(`^${at(120)},close,5200.00000001,\\d+(\\.\\d+)?,-\\d`));
    expect(lines).toHaveLength(4);
  });

  test("answers a series with a single candle, and a range without any", async () => {
    const one = await read("/v1/outliers?series=kraken:ETH-USD:1h", outliersSchema);
    expect([one.outliers, one.meta.candles]).toEqual([[], 1]);
    const none = await read(`${PATH}&start=${at(5_000)}`, outliersSchema);
    expect([none.outliers, none.meta.candles, none.next_cursor]).toEqual([[], 0, null]);
  });

  test.each([
    ["threshold=2", "threshold"],
    ["threshold=NaN", "threshold"],
    ["limit=10001", "limit"],
    ["interval=5m", "interval"],
    ["series=kraken:ETH-USD:1h", "series"],
    ["start=2024-01-01&end=2023-01-01", "start"],
    ["cursor=nonsense", "cursor"],
    ["fill=prev", "fill"],
  ])("refuses %s and names the parameter", async (query, parameter) => {
    expect(await problemOf(`${PATH}&${query}`)).toMatchObject({ status: 400, parameter });
  });

  test("refuses a request without a series", async () => {
    expect(await problemOf("/v1/outliers")).toMatchObject({ status: 400, parameter: "series" });
  });

  test("does not know a series of which there is nothing", async () => {
    const problem = await problemOf("/v1/outliers?series=kraken:NO-USD:1h");
    expect(problem.status).toBe(404);
  });
});
