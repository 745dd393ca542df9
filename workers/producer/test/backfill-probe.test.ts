import { env } from "cloudflare:workers";
import { freshProgress, type BackfillJob } from "@candlehouse/shared/core/backfill-job";
import { insertBackfills, readBackfill } from "@candlehouse/shared/d1/jobs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stopper } from "../../archiver/test/stoppable.ts";
import { takeTurn } from "../src/backfill-turn.ts";
import { clearWarehouse, contextOf, setInstance } from "./backfill-warehouse.ts";
import { clearFiles, putDamagedFile } from "./damaged-file.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

const JOB = "0123456789ab";
const DAY = 86_400;
const RANGE = { start: Date.UTC(2026, 5, 3) / 1_000, end: Date.UTC(2026, 5, 13) / 1_000 };
const NOW = Date.UTC(2026, 5, 20, 12) / 1_000;

beforeEach(clearWarehouse);
afterEach(async () => {
  await clearWarehouse();
  await clearFiles();
});

test("days without a daily candle are left to the windows where a file of them is damaged", async () => {
  const job: BackfillJob = {
    id: JOB,
    batch: "batch",
    source: "binance",
    symbol: "BTC-USDT",
    timeframe: "1m",
    state: "queued",
    request: {
      ...RANGE,
      markets: [{ symbol: "BTC-USDT", nativeSymbol: "BTCUSDT" }],
      isGrouped: false,
    },
    progress: freshProgress(RANGE, "probe"),
    message: null,
    instance: null,
    createdAt: NOW,
    startedAt: null,
    updatedAt: NOW,
    finishedAt: null,
  };
  const series = { source: job.source, symbol: "BTC-USDT", timeframe: job.timeframe } as const;
  await putDamagedFile(series, "2026-06", RANGE.start + 2 * DAY);
  await insertBackfills(env.DB, [job]);
  await setInstance(JOB, "first");
  const { gate } = stopper(undefined);
  const date = new Date(NOW * 1_000).toUTCString();
  const fetch = async (): Promise<Response> => new Response("[]", { headers: { date } });
  const context = contextOf({ fetch, gate });
  await takeTurn(context, JOB, "first");
  expect(await readBackfill(env.DB, JOB)).toMatchObject({ progress: { phase: "fetch" } });
  await takeTurn(context, JOB, "first");
  const { results } = await env.DB.prepare("SELECT outcome, code FROM asked_ranges").all();
  expect(results).toEqual([{ outcome: "failed", code: "archive_damaged" }]);
});
