import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { DECOMPRESSORS } from "@candlehouse/shared/r2/zstd";
import { tableFromIPC } from "@uwdata/flechette";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  oneSeriesColumnsSchema,
  oneSeriesSchema,
  severalSeriesColumnsSchema,
  severalSeriesSchema,
} from "../src/candle-schemas.ts";
import { get, read, textOf } from "./answers.ts";
import { putFiles } from "./archive.ts";
import { candleAt, storeCandles } from "./candle-rows.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
const ETH: Series = { source: "kraken", symbol: "ETH-USD", timeframe: "1m" };
const EXACT: Series = { source: "coinbase", symbol: "BTC-USD", timeframe: "1d" };

/** 2024-01-20; two hours of minutes, hot, of which ETH lacks the fourth to the sixth. */
const START = Date.UTC(2024, 0, 20) / 1_000;
const HOURS = { start: START, end: START + 7_200 };
const RANGE = `start=${HOURS.start}&end=${HOURS.end}`;
const BTC_PATH = "/v1/candles?series=binance:BTC-USDT:1m";
const BOTH = "/v1/candles?series=binance:BTC-USDT:1m&series=kraken:ETH-USD:1m";

const minutes = Array.from({ length: 120 }, (_, index) =>
  candleAt(START + index * 60, { close: 27_500 + (index % 9), trades: index }),
);
const exact = [
  candleAt(START, { open: "27500.123456789012345", volume_to: null }),
  candleAt(START + 86_400, { low: 1e-7, volume_from: "123456789012345678.9", trades: null }),
];

/** Cold, and longer than a page. */
const LONG: Series = { source: "binance", symbol: "LONG-USDT", timeframe: "1m" };
const LONG_ROWS = 25_000;
const long = Array.from({ length: LONG_ROWS }, (_, index) =>
  candleAt(START + index * 60, { close: 27_500 + (index % 999) / 100, trades: index }),
);
const LONG_PATH = `/v1/candles?series=binance:LONG-USDT:1m&start=${START}`;

beforeAll(async () => {
  await storeCandles(BTC, minutes);
  await storeCandles(
    ETH,
    minutes.filter((_, index) => index < 3 || index > 5),
  );
  await storeCandles(EXACT, exact);
  await putFiles(LONG, long);
});

async function bytesOf(response: Response): Promise<ArrayBuffer> {
  const problem = response.status === 200 ? null : await response.text();
  expect(problem).toBeNull();
  return response.arrayBuffer();
}

describe("JSON", () => {
  test("of an interval says what its candles were made of", async () => {
    const page = await read(`${BTC_PATH}&${RANGE}&interval=1h`, oneSeriesSchema);
    expect(page.meta).toMatchObject({
      source: "binance",
      symbol: "BTC-USDT",
      timeframe: "1h",
      from: ["1m"],
      interval: "1h",
      count: 2,
    });
    expect(
      page.candles.map(({ timestamp, missing, closed }) => [timestamp, missing, closed]),
    ).toEqual([
      [START, 0, true],
      [START + 3_600, 0, true],
    ]);
    expect(page.candles[0]).not.toHaveProperty("filled");
  });

  test("needs no timeframe where an interval is given", async () => {
    const named = await read(`${BTC_PATH}&${RANGE}&interval=1h`, oneSeriesSchema);
    for (const market of ["series=binance:BTC-USDT", "source=binance&symbol=BTC-USDT"]) {
      const page = await read(`/v1/candles?${market}&${RANGE}&interval=1h`, oneSeriesSchema);
      expect(page).toEqual(named);
    }
  });

  test("has a column a field where shape=columns", async () => {
    const asked = `${RANGE}&fill=null&indicators=sma:2`;
    const rows = await read(`${BOTH}&${asked}`, severalSeriesSchema);
    const page = await read(`${BOTH}&${asked}&shape=columns`, severalSeriesColumnsSchema);
    expect(page.meta).toEqual(rows.meta);
    expect(page.series.map(({ columns }) => rowsOf(columns))).toEqual(
      rows.series.map(({ candles }) => candles),
    );
    const one = await read(`${BTC_PATH}&${asked}&shape=columns`, oneSeriesColumnsSchema);
    expect(one.columns).toEqual(page.series[0]?.columns);
    expect(Object.keys(one.columns)).toEqual([...Object.keys(candleAt(START)), "filled", "sma_2"]);
  });

  test("marks what was filled", async () => {
    const path = `/v1/candles?series=kraken:ETH-USD:1m&${RANGE}`;
    const { candles, meta } = await read(`${path}&fill=prev`, oneSeriesSchema);
    expect(meta).toMatchObject({ fill: "prev", count: 120 });
    expect(candles.slice(2, 7).map(({ filled, open }) => [filled, open])).toEqual([
      [false, 27_500.1],
      [true, 27_502],
      [true, 27_502],
      [true, 27_502],
      [false, 27_500.1],
    ]);
  });

  test("says what was asked, and of a plain question nothing else", async () => {
    const asked = `${RANGE}&interval=1h&incomplete=drop&as_of=2024-06-01&indicators=macd,sma:3`;
    const { meta } = await read(`${BTC_PATH}&${asked}`, oneSeriesSchema);
    expect(meta).toMatchObject({
      incomplete: "drop",
      revisions: "latest",
      as_of: Date.UTC(2024, 5, 1) / 1_000,
      indicators: ["macd:12:26:9", "sma:3"],
    });
    const plain = await read(`${BTC_PATH}&${RANGE}`, oneSeriesSchema);
    expect(Object.keys(plain.meta)).toEqual([
      "source",
      "symbol",
      "timeframe",
      "start",
      "end",
      "limit",
      "count",
      "complete",
    ]);
  });
});

