import { env } from "cloudflare:workers";
import { candleValues, type Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { decodeCandle } from "@candlehouse/shared/queue/candle-message";
import { decodeWholeFile } from "@candlehouse/shared/r2/describe-file";
import { readWholeFile } from "@candlehouse/shared/r2/read-candle-file";
import { DECOMPRESSORS } from "@candlehouse/shared/r2/zstd";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { drawsOf } from "../../../tests/fuzz/draw.ts";
import { linesOf, readCsvPlainly, type PlainCandle } from "../../../tests/fuzz/plain-csv.ts";
import { plainDecimal } from "../../../tests/fuzz/plain-decimal.ts";
import { readParquetPlainly } from "../../../tests/fuzz/plain-parquet.ts";
import { archiveCandles, archiverAt, clearWarehouse, filesOf } from "./archiver-at.ts";
import { postImport, type ImportAnswer } from "./import-files.ts";
import { spoiltFile, type SpoiltFile } from "./spoilt-files.ts";
import { candlesAt, readAll, seriesOf, TODAY } from "./warehouse.ts";

/** Vitest lets no other variables into workerd than those that begin so. */
const SETTINGS = Object(Reflect.get(import.meta, "env")) as Readonly<Record<string, unknown>>;
/** Spoilt files in all. */
const FILES = Number(SETTINGS["VITE_FUZZ_FILES"] ?? 60);
/** The same one makes the same files again. */
const SEED = Number(SETTINGS["VITE_FUZZ_SEED"] ?? Date.now() % 2 ** 31);

/** Each has a series of its own; after so many of them the stores are emptied. */
const FILES_AT_A_TIME = 100;
/** A file takes some ten milliseconds; one that takes so long hangs. */
const FILE_MS_MAX = 10_000;
/** The first minute of the hot window: from there on rows go through the queue. */
const HOT_FROM = TODAY - 20 * 86_400;
const MINUTES_BEFORE_HOT = 20;

/** A row of the usual form: plain digits with a point, a time in seconds or microseconds. */
const USUAL_LINE = /^\d{10}(\d{6})?(,(\d{1,9}(\.\d{1,6})?)?)+$/;
const VOLUME_FROM = 4;
/** That a row without a header has at least. */
const COLUMNS = { kraken: 7, binance: 9 } as const;

vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(empty);

async function empty(): Promise<void> {
  await clearWarehouse();
  await env.DB.prepare("DELETE FROM jobs").run();
}

/** Candles about the begin of the hot window, or in the month of the archive's tests. */
function candlesOf(index: number): Candle[] {
  const isHot = index % 4 === 0;
  return candlesAt(0, 40).map((candle, minute) => ({
    ...candle,
    timestamp: isHot ? HOT_FROM + (minute - MINUTES_BEFORE_HOT) * 60 : candle.timestamp,
  }));
}

/** What was stored of `series`: in fragments, or handed to the queue. */
async function storedOf(
  series: Series,
  sent: ReturnType<typeof archiverAt>["candles"],
): Promise<PlainCandle[]> {
  const stored = sent.flatMap(({ candles }) => candles.map(decodeCandle));
  for (const file of await filesOf(series)) {
    stored.push(...decodeWholeFile(await readWholeFile(env.BUCKET, file), file.key).candles);
  }
  return stored.map((candle) => {
    const [timestamp, ...values] = candleValues(candle);
    return { timestamp, values: values.map(plainDecimal) };
  });
}

/** What is wrong with a stored candle, by rules written here once more. */
function faultOfCandle({ timestamp, values }: PlainCandle): string | undefined {
  const [open = 0, high = 0, low = 0, close = 0] = values.map(Number);
  const isTimed = timestamp % 60 === 0 && timestamp > 1_230_767_999 && timestamp + 60 <= TODAY;
  const isOrdered = low > 0 && low <= Math.min(open, close) && Math.max(open, close) <= high;
  const isPositive = values.every((value) => value === null || Number(value) >= 0);
  return isTimed && isOrdered && isPositive ? undefined : `stored ${textOf({ timestamp, values })}`;
}

function textOf({ timestamp, values }: PlainCandle): string {
  return [timestamp, ...values].join();
}

/** What a file holds by other readers than the product's, and what of it must be stored. */
interface PlainFile {
  readonly holds: (candle: PlainCandle) => boolean;
  readonly due: readonly PlainCandle[];
}

async function readPlainly(file: SpoiltFile): Promise<PlainFile> {
  if (file.format === "parquet") {
    return readParquet(file);
  }
  const places = file.format === "csv" ? undefined : file.format;
  // Nothing but what was zipped can have the checksum that stands in the archive.
  const csv = file.kind === "zip" ? file.sound : file.bytes;
  const rows = readCsvPlainly(csv, places);
  const held = new Set(rows.map(textOf));
  return { holds: (candle) => held.has(textOf(candle)), due: dueOf(csv, rows, places) };
}

/** The candles of lines of the usual form, whose times stand in the file once. */
function dueOf(
  csv: Uint8Array,
  rows: readonly PlainCandle[],
  places: "kraken" | "binance" | undefined,
): PlainCandle[] {
  const times = rows.map(({ timestamp }) => timestamp);
  const [first = "", ...others] = linesOf(csv);
  const needed = places === undefined ? first.split(",").length : COLUMNS[places];
  const isUsual = (line: string): boolean =>
    USUAL_LINE.test(line) && line.split(",").length >= needed;
  const header = places === undefined ? [first] : [];
  if (places !== undefined && !isUsual(first)) {
    return [];
  }
  const lines = (places === undefined ? others : [first, ...others]).filter(isUsual);
  return lines
    .flatMap((line) => readCsvPlainly(encoded([...header, line]), places))
    .filter((candle) => times.filter((time) => time === candle.timestamp).length === 1)
    .filter((candle) => isWhole(candle) && faultOfCandle(candle) === undefined);
}

function encoded(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join("\n"));
}

