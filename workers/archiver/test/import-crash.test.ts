import type { Candle } from "@candlehouse/shared/core/candle";
import { formatSeriesPartition } from "@candlehouse/shared/core/series-partition";
import { decodeCandle, type CandleMessage } from "@candlehouse/shared/queue/candle-message";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compactPartition } from "../src/compact.ts";
import { archiverAt, clearWarehouse, filesOf } from "./archiver-at.ts";
import { asKraken, csvOf, krakenLine, postImport } from "./import-files.ts";
import { gated, stopper, type Stop } from "./stoppable.ts";
import { candlesAt, OCTOBER, readAll, readRevisions, seriesOf, TODAY } from "./warehouse.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);
vi.spyOn(console, "error").mockImplementation(() => undefined);

const SERIES = seriesOf("BTC");
const QUERY = "name=some.csv&format=kraken&source=binance&symbol=BTC-USDT&timeframe=1m";
const MONTH_SECONDS = 30 * 86_400;

/** Some of September, some of October, and some of the hot window. */
const COLD = [
  ...candlesAt(0, 30).map((candle) => ({ ...candle, timestamp: candle.timestamp - MONTH_SECONDS })),
  ...candlesAt(0, 30),
].map((candle) => ({ ...candle, volume_to: null }));
const HOT = asKraken(candlesAt(0, 12)).map((candle) => ({
  ...candle,
  timestamp: candle.timestamp - OCTOBER + TODAY - 86_400,
}));
const FILE = csvOf([...COLD, ...HOT].map(krakenLine));

afterEach(async () => {
  await clearWarehouse();
  await env.DB.prepare("DELETE FROM jobs").run();
});

/** Imports the file, with each call of D1, R2 and the queues counted, and stopped at `stop`. */
async function importOnce(stop: Stop | undefined) {
  const { gate, calls } = stopper(stop);
  const plain = archiverAt();
  const { context } = archiverAt(TODAY, {
    db: gated(env.DB, gate),
    bucket: gated(env.BUCKET, gate),
    compaction: gatedQueue(plain.context.compaction, gate),
    candles: gatedQueue(plain.context.candles, gate),
  });
  const { status, report } = await postImport(context, QUERY, FILE);
  return { status, report, calls, sent: plain.sent, messages: plain.candles };
}

function gatedQueue<Target extends { sendBatch: (...given: never[]) => Promise<unknown> }>(
  queue: Target,
  gate: ReturnType<typeof stopper>["gate"],
): Target {
  const copy: Target = Object.create(queue);
  const sendBatch = (...given: never[]) => gate("sendBatch", () => queue.sendBatch(...given));
  return Object.assign(copy, { sendBatch });
}

function candlesOf(messages: readonly CandleMessage[]): Candle[] {
  return messages.flatMap(({ candles }) => candles.map(decodeCandle));
}

describe("an import that is stopped at any of its calls, and the same file again", () => {
  test("hold each candle of the file once, whether the call took effect or not", async () => {
    const { calls, status } = await importOnce(undefined);
    expect(status).toBe(200);
    expect(calls.length).toBeGreaterThan(15);
    for (let at = 1; at <= calls.length; at += 1) {
      for (const mode of ["before", "after"] as const) {
        await clearWarehouse();
        await env.DB.prepare("DELETE FROM jobs").run();
        const stopped = await importOnce({ at, mode });
        const place = `${mode} ${calls[at - 1]} ${at}`;
        const again = await importOnce(undefined);
        expect([place, again.status, again.report.state]).toEqual([place, 200, "complete"]);
        const { rows_read, stored, duplicate } = again.report;
        expect([place, rows_read, stored + duplicate]).toEqual([place, 72, 72]);

        const partitions = [...stopped.sent, ...again.sent].map(({ partition, ...series }) => ({
          series,
          partition,
        }));
        const due = new Map(partitions.map((of) => [formatSeriesPartition(of), of]));
        for (const partition of due.values()) {
          await compactPartition(archiverAt().context, partition);
        }
        expect([place, (await readAll(SERIES)).cold]).toEqual([place, COLD]);
        const fragments = (await filesOf(SERIES)).filter(({ state }) => state === "fragment");
        expect([place, fragments]).toEqual([place, []]);
        expect([place, await readRevisions(SERIES)]).toEqual([place, []]);
        const sent = candlesOf([...stopped.messages, ...again.messages]);
        expect([place, new Set(sent.map(({ timestamp }) => timestamp)).size]).toEqual([place, 12]);
        expect(HOT).toEqual(expect.arrayContaining(sent));
      }
    }
  }, 60_000);
});