/** The rows of an answer with shape=columns. */
function rowsOf(columns: z.output<typeof oneSeriesColumnsSchema>["columns"]) {
  return columns.timestamp.map((_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values?.[row]])),
  );
}

describe("CSV and NDJSON", () => {
  test("have the columns that were asked for, and empty fields for null", async () => {
    const path = `/v1/candles?series=kraken:ETH-USD:1m&start=${START}&end=${START + 300}&fill=null&indicators=sma:2`;
    const csv = await (await get(`${path}&format=csv`)).text();
    const [header, first, , third, fourth] = csv.split("\r\n");
    expect(header).toBe(
      "source,symbol,timeframe,timestamp,open,high,low,close,volume_from,volume_to,trades,filled,sma_2",
    );
    expect(first).toBe(
      `kraken,ETH-USD,1m,${START},27500.1,27510,27499.99,27500,1.25,34375.125,0,false,`,
    );
    expect(third).toMatch(/,false,27501\.5$/);
    expect(fourth).toBe(`kraken,ETH-USD,1m,${START + 180},,,,,,,,true,`);
    const ndjson = (await textOf(await get(`${path}&format=ndjson`))).split("\n");
    expect(JSON.parse(ndjson[3] ?? "")).toMatchObject({ close: null, filled: true, sma_2: null });
  });

  test("of an interval are a stream where the range is longer than a page", async () => {
    const path = `${LONG_PATH}&interval=3m&indicators=sma:5&fill=prev&limit=1`;
    const pageless = path.replace("&limit=1", "&end=2030-01-01&format=ndjson");
    const lines = (await textOf(await get(pageless))).trimEnd().split("\n");
    expect(lines).toHaveLength(Math.ceil(LONG_ROWS / 3));
    const { candles } = await read(
      path.replace("limit=1", "limit=10000").concat("&end=2030-01-01"),
      oneSeriesSchema,
    );
    const name = { source: "binance", symbol: "LONG-USDT", timeframe: "3m" };
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      candles.map((candle) => ({ ...name, ...candle })),
    );
  });
});

/**
 * Candles in a Parquet file; times are unix seconds again. The reader multiplies a DECIMAL's integer
 * by a power of ten, which is right to 15 digits.
 */
async function readParquet(response: Response): Promise<Record<string, unknown>[]> {
  const bytes = await bytesOf(response);
  const rows = await parquetReadObjects({ file: bytes, compressors: DECOMPRESSORS });
  return rows.map((row) => ({
    ...Object.fromEntries(Object.entries(row).map(([name, value]) => [name, roundedOf(value)])),
    timestamp: Number(row["timestamp"]) / 1_000,
  }));
}

function roundedOf(value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(15)) : value;
}

describe("Parquet", () => {
  test("holds a page, with a file name and an entity tag", async () => {
    const response = await get(`${BTC_PATH}&${RANGE}&format=parquet`);
    expect(response.headers.get("content-type")).toBe("application/vnd.apache.parquet");
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="binance_BTC-USDT_1m_2024-01-20_2024-01-20.parquet"',
    );
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(response.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    expect(await readParquet(response)).toEqual(minutes);
  });

  test("holds a range that is longer than a page", async () => {
    const rows = await readParquet(await get(`${LONG_PATH}&format=parquet`));
    expect(rows).toEqual(long);
  });

  test("has decimals that hold every digit, and a type for each other column", async () => {
    const path = `/v1/candles?series=coinbase:BTC-USD:1d&start=${START}&format=parquet`;
    const { schema, key_value_metadata } = parquetMetadata(await bytesOf(await get(path)));
    const types = new Map(schema.map((element) => [element.name, element]));
    expect(types.get("open")?.logical_type).toMatchObject({ type: "DECIMAL", scale: 15 });
    expect(types.get("volume_from")?.logical_type).toMatchObject({ type: "DECIMAL", scale: 2 });
    expect(types.get("volume_to")?.repetition_type).toBe("OPTIONAL");
    expect(key_value_metadata).toContainEqual({ key: "series", value: "coinbase:BTC-USD:1d" });
    const made = parquetMetadata(
      await bytesOf(
        await get(`${BTC_PATH}&${RANGE}&interval=1h&fill=null&indicators=sma:2&format=parquet`),
      ),
    );
    expect(made.schema.slice(9).map(({ name, type }) => [name, type])).toEqual([
      ["missing", "INT32"],
      ["closed", "BOOLEAN"],
      ["filled", "BOOLEAN"],
      ["sma_2", "DOUBLE"],
    ]);
  });

  test("has nulls where fill=null left them", async () => {
    const path = `/v1/candles?series=kraken:ETH-USD:1m&start=${START}&end=${START + 300}`;
    const rows = await readParquet(await get(`${path}&fill=null&format=parquet`));
    expect(rows.map(({ close, filled }) => [close ?? null, filled])).toEqual([
      [27_500, false],
      [27_501, false],
      [27_502, false],
      [null, true],
      [null, true],
    ]);
  });

  test("of no candle is a file without rows", async () => {
    const response = await get(`${BTC_PATH}&start=2010-01-01&end=2010-01-02&format=parquet`);
    expect(await readParquet(response)).toEqual([]);
  });
});

