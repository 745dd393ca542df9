import { InvalidInputError, NotFoundError, SourceOffError } from "@candlehouse/shared/core/errors";
import { recordLeft } from "@candlehouse/shared/d1/collection-record";
import { readKnownSeries } from "@candlehouse/shared/d1/collection-table";
import { problemOf, problemResponse } from "@candlehouse/shared/http/problem";
import { readBody, TRIGGER_BYTES_MAX } from "@candlehouse/shared/http/read-body";
import { log } from "@candlehouse/shared/log/log";
import { collectorTools } from "./collector-tools.ts";
import { keyOf, readSettings } from "./settings.ts";
import { sourceOf } from "./sources/registry.ts";
import { offReason } from "./sources/source.ts";
import { planTrigger } from "./trigger-plan.ts";
import { trigger, type TriggerAnswer } from "./trigger.ts";
import { parseTriggerRequest } from "./trigger-request.ts";

/**
 * Answers the one request that the producer takes, `POST /trigger`. It comes from the query Worker,
 * which has checked that its sender may write.
 */
export async function answerTrigger(
  request: Request,
  env: Env,
  exports: Cloudflare.Exports,
): Promise<Response> {
  try {
    const answer = await runTrigger(request, env, exports);
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const path = new URL(request.url).pathname;
      const { status, code } = problem;
      log("request.failed", { method: request.method, path, status, code, reason: String(error) });
    }
    return problemResponse(problem);
  }
}

async function runTrigger(
  request: Request,
  env: Env,
  exports: Cloudflare.Exports,
): Promise<TriggerAnswer> {
  const { pathname } = new URL(request.url);
  if (request.method !== "POST" || pathname !== "/trigger") {
    throw new NotFoundError(
      `${request.method} ${pathname} is not here: the producer takes POST /trigger`,
    );
  }
  const triggerRequest = parseTriggerRequest(await readJson(request));
  const source = sourceOf(triggerRequest.source);
  const off = offReason(source, keyOf(source, readSettings(env).keys));
  if (off !== undefined) {
    throw new SourceOffError(off);
  }
  const known = await readKnownSeries(env.DB, triggerRequest);
  const tools = collectorTools(env, exports, source);
  const nowSeconds = Math.floor(tools.nowMs() / 1_000);
  const plan = planTrigger(source, known, triggerRequest, nowSeconds);
  await recordLeft(env.DB, plan.left);
  return trigger(source, triggerRequest, plan, tools);
}

async function readJson(request: Request): Promise<unknown> {
  const text = await readBody(request, TRIGGER_BYTES_MAX);
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInputError(
      "body",
      text,
      'JSON such as {"source":"binance","symbol":"BTC-USDT","timeframe":"1m"}',
    );
  }
}
