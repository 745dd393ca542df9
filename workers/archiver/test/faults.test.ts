import { env } from "cloudflare:workers";
import type { Candle } from "@candlehouse/shared/core/candle";
import type { Series } from "@candlehouse/shared/core/series";
import { listOpenPartitions } from "@candlehouse/shared/d1/archive-inventory";
import { describe, expect, test, vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { cleanUp } from "../src/clean-up.ts";
import { compactPartition } from "../src/compact.ts";
import { contextOf } from "../src/context.ts";
import { gated, stopper, type Stop, type StopMode } from "./stoppable.ts";
import {
  candleAt,
  candlesAt,
  contextAt,
  paramsOf,
  putHot,
  readAll,
  readRevisions,
  seriesOf,
  stepsOf,
  TODAY,
  type Memory,
} from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

/** Candles that are archived before the run, and those of which it finds some hot. */
const ARCHIVED = 1_000;
const ALL = 2_100;
/** Late rows for archived days: the same values again, and other ones. */
const REPEATED = 7;
const RESTATED = candleAt(11, 99.5);

/** The calls of a run, at each of which it is stopped once. */
const CALLS = [
  // Manifest, hot candles, current file, revision, new file.
  ["batch", "all", "get", "arrayBuffer", "run", "put", "record write 1"],
  ["get", "arrayBuffer", "record verify 1"],
  ["batch", "record swap 1"],
  // Manifest, current file, hot candles in three chunks.
  ["batch", "get", "arrayBuffer", "batch", "batch", "batch"],
  // The ledger.
  ["run", "record delete 1"],
].flat();

/** A partition with a file, hot candles that have aged, and late ones of days in the file. */
async function prepare(name: string): Promise<{ series: Series; expected: Candle[] }> {
  const series = seriesOf(name);
  const early = candlesAt(0, ARCHIVED).filter((_, index) => index !== 500);
  await putHot(series, early);
  await archivePartition(contextAt(TODAY - 86_400), paramsOf(series), stepsOf());
  const late = [candleAt(REPEATED), RESTATED, candleAt(500)];
  await putHot(series, [...late, ...candlesAt(ARCHIVED, ALL)]);
  return { series, expected: candlesAt(0, ALL) };
}

/** One run that is stopped. */
async function runStopped(
  series: Series,
  stop: Stop,
  memory: Memory,
): Promise<{ calls: readonly string[]; stopped: boolean }> {
  const { gate, calls, stopped } = stopper(stop);
  const context = contextAt(TODAY, { db: gated(env.DB, gate), bucket: gated(env.BUCKET, gate) });
  const run = archivePartition(context, paramsOf(series), stepsOf(memory, gate));
  const failed = await run.then(
    () => false,
    () => true,
  );
  expect(failed).toBe(stopped());
  return { calls, stopped: stopped() };
}

async function expectReadable(series: Series, expected: readonly Candle[]): Promise<void> {
  const { candles, cold } = await readAll(series);
  expect(candles).toEqual(expected);
  expect(new Set(cold.map(({ timestamp }) => timestamp)).size).toBe(cold.length);
}

/** All is in the file, nothing of it is hot, and what differed is one revision. */
async function expectArchived(series: Series, expected: readonly Candle[]): Promise<void> {
  const { hot, cold, keys } = await readAll(series);
  expect(hot).toEqual([]);
  expect(cold).toEqual(expected);
  expect(keys).toHaveLength(1);
  const revisions = await readRevisions(series);
  expect(revisions).toEqual([{ ...RESTATED, seen_at_ms: expect.any(Number) }]);
}

/** The keys of all objects, and those of the files that answer queries. */
async function listKeys(): Promise<{ objects: string[]; current: string[] }> {
  const { objects, truncated } = await env.BUCKET.list();
  expect(truncated).toBe(false);
  const { results } = await env.DB.prepare(
    "SELECT key FROM archive_files WHERE state = 'current'",
  ).all<{ key: string }>();
  return {
    objects: objects.map(({ key }) => key).toSorted(),
    current: results.map(({ key }) => key).toSorted(),
  };
}

/** Days go by, with a clean-up on each: files are deleted a day after nobody needs them. */
async function letDaysPass(): Promise<number> {
  const real = contextOf(env);
  let adopted = 0;
  for (const days of [2, 4, 6]) {
    const now = Math.max(Math.floor(Date.now() / 1_000), TODAY) + days * 86_400;
    const context = { ...real, realNowMs: () => now * 1_000 };
    adopted += (await cleanUp(context, now)).adopted;
    for (const { series, partition } of await listOpenPartitions(env.DB, now, 1_000)) {
      await compactPartition(context, { series, partition });
    }
  }
  return adopted;
}

/** Whether call number `at` takes effect when a run is stopped there: each second one does. */
function modeOf(at: number, first: StopMode): StopMode {
  return (at % 2 === 1) === (first === "before") ? "before" : "after";
}

describe("a run that is stopped before a call took effect or after it", () => {
  test(
    "loses and doubles no candle, wherever it is stopped, when it goes on",
    { timeout: 60_000 },
    async () => {
      let calls: readonly string[] = [];
      for (let at = 1, stopped = true; stopped; at += 1) {
        const { series, expected } = await prepare(`ON${at}`);
        const memory: Memory = new Map();
        ({ calls, stopped } = await runStopped(series, { at, mode: modeOf(at, "before") }, memory));
        await expectReadable(series, expected);
        await archivePartition(contextAt(TODAY + 3_600), paramsOf(series), stepsOf(memory));
        await expectArchived(series, expected);
      }
      expect(calls).toEqual(CALLS);
      await letDaysPass();
      const { objects, current } = await listKeys();
      expect(objects).toEqual(current);
    },
  );

  test(
    "loses and doubles no candle, wherever it is stopped, when another run takes its place",
    { timeout: 60_000 },
    async () => {
      for (let at = 1, stopped = true; stopped; at += 1) {
        const { series, expected } = await prepare(`NEW${at}`);
        ({ stopped } = await runStopped(series, { at, mode: modeOf(at, "after") }, new Map()));
        await expectReadable(series, expected);
        // A candle more: the file that the stopped run wrote is not the one that is written now.
        await putHot(series, [candleAt(ALL)]);
        expected.push(candleAt(ALL));
        await expectReadable(series, expected);
        await archivePartition(contextAt(TODAY + 3_600), paramsOf(series), stepsOf());
        await expectArchived(series, expected);
      }
      const before = await listKeys();
      expect(before.objects.length).toBeGreaterThan(before.current.length);
      // Those that were stopped between writing and the swap left a file that nobody knew.
      expect(await letDaysPass()).toBeGreaterThan(0);
      const { objects, current } = await listKeys();
      expect(objects).toEqual(current);
      expect(current).toEqual(before.current);
    },
  );
});
