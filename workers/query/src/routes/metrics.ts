import { readMetrics } from "@candlehouse/shared/d1/read-metrics";
import { z } from "@hono/zod-openapi";
import { acceptedType } from "../accepted-type.ts";
import { AnswerMemory } from "../answer-memory.ts";
import { NOT_MODIFIED, problemsOf } from "../answer-schemas.ts";
import { answer, CACHE_BY_TAG } from "../answer.ts";
import type { App, AppContext } from "../app.ts";
import type { ArchiveFigures } from "../archive-figures.ts";
import { asksPastCaches } from "../cache-control.ts";
import { samplesOf } from "../metrics/collect-samples.ts";
import { expose, OPENMETRICS_TYPE, PROMETHEUS_TYPE } from "../metrics/expose.ts";
import { LedgerSums } from "../metrics/ledger-sums.ts";
import { KeptFigures } from "../metrics/slow-figures.ts";
import { choiceParameter, readParameters } from "../parameters.ts";
import { readQueues } from "../read-queues.ts";
import { CACHE_HIT } from "../server-timing.ts";
import { readNowSeconds } from "../settings.ts";

/** Series that are looked at; each is a line where all are asked for. */
const SERIES_MAX = 5_000;

/** How long an answer is kept, real milliseconds: two scrapers cost what one does. */
const HOLDS_MS = 15_000;

const metricsQuery = z.strictObject({
  series: choiceParameter(
    ["groups", "all"],
    `How late series are: by source, timeframe and tier; or also one by one, up to ${SERIES_MAX.toLocaleString("en-US")}.`,
  ).default("groups"),
});

const TEXT = { schema: z.string() };

/** What is kept in the isolate between answers. */
interface Kept {
  readonly figures: ArchiveFigures;
  readonly memory: AnswerMemory;
  readonly sums: LedgerSums;
  readonly slow: KeptFigures;
}

/** GET /metrics */
export function addMetricsRoute(app: App, figures: ArchiveFigures): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    operationId: "getMetrics",
    tags: ["system"],
    summary: "What Prometheus scrapes",
    description:
      "Text exposition format 0.0.4, or OpenMetrics 1.0.0 where Accept asks for it. docs/metrics.md has each metric.",
    request: { query: metricsQuery },
    responses: {
      200: {
        description: "From tables of sums and indexes; no candle is read.",
        content: { "text/plain": TEXT, "application/openmetrics-text": TEXT },
      },
      ...NOT_MODIFIED,
      ...problemsOf({
        400: "A parameter cannot be meant.",
        503: "The database or the monitor does not answer now.",
      }),
    },
  });
  const kept: Kept = {
    figures,
    memory: new AnswerMemory(HOLDS_MS),
    sums: new LedgerSums(),
    slow: new KeptFigures(),
  };
  app.get("/metrics", (c) => answerMetrics(c, kept));
}

async function answerMetrics(c: AppContext, kept: Kept): Promise<Response> {
  const { series } = readParameters(metricsQuery, c.req.queries());
  const accepted = acceptedType(c.req.header("accept"), [
    "text/plain",
    "application/openmetrics-text",
  ]);
  const contentType = accepted === "text/plain" ? PROMETHEUS_TYPE : OPENMETRICS_TYPE;
  const name = `${series} ${contentType}`;
  const nowMs = Date.now();
  const head = { contentType, cacheControl: CACHE_BY_TAG, headers: { vary: "Accept" } };
  const known = asksPastCaches(c.req.header("cache-control"))
    ? undefined
    : kept.memory.recall(name, nowMs);
  if (known !== undefined) {
    return answer(known, { ...head, headers: { ...head.headers, "server-timing": CACHE_HIT } });
  }
  const db = c.env.DB;
  const at = readNowSeconds(c.env);
  const [found, queues, slow] = await Promise.all([
    readMetrics(db, kept.sums.fromHour, SERIES_MAX),
    readQueues(c.env.MONITOR),
    kept.slow.read(db, nowMs),
  ]);
  const { summary: archive } = await kept.figures.read(db, found.archive, nowMs);
  const totals = kept.sums.add(found.hours, at);
  const samples = samplesOf({ found, queues, archive, slow, totals }, at, series === "all");
  const body = await expose(samples, contentType);
  kept.memory.keep(name, body, nowMs);
  return answer(body, { ...head, cost: found });
}
