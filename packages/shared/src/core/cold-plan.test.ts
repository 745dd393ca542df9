import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candle } from "./candle.ts";
import {
  coverageOf,
  planFiles,
  planGroups,
  readBeyond,
  WINDOW_FILES_MAX,
  type ColdFile,
  type ColdScan,
  type GroupBounds,
  type TimeRange,
} from "./cold-plan.ts";
import { mergeCandles } from "./merge-candles.ts";
import { pageOf, type SeriesRead } from "./query-plan.ts";
import type { Series } from "./series.ts";

const BTC: Series = { source: "binance", symbol: "BTC-USDT", timeframe: "1m" };
/** Row groups of the files here, in rows; files are of FILE_MINUTES minutes. */
const GROUP_ROWS = 4;
const FILE_MINUTES = 12;

function candleOf(minute: number, close = 1): Candle {
  return {
    timestamp: minute * 60,
    open: close,
    high: close,
    low: close,
    close,
    volume_from: null,
    volume_to: null,
    trades: null,
  };
}

/** A file with candles at `minutes`, and the bounds of its row groups. */
interface HeldFile extends ColdFile {
  readonly candles: readonly Candle[];
  readonly groups: readonly GroupBounds[];
}

function fileOf(minutes: readonly number[]): HeldFile {
  const candles = minutes.map((minute) => candleOf(minute));
  const groups: GroupBounds[] = [];
  for (let start = 0; start < candles.length; start += GROUP_ROWS) {
    const part = candles.slice(start, start + GROUP_ROWS);
    groups.push({
      rows: part.length,
      first: part[0]?.timestamp ?? 0,
      last: part.at(-1)?.timestamp ?? 0,
    });
  }
  return {
    key: `file of ${minutes[0]}`,
    rows: candles.length,
    first: candles[0]?.timestamp ?? 0,
    last: candles.at(-1)?.timestamp ?? 0,
    bytes: 0,
    footerLength: 0,
    footerHash: "",
    candles,
    groups,
  };
}

function readOf(parts: Partial<SeriesRead> = {}): SeriesRead {
  return { series: BTC, from: 0, to: 6_000, order: "oldest first", limit: 5, rows: 6, ...parts };
}

function scanOf(parts: Partial<ColdScan> = {}): ColdScan {
  return {
    order: "oldest first",
    timeframe: "1m",
    range: { from: 0, to: 60_000 },
    rows: 6,
    ...parts,
  };
}

const minutesFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => from + index);

describe("coverageOf", () => {
  const hot = minutesFrom(10, 6).map((minute) => candleOf(minute));

  test("is the whole range where neither hot candles nor files were cut", () => {
    const window = { hot: hot.slice(1), files: [fileOf([1])] };
    expect(coverageOf(readOf(), window)).toEqual({ from: 0, to: 6_000 });
    expect(coverageOf(readOf({ order: "newest first" }), window)).toEqual({ from: 0, to: 6_000 });
  });

  test("ends with the last hot candle where there may be more of them", () => {
    expect(coverageOf(readOf(), { hot, files: [] })).toEqual({ from: 0, to: 15 * 60 + 1 });
    expect(coverageOf(readOf({ order: "newest first" }), { hot, files: [] })).toEqual({
      from: 10 * 60,
      to: 6_000,
    });
  });

  test("ends with the last file where there may be more of them", () => {
    const files = minutesFrom(0, WINDOW_FILES_MAX).map((index) => fileOf([index * 3]));
    expect(coverageOf(readOf(), { hot: [], files })).toEqual({ from: 0, to: 33 * 60 + 1 });
    const newest = readOf({ order: "newest first" });
    expect(coverageOf(newest, { hot: [], files: files.toReversed() })).toEqual({
      from: 0,
      to: 6_000,
    });
    expect(coverageOf(newest, { hot, files: files.toReversed() })).toEqual({
      from: 600,
      to: 6_000,
    });
  });
});

describe("readBeyond", () => {
  test("goes on behind what is covered, for what is still wanted", () => {
    expect(readBeyond(readOf(), { from: 0, to: 600 }, 2)).toEqual(readOf({ from: 600, rows: 4 }));
    const newest = readOf({ order: "newest first" });
    expect(readBeyond(newest, { from: 600, to: 6_000 }, 2)).toEqual({
      ...newest,
      to: 600,
      rows: 4,
    });
  });

  test("ends where enough is found, and where the range is over", () => {
    expect(readBeyond(readOf(), { from: 0, to: 600 }, 6)).toBeUndefined();
    expect(readBeyond(readOf(), { from: 0, to: 6_000 }, 2)).toBeUndefined();
  });
});

describe("planFiles", () => {
  const files = [fileOf(minutesFrom(0, 3)), fileOf(minutesFrom(12, 3)), fileOf(minutesFrom(24, 3))];
  const keysOf = (wanted: { files: readonly ColdFile[] }) =>
    wanted.files.map((file) => files.findIndex(({ key }) => key === file.key));

  test("names at once the files without which the page cannot be full", () => {
    expect(keysOf(planFiles(scanOf({ rows: 6 }), files, [], []))).toEqual([0, 1]);
    expect(keysOf(planFiles(scanOf({ rows: 7 }), files, [], []))).toEqual([0, 1, 2]);
    expect(keysOf(planFiles(scanOf({ rows: 3 }), files, [], []))).toEqual([0]);
  });

  test("counts the hot candles that come before a file, and only those", () => {
    const hot = [5, 6, 7, 30].map((minute) => candleOf(minute));
    expect(keysOf(planFiles(scanOf({ rows: 6 }), files, hot, hot))).toEqual([0]);
    const newest = scanOf({ rows: 1, order: "newest first" });
    expect(keysOf(planFiles(newest, files.toReversed(), hot, hot))).toEqual([]);
  });

  test("names none that the range does not touch", () => {
    const range = { from: 3 * 60, to: 24 * 60 };
    expect(keysOf(planFiles(scanOf({ rows: 100, range }), files, [], []))).toEqual([1]);
  });
});

