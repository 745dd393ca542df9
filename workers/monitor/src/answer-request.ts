import { formatSeries } from "@candlehouse/shared/core/series";
import { assertSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { answerRoutes, jsonRoutes } from "@candlehouse/shared/http/answer-routes";
import { readBody } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";
import { countWork } from "./count-work.ts";
import { logRepair, logScan } from "./log-work.ts";
import { ORDER_BYTES_MAX, parseRepairOrder, parseScanOrder } from "./orders.ts";
import { readQueues } from "./read-queues.ts";
import { repairGaps, type RepairOutcome } from "./repair-gaps.ts";
import { NOTHING_SCANNED, scanPage, type ScanTotals } from "./scan-page.ts";

const ROUTES = jsonRoutes<MonitorContext>([
  {
    method: "POST",
    path: /^\/v1\/gaps\/scan$/,
    answer: (context, request) => countWork(context, (counted) => answerScan(counted, request)),
  },
  {
    method: "POST",
    path: /^\/v1\/gaps\/repair$/,
    answer: (context, request) => countWork(context, (counted) => answerRepair(counted, request)),
  },
  { method: "GET", path: /^\/v1\/queues$/, answer: answerQueues },
]);

/** Answers a request that the query Worker passes on; a failure that is ours is in the log. */
export function answerRequest(request: Request, context: MonitorContext): Promise<Response> {
  return answerRoutes(ROUTES, request, context, (failure) => log("request.failed", failure));
}

async function answerScan(context: MonitorContext, request: Request): Promise<unknown> {
  const order = parseScanOrder(await readBody(request, ORDER_BYTES_MAX));
  const startedMs = context.realNowMs();
  const { series } = order;
  if (series !== undefined) {
    await assertSeriesKnown(context.db, series);
  }
  const { totals, next } = await scanPage(context, order);
  logScan(totals, context.realNowMs() - startedMs);
  return {
    series: totals.series,
    candles_missing: totals.candlesMissing,
    candles_filled: totals.candlesFilled,
    gaps: totals.gaps,
    classes: totals.classes,
    errors: totals.errors,
    message: scanMessage(totals, next !== null),
    next: next === null ? null : formatSeries(next),
  };
}

function scanMessage({ series, candlesMissing, gaps, errors }: ScanTotals, more: boolean): string {
  const records = gaps.open + gaps.unfillable + gaps.failed;
  const failed =
    errors.length === 0 ? "" : `; ${errors.length} of them could not be read whole: see errors`;
  const goOn = more ? "; there are more series: ask again with after set to next" : "";
  return `${series} series: ${candlesMissing} candles are missing in ${records} gaps, of which ${gaps.open} are open, ${gaps.failed} failed and ${gaps.unfillable} will not be filled; ${gaps.filled} were filled since the last scan${failed}${goOn}`;
}

/** `GET /v1/queues`: times are unix seconds by the system's clock. */
async function answerQueues(context: MonitorContext): Promise<unknown> {
  const queues = await readQueues(context);
  return {
    queues: queues.map(({ queue, messages, bytes, oldestAt }) => ({
      queue,
      backlog_messages: messages,
      backlog_bytes: bytes,
      oldest_message_at: oldestAt,
    })),
  };
}

async function answerRepair(context: MonitorContext, request: Request): Promise<unknown> {
  const { filter, isDry } = parseRepairOrder(await readBody(request, ORDER_BYTES_MAX));
  const startedMs = context.realNowMs();
  const outcome = await repairGaps(context, filter, isDry);
  if (!isDry) {
    logRepair(null, NOTHING_SCANNED, outcome, context.realNowMs() - startedMs);
  }
  const { gaps, candles, backfills, errors } = outcome;
  const message = repairMessage(outcome, isDry);
  return { gaps, candles, backfills, dry_run: isDry, errors, message };
}

function repairMessage(outcome: RepairOutcome, isDry: boolean): string {
  const { gaps, candles, backfills, left, more, errors } = outcome;
  const [first] = errors;
  const what = `${gaps} gaps of ${candles} candles`;
  const begun = isDry
    ? `${what} would be asked for again`
    : `${what} are asked for again by ${backfills.length} backfills; a scan after them says what came of it`;
  const failed =
    first === undefined
      ? ""
      : `; ${errors.length} backfills could not be begun, the first because ${first.reason}`;
  const rest =
    left === 0
      ? ""
      : `; ${more ? "at least " : ""}${left} gaps are left to a later repair: ask again`;
  return `${begun}${failed}${rest}`;
}
