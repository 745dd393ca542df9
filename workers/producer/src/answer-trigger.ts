import { InvalidInputError, SourceOffError } from "@candlehouse/shared/core/errors";
import { newTally } from "@candlehouse/shared/core/ledger";
import { recordLeft } from "@candlehouse/shared/d1/collection-record";
import { readKnownSeries } from "@candlehouse/shared/d1/collection-table";
import { jsonResponse } from "@candlehouse/shared/http/answer-routes";
import { readBody, TRIGGER_BYTES_MAX } from "@candlehouse/shared/http/read-body";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { collectorTools } from "./collector-tools.ts";
import type { ProducerContext } from "./context.ts";
import { countBindings } from "./count-bindings.ts";
import { keyOf, readSettings } from "./settings.ts";
import { sourceOf } from "./sources/registry.ts";
import { offReason } from "./sources/source.ts";
import { planTrigger } from "./trigger-plan.ts";
import { trigger } from "./trigger.ts";
import { parseTriggerRequest } from "./trigger-request.ts";

/** Answers `POST /trigger`, and tells the ledger. Throws an error of core/errors.ts. */
export async function answerTrigger(
  { env, exports }: ProducerContext,
  request: Request,
): Promise<Response> {
  const triggerRequest = parseTriggerRequest(await readJson(request));
  const source = sourceOf(triggerRequest.source);
  const off = offReason(source, keyOf(source, readSettings(env).keys));
  if (off !== undefined) {
    throw new SourceOffError(off);
  }
  const startMs = Date.now();
  const tally = newTally();
  const counted = countBindings(env, tally);
  const tools = collectorTools(counted, exports, tally, source);
  const nowSeconds = Math.floor(tools.nowMs() / 1_000);
  const known = await readKnownSeries(counted.DB, triggerRequest);
  const plan = planTrigger(source, known, triggerRequest, nowSeconds);
  try {
    await recordLeft(counted.DB, plan.left);
    const answer = await trigger(source, triggerRequest, plan, tools);
    tally.candles = answer.inserted;
    return jsonResponse(answer);
  } finally {
    tally.runs = 1;
    tally.requests = 1;
    tally.duration_ms = Date.now() - startMs;
    await recordWork(env.DB, "trigger", tally, nowSeconds);
  }
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
