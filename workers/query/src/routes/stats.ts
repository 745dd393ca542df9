import { sumSince } from "@candlehouse/shared/core/ledger-window";
import type { LedgerTally } from "@candlehouse/shared/core/ledger";
import { readStats, type HourCounts, type StatsFound } from "@candlehouse/shared/d1/read-stats";
import { z } from "@hono/zod-openapi";
import { AnswerMemory } from "../answer-memory.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import { answer, CACHE_BY_TAG, JSON_TYPE } from "../answer.ts";
import type { App, AppContext } from "../app.ts";
import type { ArchiveFigures } from "../archive-figures.ts";
import { asksPastCaches } from "../cache-control.ts";
import { statsSchema } from "../operations-schemas.ts";
import { readParameters } from "../parameters.ts";
import { readQueues } from "../read-queues.ts";
import { CACHE_HIT } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

const statsQuery = z.strictObject({});

/** How long an answer is kept, real milliseconds: a page that is left open asks every few seconds. */
const HOLDS_MS = 15_000;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** GET /stats */
export function addStatsRoute(app: App, figures: ArchiveFigures): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/stats",
    operationId: "getStats",
    tags: ["system"],
    summary: "The pipeline at work: what is stored, what waits, what is kept, what is wrong",
    responses: {
      200: {
        description: "From tables of sums and indexes; no candle is read.",
        content: { [JSON_TYPE]: { schema: statsSchema } },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database or the monitor does not answer now.",
      }),
    },
  });
  const memory = new AnswerMemory(HOLDS_MS);
  app.get("/stats", (c) => answerStats(c, memory, figures));
}

async function answerStats(
  c: AppContext,
  memory: AnswerMemory,
  figures: ArchiveFigures,
): Promise<Response> {
  readParameters(statsQuery, c.req.queries());
  const nowMs = Date.now();
  const head = { contentType: JSON_TYPE, cacheControl: CACHE_BY_TAG };
  const kept = asksPastCaches(c.req.header("cache-control"))
    ? undefined
    : memory.recall("stats", nowMs);
  if (kept !== undefined) {
    return answer(kept, { ...head, headers: { "server-timing": CACHE_HIT } });
  }
  const at = readNowSeconds(c.env);
  const [stats, queues] = await Promise.all([readStats(c.env.DB, at), readQueues(c.env.MONITOR)]);
  const { summary, ...figuresCost } = await figures.read(c.env.DB, stats.archive, nowMs);
  const { stored_bytes: _storedBytes, ...archive } = summary;
  const cost = {
    rowsRead: stats.rowsRead + figuresCost.rowsRead,
    durationMs: stats.durationMs + figuresCost.durationMs,
  };
  const body = JSON.stringify({
    at,
    ...describe(stats, at),
    queues,
    dead_letters: stats.deadLetters,
    archive: { ...archive, last_change_at: stats.archive.last_change_at },
    alerts: stats.alerts,
    jobs: stats.jobs,
    meta: { durationMs: cost.durationMs },
  });
  memory.keep("stats", body, nowMs);
  return answer(body, { ...head, cost });
}

/** What was stored. */
function describe({ hours }: StatsFound, at: number) {
  const day = countsOf(sumSince(hours, at, DAY_SECONDS));
  const handled = day.inserted + day.ignored + day.revised;
  return {
    hours,
    totals: { hour: countsOf(sumSince(hours, at, HOUR_SECONDS)), day },
    candles_per_second:
      handled === 0 || day.duration_ms === 0
        ? null
        : Math.round((handled * 1_000_000) / day.duration_ms) / 1_000,
  };
}

function countsOf(sum: LedgerTally): HourCounts {
  const { runs, candles, inserted, ignored, revised, retried, dead, duration_ms } = sum;
  return { runs, candles, inserted, ignored, revised, retried, dead, duration_ms };
}
