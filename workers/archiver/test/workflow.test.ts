import {
  createExecutionContext,
  createScheduledController,
  introspectWorkflowInstance,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Series } from "@candlehouse/shared/core/series";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { archivePartition } from "../src/archive-partition.ts";
import { contextOf, type ArchiverContext } from "../src/context.ts";
import worker from "../src/index.ts";
import { archiveStatus, runId, startArchive } from "../src/start-archive.ts";
import { loggedEvents } from "./logged-events.ts";
import {
  candleAt,
  candlesAt,
  OCTOBER,
  paramsOf,
  PARTITION,
  putHot,
  readAll,
  seriesOf,
  stepsOf,
  TODAY,
} from "./warehouse.ts";

const output = vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

beforeEach(async () => {
  output.mockClear();
  await env.DB.prepare("DELETE FROM price_data").run();
});

const context: ArchiverContext = { ...contextOf(env), realNowMs: () => TODAY * 1_000 };

/** The run of a series' October, of the plan of `TODAY`. */
function idOf(series: Series, hotFrom = TODAY - 20 * 86_400): string {
  return runId({ series, partition: PARTITION }, hotFrom);
}

describe("a run through the Workflows engine", () => {
  test("archives what is due, although a step fails first", async () => {
    const series = seriesOf("ENGINE");
    await putHot(series, candlesAt(0, 300));
    const id = idOf(series);
    await using instance = await introspectWorkflowInstance(env.ARCHIVE, id);
    await instance.modify(async (modifier) => {
      await modifier.disableRetryDelays();
      await modifier.mockStepError({ name: "swap 1" }, new Error("Network connection lost"), 1);
    });

    const start = await startArchive(context, { everything: true });

    expect(start).toEqual({ hotFrom: TODAY - 20 * 86_400, runs: [id], started: 1, running: 0 });
    await instance.waitForStatus("complete");
    const { hot, cold, keys } = await readAll(series);
    expect(hot).toEqual([]);
    expect(cold).toEqual(candlesAt(0, 300));
    expect(await archiveStatus(context, id)).toEqual({
      id,
      status: "complete",
      output: { key: keys[0], rows: 300, added: 300, same: 0, revised: 0, deleted: 300 },
    });
  });

  test("ends as errored, and says why, where the current file is damaged", async () => {
    const series = seriesOf("ENGINEBAD");
    await putHot(series, candlesAt(0, 10));
    await archivePartition(context, paramsOf(series), stepsOf());
    const [key = ""] = (await readAll(series)).keys;
    await env.BUCKET.put(key, "spoiled");
    await putHot(series, [candleAt(10)]);
    const id = idOf(series);
    await using instance = await introspectWorkflowInstance(env.ARCHIVE, id);

    await startArchive(context, { everything: true });

    await instance.waitForStatus("errored");
    expect(await archiveStatus(context, id)).toMatchObject({
      status: "errored",
      error: expect.stringContaining(`${key}: bytes 7 to`),
    });
  });
});

describe("starting what is due", () => {
  test("starts one run a partition, and leaves alone what runs", async () => {
    const series = seriesOf("START");
    await putHot(series, [
      candleAt(0),
      { ...candleAt(1), timestamp: OCTOBER - 60 },
      { ...candleAt(2), timestamp: TODAY - 19 * 86_400 },
    ]);
    await using october = await introspectWorkflowInstance(env.ARCHIVE, idOf(series));
    const first = await startArchive(context, { everything: false });
    expect(first).toMatchObject({
      runs: ["archive-binance-START-USDT-1m-2026-09-20261102", idOf(series)],
      started: 2,
    });
    expect(loggedEvents(output, "archive.planned")).toMatchObject([
      { series: 1, aged: 1, due: 2, started: 2, running: 0, hotFrom: "2026-11-02T00:00:00.000Z" },
    ]);
    await october.waitForStatus("complete");
  });

  test("starts a run again that has ended, where more has come since", async () => {
    const series = seriesOf("RESTART");
    const id = idOf(series);
    for (const count of [1, 2, 3]) {
      await putHot(series, [candleAt(count - 1)]);
      expect(await startArchive(context, { everything: true })).toMatchObject({
        runs: [id],
        started: 1,
      });
      await vi.waitFor(async () => {
        expect(await archiveStatus(context, id)).toMatchObject({
          status: "complete",
          output: { rows: count },
        });
      }, 4_000);
      expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, count) });
    }
  });

  test("leaves out the series that this version does not know, and names the first", async () => {
    const series = seriesOf("AMONG");
    await putHot(series, [candleAt(0)]);
    for (const odd of [{ source: "bitstamp" }, { symbol: "among/usdt" }, { timeframe: "2m" }]) {
      await putHot({ ...series, ...odd } as Series, [candleAt(0)]);
    }
    await using instance = await introspectWorkflowInstance(env.ARCHIVE, idOf(series));
    expect(await startArchive(context, { everything: true })).toMatchObject({
      runs: [idOf(series)],
      started: 1,
    });
    expect(loggedEvents(output, "archive.planned")).toMatchObject([
      { series: 1, due: 1, unknown: 3, firstUnknown: "binance:AMONG-USDT:2m" },
    ]);
    await instance.waitForStatus("complete");
  });

  test("starts the other runs where some cannot be started, and tells of those", async () => {
    const series = seriesOf("CHUNKS");
    const months = Array.from({ length: 105 }, (_, index) => ({
      ...candleAt(0),
      timestamp: OCTOBER - index * 31 * 86_400,
    }));
    await putHot(series, months);
    const archive: ArchiverContext["archive"] = Object.create(env.ARCHIVE);
    const tried: number[] = [];
    const createBatch = vi.spyOn(archive, "createBatch").mockImplementation(async (batch) => {
      tried.push(batch.length);
      if (tried.length === 1) {
        throw new Error("the engine is away");
      }
      return batch.map(({ id = "" }) => ({ id }) as WorkflowInstance);
    });
    await expect(startArchive({ ...context, archive }, { everything: true })).rejects.toThrow(
      "the engine is away",
    );
    expect(createBatch).toHaveBeenCalledTimes(2);
    expect(tried).toEqual([100, 5]);
  });

  test("knows no run that was never started", async () => {
    await expect(archiveStatus(context, "archive-never")).rejects.toThrow(
      "there is no archive run archive-never",
    );
  });
});

describe("the daily schedule", () => {
  test("archives what has aged by the real clock", async () => {
    const series = seriesOf("DAILY");
    await putHot(series, candlesAt(0, 5));
    const id = idOf(series, (Math.floor(Date.now() / 86_400_000) - 20) * 86_400);
    await using instance = await introspectWorkflowInstance(env.ARCHIVE, id);
    await worker.scheduled(createScheduledController(), env, createExecutionContext());
    await instance.waitForStatus("complete");
    expect(await readAll(series)).toMatchObject({ hot: [], cold: candlesAt(0, 5) });
  });
});
