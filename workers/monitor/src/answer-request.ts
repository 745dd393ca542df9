import { CandlehouseError, NotFoundError } from "@candlehouse/shared/core/errors";
import { formatSeries } from "@candlehouse/shared/core/series";
import { isSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { methodProblem, problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { readBody } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import type { MonitorContext } from "./context.ts";
import { logRepair, logScan } from "./log-work.ts";
import { ORDER_BYTES_MAX, parseRepairOrder, parseScanOrder } from "./orders.ts";
import { repairGaps, type RepairOutcome } from "./repair-gaps.ts";
import { NOTHING_SCANNED, scanPage, type ScanTotals } from "./scan-page.ts";

/** What answers a POST to an address, as JSON. */
type Answer = (context: MonitorContext, body: string) => Promise<unknown>;

const ROUTES: Readonly<Record<string, Answer>> = {
  "/v1/gaps/scan": answerScan,
  "/v1/gaps/repair": answerRepair,
};

/**
 * Answers a request that the query Worker passes on; who may ask was decided there. A failure is
 * problem JSON, and one that is ours is in the log.
 */
export async function answerRequest(request: Request, context: MonitorContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  try {
    const answer = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
    if (answer === undefined) {
      throw new NotFoundError(`there is nothing at ${pathname}`);
    }
    if (request.method !== "POST") {
      return problemResponse(methodProblem(request.method, pathname, ["POST"]));
    }
    const body = await answer(context, await readBody(request, ORDER_BYTES_MAX));
    return new Response(JSON.stringify(body), {
      headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
    });
  } catch (error) {
    return answerFailure(request.method, pathname, error);
  }
}

function answerFailure(method: string, path: string, error: unknown): Response {
  const problem = problemOf(error);
  if (problem.status >= 500) {
    const isOurs = error instanceof CandlehouseError || !(error instanceof Error);
    log("request.failed", {
      method,
      path,
      status: problem.status,
      code: problem.code,
      reason: isOurs ? String(error) : (error.stack ?? String(error)),
    });
  }
  return problemResponse(problem);
}

async function answerScan(context: MonitorContext, body: string): Promise<unknown> {
  const startedMs = context.realNowMs();
  const order = parseScanOrder(body);
  const { series } = order;
  if (series !== undefined && !(await isSeriesKnown(context.db, series))) {
    throw new NotFoundError(
      `there is no series ${formatSeries(series)}: it is not collected, and has neither candles nor files`,
    );
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

async function answerRepair(context: MonitorContext, body: string): Promise<unknown> {
  const startedMs = context.realNowMs();
  const { filter, isDry } = parseRepairOrder(body);
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