/** Candles of an Arrow stream; times are unix seconds again. */
async function readArrow(response: Response): Promise<Record<string, unknown>[]> {
  const table = tableFromIPC(await bytesOf(response));
  return table.toArray().map((row) => ({
    ...row,
    timestamp: Number(row["timestamp"]) / 1_000,
  }));
}

describe("Arrow", () => {
  test("holds a page, in types that say what they are", async () => {
    const response = await get(`${BTC_PATH}&${RANGE}`, {
      accept: "application/vnd.apache.arrow.stream",
    });
    expect(response.headers.get("content-type")).toBe("application/vnd.apache.arrow.stream");
    expect(response.headers.get("content-disposition")).toContain(".arrows");
    const bytes = await bytesOf(response.clone());
    const { fields } = tableFromIPC(bytes).schema;
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(candleAt(START)));
    expect(fields[0]?.type).toMatchObject({ unit: 1, timezone: "UTC" });
    expect(await readArrow(response)).toEqual(minutes);
  });

  test("is a stream of batches where the range is longer than a page", async () => {
    const response = await get(`${LONG_PATH}&format=arrow`);
    expect(response.headers.has("etag")).toBe(false);
    expect(await readArrow(response)).toEqual(long);
  });

  test("names the series of each row where there are several", async () => {
    const rows = await readArrow(await get(`${BOTH}&${RANGE}&format=arrow`));
    expect(rows).toHaveLength(237);
    expect(rows[0]).toEqual({ ...BTC, ...minutes[0] });
    expect(rows.at(-1)).toEqual({ ...ETH, ...minutes.at(-1) });
  });

  test("has the columns that were asked for, and nulls", async () => {
    const path = `/v1/candles?series=kraken:ETH-USD:1m&start=${START}&end=${START + 300}`;
    const rows = await readArrow(await get(`${path}&fill=null&indicators=sma:2&format=arrow`));
    expect(rows.slice(2, 4)).toEqual([
      { ...minutes[2], filled: false, sma_2: 27_501.5 },
      {
        ...nullsOf(candleAt(START + 180)),
        timestamp: START + 180,
        filled: true,
        sma_2: null,
      },
    ]);
  });

  test("of no candle has the columns and no batch", async () => {
    const response = await get(`${BTC_PATH}&start=2010-01-01&end=2010-01-02&format=arrow`);
    expect(await readArrow(response)).toEqual([]);
  });
});

function nullsOf(candle: Candle): Record<string, null> {
  return Object.fromEntries(Object.keys(candle).map((name) => [name, null]));
}

describe("following cursors", () => {
  test("is the same in every format, of candles that were made", async () => {
    const asked = `${LONG_PATH}&interval=15m&indicators=sma:3&limit=700`;
    const whole = await read(asked.replace("limit=700", "limit=10000"), oneSeriesSchema);
    const found: unknown[] = [];
    let next: string | undefined = `${asked}&format=arrow`;
    while (next !== undefined) {
      const page = await get(next);
      next = /^<(.+)>; rel="next"$/.exec(page.headers.get("link") ?? "")?.[1];
      found.push(...(await readArrow(page)));
    }
    expect(found).toEqual(whole.candles);
  });

  test.each([
    ["interval", "&interval=5m"],
    ["fill", "&fill=zero"],
    ["indicators", "&indicators=sma:4"],
    ["revisions", "&revisions=latest"],
  ])("is refused with another %s", async (name, changed) => {
    const { next_cursor: cursor } = await read(`${LONG_PATH}&interval=3m&limit=2`, oneSeriesSchema);
    const path = changed.startsWith("&interval")
      ? `${LONG_PATH}${changed}`
      : `${LONG_PATH}&interval=3m${changed}`;
    const response = await get(`${path}&cursor=${cursor}`);
    const problem: { parameter: string; detail: string } = await response.json();
    expect([response.status, problem.parameter]).toEqual([400, "cursor"]);
    expect(problem.detail).toContain(`whose ${name} is`);
  });
});
