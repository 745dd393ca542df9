import type { ArchiveFile } from "@candlehouse/shared/core/archive";
import type { Candle } from "@candlehouse/shared/core/candle";
import { ArchiveDamagedError } from "@candlehouse/shared/core/errors";
import { rollUp } from "@candlehouse/shared/core/rollup";
import type { Series } from "@candlehouse/shared/core/series";
import { FILE_COLUMNS } from "@candlehouse/shared/r2/file-schema";
import { readFooter } from "@candlehouse/shared/r2/read-candle-file";
import { readColumns, readRolledUp } from "@candlehouse/shared/r2/read-columns";
import type { GroupRange } from "@candlehouse/shared/r2/read-group-bytes";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { putFiles } from "./archive.ts";

const SERIES: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
/** So that the last hours of a month and the first of the next one are in two files. */
const START = Date.UTC(2023, 0, 24, 0, 30) / 1_000;

/** Minutes whose volumes are given with ever more digits, and not at all in one of a hundred. */
const candles = Array.from({ length: 21_000 }, (_, minute): Candle => ({
  timestamp: START + minute * 60,
  open: 20_000.5 + (minute % 700) / 100,
  high: 20_100,
  low: 19_900.25,
  close: 20_000 + (minute % 300) / 100,
  volume_from: minute < 12_000 ? minute / 8 : minute / 1_000_000,
  volume_to: 45_130_520.123_456_78 + minute,
  trades: minute % 100 === 7 ? null : minute,
}));

let files: ArchiveFile[];

beforeAll(async () => {
  files = await putFiles(SERIES, candles);
});

async function rangeOf(reference: ArchiveFile, from = 0, to = Infinity): Promise<GroupRange> {
  const file = await readFooter(env.BUCKET, reference);
  return { reference, file, from, to: Math.min(to, file.groups.length) };
}

async function allRanges(): Promise<GroupRange[]> {
  return Promise.all(files.map((file) => rangeOf(file)));
}

describe("readColumns", () => {
  test("gives the numbers of each column over the files, NaN where a value is not known", async () => {
    const columns = await readColumns(env.BUCKET, await allRanges(), FILE_COLUMNS);
    expect([...columns.keys()]).toEqual(FILE_COLUMNS);
    for (const [name, values] of columns) {
      expect([...values]).toEqual(candles.map((candle) => Number(candle[name] ?? Number.NaN)));
    }
  });

  test("gives the columns and the row groups that are asked for, and no others", async () => {
    const [first] = files;
    if (first === undefined) {
      throw new Error("there is no file");
    }
    const range = await rangeOf(first, 1, 2);
    const columns = await readColumns(env.BUCKET, [range], ["close", "timestamp"]);
    const asked = candles.slice(10_080, first.rows);
    expect([...columns]).toEqual([
      ["close", Float64Array.from(asked, ({ close }) => Number(close))],
      ["timestamp", Float64Array.from(asked, ({ timestamp }) => timestamp)],
    ]);
    expect(await readColumns(env.BUCKET, [], ["open"])).toEqual(
      new Map([["open", new Float64Array()]]),
    );
  });
});

describe("readRolledUp", () => {
  test("gives what rolling up the candles gives, across row groups and files", async () => {
    const rolled = await readRolledUp(env.BUCKET, await allRanges(), "1h");
    expect(rolled).toEqual(rollUp(candles, "1m", "1h"));
    expect(rolled[0]).toMatchObject({ timestamp: START - 1_800, missing: 30 });
    expect(await readRolledUp(env.BUCKET, [], "1h")).toEqual([]);
  });

  test("refuses a timeframe that the candles do not make up", async () => {
    const ranges = await allRanges();
    const [range] = ranges;
    expect(range?.file.series).toEqual(SERIES);
    await expect(readRolledUp(env.BUCKET, ranges, "1m")).resolves.toHaveLength(candles.length);
    const days = await putFiles({ ...SERIES, timeframe: "3d" }, candles.slice(0, 1));
    const ofDays = await Promise.all(days.map((file) => rangeOf(file)));
    await expect(readRolledUp(env.BUCKET, ofDays, "1w")).rejects.toThrow(RangeError);
  });
});

describe("a damaged row group", () => {
  test("is refused with its bytes, whichever way its file is read", async () => {
    const ranges = await allRanges();
    const [, second] = ranges;
    if (second === undefined) {
      throw new Error("there is no second file");
    }
    const { key } = second.reference;
    const object = await env.BUCKET.get(key);
    const bytes = new Uint8Array((await object?.arrayBuffer()) ?? []);
    const at = (second.file.groups[0]?.start ?? 0) + 100;
    await env.BUCKET.put(key, bytes.with(at, (bytes[at] ?? 0) ^ 1));
    for (const read of [
      readColumns(env.BUCKET, ranges, ["open"]),
      readRolledUp(env.BUCKET, ranges, "1h"),
    ]) {
      await expect(read).rejects.toThrow(ArchiveDamagedError);
      await expect(read).rejects.toThrow(
        /are not what was written \(row group 0, candles of 2023-02-01/,
      );
    }
    await env.BUCKET.delete(key);
    await expect(readColumns(env.BUCKET, ranges, ["open"])).rejects.toThrow(
      "the object is missing",
    );
  });
});