describe("planGroups", () => {
  const file = fileOf(minutesFrom(0, 12));

  test.each<[string, Partial<ColdScan>, number, { from: number; to: number }]>([
    ["one where it holds enough", {}, 4, { from: 0, to: 1 }],
    ["the next one where it does not", {}, 5, { from: 0, to: 2 }],
    ["the one that holds the start", { range: { from: 300, to: 900 } }, 3, { from: 1, to: 2 }],
    ["the one after it, for one more", { range: { from: 300, to: 900 } }, 4, { from: 1, to: 3 }],
    ["none behind the end", { range: { from: 0, to: 480 } }, 99, { from: 0, to: 2 }],
    ["the last one where the newest are wanted", { order: "newest first" }, 4, { from: 2, to: 3 }],
    [
      "the one that holds the end, and the one before",
      { order: "newest first", range: { from: 0, to: 360 } },
      3,
      { from: 0, to: 2 },
    ],
  ])("takes %s", (_, parts, rows, expected) => {
    const plan = planGroups(scanOf(parts), [file.groups], rows);
    expect(plan.parts).toEqual([{ file: 0, ...expected }]);
  });

  test("says what is left to be looked through", () => {
    expect(planGroups(scanOf(), [file.groups], 4).rest.from).toBe(3 * 60 + 1);
    expect(planGroups(scanOf(), [file.groups], 99).rest.from).toBe(11 * 60 + 1);
    const gap = scanOf({ range: { from: 13 * 60, to: 20 * 60 } });
    expect(planGroups(gap, [file.groups], 9)).toEqual({ parts: [], rest: gap.range });
    const newest = scanOf({ order: "newest first" });
    expect(planGroups(newest, [file.groups], 4).rest.to).toBe(8 * 60);
  });
});

const within = (range: TimeRange) => (candle: Candle) =>
  candle.timestamp >= range.from && candle.timestamp < range.to;

/** Executes the plans on files in memory, as a Worker does on R2. */
function readAll(
  read: SeriesRead,
  hotStored: readonly Candle[],
  filesStored: readonly HeldFile[],
): { candles: readonly Candle[]; reads: Map<string, number> } {
  const reads = new Map<string, number>();
  let found: readonly Candle[] = [];
  let next: SeriesRead | undefined = read;
  const oldest = read.order === "oldest first";
  while (next !== undefined) {
    const now: SeriesRead = next;
    const inRange = hotStored.filter(within(now));
    const hot = oldest ? inRange.slice(0, now.rows) : inRange.slice(-now.rows);
    const ordered = oldest ? filesStored : filesStored.toReversed();
    const files = ordered
      .filter(({ first, last }) => last >= now.from && first < now.to)
      .slice(0, WINDOW_FILES_MAX);
    const coverage = coverageOf(now, { hot, files });
    const covered = hot.filter(within(coverage));
    let cold: Candle[] = [];
    let merged: readonly Candle[] = covered;
    let scan: ColdScan = { order: now.order, timeframe: "1m", range: coverage, rows: now.rows };
    for (;;) {
      const wanted = planFiles(scan, files, merged, covered);
      const held = wanted.files.map((file) => file as HeldFile);
      if (held.length === 0) {
        break;
      }
      const plan = planGroups(
        scan,
        held.map(({ groups }) => groups),
        wanted.rows,
      );
      const pieces = plan.parts.map(({ file, from, to }) => {
        const of = held[file];
        reads.set(of?.key ?? "", (reads.get(of?.key ?? "") ?? 0) + 1);
        return of?.candles.slice(from * GROUP_ROWS, to * GROUP_ROWS) ?? [];
      });
      cold = [...cold, ...pieces.flat()].toSorted((a, b) => a.timestamp - b.timestamp);
      merged = mergeCandles(cold.filter(within(coverage)), covered).candles;
      scan = { ...scan, range: plan.rest };
    }
    const some = merged.filter(within(coverage));
    found = oldest ? [...found, ...some] : [...some, ...found];
    next = readBeyond(now, coverage, some.length);
  }
  return { candles: pageOf(read, found).candles, reads };
}

describe("executing the plans", () => {
  const minutes = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 400 });

  test("gives what a plain array gives, and reads each file once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("oldest first" as const, "newest first" as const),
        minutes,
        minutes,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 60 }),
        (order, hotMinutes, coldMinutes, from, length, limit) => {
          const sorted = coldMinutes.toSorted((a, b) => a - b);
          const files = [
            ...Map.groupBy(sorted, (minute) => Math.floor(minute / FILE_MINUTES)).values(),
          ].map(fileOf);
          const hot = hotMinutes.toSorted((a, b) => a - b).map((minute) => candleOf(minute, 2));
          const range = { from: from * 60, to: (from + length) * 60 };
          const rows = order === "oldest first" ? limit + 1 : limit;
          const { candles, reads } = readAll(readOf({ order, limit, rows, ...range }), hot, files);

          const cold = new Set(sorted);
          const all = [...new Set([...hotMinutes, ...coldMinutes])]
            .filter((minute) => minute >= from && minute < from + length)
            .toSorted((a, b) => a - b)
            .map((minute) => candleOf(minute, cold.has(minute) ? 1 : 2));
          expect(candles).toEqual(
            order === "oldest first" ? all.slice(0, limit) : all.slice(-limit),
          );
          expect([...reads.values()].every((count) => count === 1)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
