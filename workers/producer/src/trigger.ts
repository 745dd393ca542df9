import {
  SourceOffError,
  SourceRateLimitedError,
  type CandlehouseError,
} from "@candlehouse/shared/core/errors";
import { formatSeries } from "@candlehouse/shared/core/series";
import { addCandles } from "@candlehouse/shared/core/timeframe";
import type { Outcome, Reservation } from "@candlehouse/shared/core/rate-limit";
import { log } from "@candlehouse/shared/log/log";
import { encodeCandle } from "@candlehouse/shared/queue/candle-message";
import { closedText, type CollectorTools } from "./collect-shard.ts";
import { expectCandlehouseError } from "./expected-error.ts";
import { fetchCandles, outcomeOf } from "./fetch-candles.ts";
import { packMessages, sendMessages } from "./send-candles.ts";
import type { CandleRequest, Source } from "./sources/source.ts";
import type { TriggerPlan } from "./trigger-plan.ts";
import type { TriggerRequest } from "./trigger-request.ts";

/** A hand-made fetch does not wait longer than this for the source's rate limit. */
const TRIGGER_WAIT_MS_MAX = 60_000;

/** The answer to `POST /trigger`. */
export interface TriggerAnswer {
  /** Candles that were queued; the consumer ignores those that are stored already. */
  readonly inserted: number;
  readonly message: string;
  readonly next_trigger: string;
}

/** What was queued so far. */
interface Queued {
  candles: number;
  messages: number;
  requests: number;
  oldest: number | null;
}

/**
 * Fetches the pages of `plan` now and queues their candles, oldest page first. Throws an error of
 * core/errors.ts; what was queued before it stays queued, and the error says how much that is.
 */
export async function trigger(
  source: Source,
  request: TriggerRequest,
  plan: TriggerPlan,
  tools: CollectorTools,
): Promise<TriggerAnswer> {
  const startMs = Date.now();
  const deadlineMs = tools.nowMs() + TRIGGER_WAIT_MS_MAX;
  const queued: Queued = { candles: 0, messages: 0, requests: 0, oldest: null };
  for (const page of plan.pages) {
    await triggerPage(source, page, queued, deadlineMs, tools).catch((thrown: unknown) => {
      throw queued.candles === 0 ? thrown : withQueued(expectCandlehouseError(thrown), queued);
    });
  }
  log("trigger.queued", {
    series: formatSeries(request),
    requests: queued.requests,
    candles: queued.candles,
    messages: queued.messages,
    durationMs: Date.now() - startMs,
  });
  const nextToTs = addCandles(queued.oldest ?? plan.start, request.timeframe, -1);
  const why = queued.candles === 0 ? `: ${emptyReason(source)}` : "";
  return {
    inserted: queued.candles,
    message: `Queued ${queued.candles} candles for ${request.symbol} in ${queued.messages} batches${why}`,
    next_trigger: `POST /trigger with toTs=${nextToTs}`,
  };
}

async function triggerPage(
  source: Source,
  page: CandleRequest,
  queued: Queued,
  deadlineMs: number,
  tools: CollectorTools,
): Promise<void> {
  const candles = await fetchPage(source, page, deadlineMs, tools);
  const rows = candles.map((candle) => encodeCandle(page.symbol, page.timeframe, candle));
  const messages = packMessages(source.id, "trigger", rows, Math.floor(tools.nowMs() / 1_000));
  await sendMessages(tools.queue, messages, tools.sleep);
  queued.requests += 1;
  queued.candles += rows.length;
  queued.messages += messages.length;
  queued.oldest ??= candles[0]?.timestamp ?? null;
}

/** One page, from the first host that lets itself be asked. */
async function fetchPage(
  source: Source,
  page: CandleRequest,
  deadlineMs: number,
  tools: CollectorTools,
): Promise<Awaited<ReturnType<typeof fetchCandles>>["candles"]> {
  let refusal: CandlehouseError = new SourceOffError(`${source.id} has no host`);
  for (const host of source.hosts) {
    const closed = await awaitGrant(source, host, deadlineMs, tools);
    if (closed !== null) {
      refusal = new SourceRateLimitedError(
        closedText(host, closed),
        closed.untilMs - tools.nowMs(),
      );
      continue;
    }
    const outcomes: Outcome[] = [];
    try {
      const answer = await fetchCandles(source, host, page, tools.access);
      outcomes.push({ kind: "answered", usedWeight: answer.usedWeight });
      return answer.candles;
    } catch (thrown) {
      refusal = expectCandlehouseError(thrown);
      const outcome = outcomeOf(refusal);
      outcomes.push(outcome);
      if (outcome.kind !== "blocked") {
        throw refusal;
      }
    } finally {
      await tools.reserve(host, source.rate, outcomes, 0);
    }
  }
  throw refusal;
}

/** Waits until the host may be asked once; returns why not, where it is left alone. */
async function awaitGrant(
  source: Source,
  host: string,
  deadlineMs: number,
  tools: CollectorTools,
): Promise<Reservation["closed"]> {
  for (;;) {
    const { granted, closed, waitMs } = await tools.reserve(host, source.rate, [], 1);
    if (closed !== null || granted > 0) {
      return closed;
    }
    if (tools.nowMs() + waitMs > deadlineMs) {
      throw new SourceRateLimitedError(`${host} is busy with scheduled collection`, waitMs);
    }
    await tools.sleep(waitMs);
  }
}

/** `error` with what was queued before it, of the same class and so of the same meaning. */
function withQueued(error: CandlehouseError, queued: Queued): CandlehouseError {
  error.message += `. ${queued.candles} candles were queued before; the same request fetches the rest`;
  return error;
}

/** Why a trigger without an error queued nothing. */
function emptyReason(source: Source): string {
  const reach = source.newestOnly;
  return reach === null
    ? `${source.id} has no closed candle in this range`
    : `${source.id} serves its newest ${reach} candles alone, and has none of them in this range`;
}