/** Whether it has all prices, and a count of trades that is one. */
function isWhole({ values }: PlainCandle): boolean {
  const trades = values.at(-1) ?? "0";
  return values.slice(0, VOLUME_FROM).every((value) => value !== null) && !trades.includes(".");
}

/**
 * A file of ours names the hash of its candles: what is taken of it may also be what it held before
 * it was spoilt, however another reader understands it now.
 */
async function readParquet({ kind, bytes, sound }: SpoiltFile): Promise<PlainFile> {
  const now = await readParquetPlainly(bytes, DECOMPRESSORS);
  const before = kind === "parquet" ? await readParquetPlainly(sound, DECOMPRESSORS) : [];
  if (kind === "duckdb" && now === undefined) {
    // A byte of a value that was not compressed may be changed beside one that the other reader
    // trips over: then nobody else says what the file holds, and the rules of a candle must do.
    return { holds: () => true, due: [] };
  }
  const rows = [...(now ?? []), ...(before ?? [])];
  const held = new Map<number, number[][]>();
  for (const row of rows) {
    const values = ["open", "high", "low", "close", "volume_from", "volume_to", "trades"].map(
      (name) => Number(row[name] ?? Number.NaN),
    );
    const seconds = secondsOf(row["timestamp"]);
    held.set(seconds, [...(held.get(seconds) ?? []), values]);
  }
  const holds = ({ timestamp, values }: PlainCandle): boolean =>
    (held.get(timestamp) ?? []).some((row) =>
      row.every((value, at) => isClose(values[at] ?? null, value)),
    );
  return { holds, due: [] };
}

function secondsOf(value: unknown): number {
  const milliseconds = value instanceof Date ? value.getTime() : Number(value);
  return milliseconds / 1_000;
}

/** The other reader makes doubles of decimals. */
function isClose(text: string | null, value: number): boolean {
  return text === null
    ? Number.isNaN(value)
    : Math.abs(Number(text) - value) <= 1e-12 * Math.abs(value);
}

/** What is wrong with how a file was taken. */
async function faultsOf(
  file: SpoiltFile,
  { status, report, detail }: ImportAnswer,
  stored: readonly PlainCandle[],
): Promise<string[]> {
  const faults = stored.flatMap((candle) => faultOfCandle(candle) ?? []);
  if (status !== 200) {
    const isRefused = status === 422 || status === 400;
    return [
      ...faults,
      ...(isRefused ? [] : [`answered ${status}: ${detail}`]),
      ...(stored.length === 0 ? [] : [`refused, and ${stored.length} rows are stored: ${detail}`]),
    ];
  }
  const { holds, due } = await readPlainly(file);
  const held = new Set(stored.map(textOf));
  return [
    ...faults,
    ...stored
      .filter((candle) => !holds(candle))
      .map((candle) => `the file does not hold ${textOf(candle)}`),
    ...due
      .filter((candle) => !held.has(textOf(candle)))
      .map((candle) => `not stored: ${textOf(candle)}; ${JSON.stringify(report.rejections)}`),
    ...(report.stored === stored.length
      ? []
      : [`says that it stored ${report.stored}, and stored ${stored.length}`]),
  ];
}

/** Imports file number `index`; what is wrong with that, and how many rows were stored. */
async function fuzz(index: number): Promise<{ faults: string[]; stored: number }> {
  const series = seriesOf(`F${index}`);
  const file = spoiltFile(drawsOf(SEED, index), series, candlesOf(index));
  const { context, candles } = archiverAt();
  const { symbol } = series;
  const name = file.format === "parquet" ? "some.parquet" : "some.csv";
  const query = `name=${name}&format=${file.format}&source=binance&symbol=${symbol}&timeframe=1m`;
  const startedMs = Date.now();
  const answer = await postImport(context, query, file.bytes);
  const tookMs = Date.now() - startedMs;
  const stored = await storedOf(series, candles);
  const faults = [
    ...(await faultsOf(file, answer, stored)),
    ...(tookMs > FILE_MS_MAX ? [`took ${tookMs} ms`] : []),
  ];
  const shown = file.format === "parquet" ? "" : `\n${new TextDecoder().decode(file.bytes)}`;
  return {
    faults: faults.map((fault) => `file ${index}, ${file.kind}: ${fault}${shown.slice(0, 1_500)}`),
    stored: stored.length,
  };
}

describe(`${FILES} spoilt files, VITE_FUZZ_SEED=${SEED}`, () => {
  test(
    "are refused, or stored as they are, and change nothing beside them",
    { timeout: 60_000 + FILES * 500 },
    async () => {
      const faults: string[] = [];
      const neighbour = seriesOf("NEIGHBOUR");
      let taken = 0;
      for (let from = 0; from < FILES; from += FILES_AT_A_TIME) {
        await empty();
        await archiveCandles(neighbour, candlesAt(0, 50));
        const before = await readAll(neighbour);
        for (let index = from; index < Math.min(FILES, from + FILES_AT_A_TIME); index += 1) {
          const found = await fuzz(index);
          faults.push(...found.faults);
          taken += found.stored > 0 ? 1 : 0;
        }
        expect(await readAll(neighbour)).toEqual(before);
      }
      expect(faults.slice(0, 3).join("\n")).toBe("");
      // Neither are all of them refused, nor all taken.
      expect(taken).toBeGreaterThan(FILES / 5);
      expect(taken).toBeLessThan(FILES * 0.95);
    },
  );
});
