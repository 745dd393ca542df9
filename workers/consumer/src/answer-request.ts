import { shownSeconds } from "@candlehouse/shared/core/clock";
import { REPLAYED_LETTERS_MAX } from "@candlehouse/shared/core/dead-letter";
import { addToTally, newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import {
  discardDeadLetters,
  findDeadLetters,
  findOpenDeadLetters,
  type ReplayableLetter,
} from "@candlehouse/shared/d1/settle-dead-letters";
import { answerRoutes, jsonRoutes } from "@candlehouse/shared/http/answer-routes";
import { readBody } from "@candlehouse/shared/http/read-body";
import { countD1 } from "@candlehouse/shared/ledger/count-d1";
import { countR2 } from "@candlehouse/shared/ledger/count-r2";
import { recordWork } from "@candlehouse/shared/ledger/record-work";
import { log } from "@candlehouse/shared/log/log";
import type { LetterContext } from "./letter-context.ts";
import {
  ORDER_BYTES_MAX,
  parseDiscardOrder,
  parseReplayOrder,
  type ReplayOrder,
} from "./letter-orders.ts";
import { replayDeadLetters, type FailedReplay } from "./replay-dead-letters.ts";

const ROUTES = jsonRoutes<LetterContext>([
  { method: "POST", path: /^\/v1\/dead-letters\/replay$/, answer: answerReplay },
  { method: "POST", path: /^\/v1\/dead-letters\/discard$/, answer: answerDiscard },
]);

/** Answers a request that the query Worker passes on; a failure that is ours is in the log. */
export function answerRequest(request: Request, context: LetterContext): Promise<Response> {
  return answerRoutes(ROUTES, request, context, (failure) => log("request.failed", failure));
}

async function answerReplay(context: LetterContext, request: Request): Promise<unknown> {
  const order = parseReplayOrder(await readBody(request, ORDER_BYTES_MAX));
  const startedMs = context.realNowMs();
  const tally = newTally();
  const counted = countCosts(context, tally);
  const { letters, unknown, remaining } = await findMeant(counted.db, order);
  const outcome = await replayDeadLetters(letters, counted);
  const { replayed } = outcome;
  const failed = [...unknown, ...outcome.failed];
  const candles = replayed.reduce((sum, letter) => sum + (letter.candles ?? 0), 0);
  addToTally(tally, { candles, queue_operations: replayed.length });
  const durationMs = await recordOrder(context, tally, startedMs);
  const [first] = failed;
  log("dead_letters.replayed", {
    replayed: replayed.length,
    candles,
    failed: failed.length,
    code: first?.code ?? null,
    reason: first?.reason ?? null,
    remaining,
    durationMs,
  });
  return {
    replayed: replayed.length,
    ids: replayed.map(({ id }) => id),
    failed: failed.map(tellFailure),
    remaining,
    message: replayMessage(replayed.length, failed.length, remaining),
  };
}

/** What an order means: what there is of it, what there is not, and what is left to a later one. */
async function findMeant(
  db: D1Database,
  order: ReplayOrder,
): Promise<{
  readonly letters: readonly ReplayableLetter[];
  readonly unknown: readonly FailedReplay[];
  readonly remaining: number;
}> {
  if ("filter" in order) {
    const { letters, total } = await findOpenDeadLetters(db, order.filter, REPLAYED_LETTERS_MAX);
    return { letters, unknown: [], remaining: total - letters.length };
  }
  const letters = await findDeadLetters(db, order.ids);
  const known = new Set(letters.map(({ id }) => id));
  const unknown = order.ids
    .filter((id) => !known.has(id))
    .map((id): FailedReplay => ({ id, code: "not_found", reason: "there is no such dead letter" }));
  return { letters, unknown, remaining: 0 };
}

/** What a database or a queue says of its own inside is not the caller's business: the log has it. */
function tellFailure({ id, code, reason }: FailedReplay): FailedReplay {
  return code === "storage_unavailable" || code === "queue_unavailable"
    ? { id, code, reason: "A part of the system does not answer now: replay it again." }
    : { id, code, reason };
}

function replayMessage(replayed: number, failed: number, remaining: number): string {
  const sent = `${lettersText(replayed)} sent to the queue again; what fails again is open again`;
  const kept = failed === 0 ? "" : `; ${lettersText(failed)} not sent: see failed`;
  const rest = remaining === 0 ? "" : `; ${remaining} more are open: ask again`;
  return `${sent}${kept}${rest}`;
}

async function answerDiscard(context: LetterContext, request: Request): Promise<unknown> {
  const { ids, reason } = parseDiscardOrder(await readBody(request, ORDER_BYTES_MAX));
  const startedMs = context.realNowMs();
  const tally = newTally();
  const { db } = countCosts(context, tally);
  const discarded = await discardDeadLetters(db, ids, reason, shownSeconds(context));
  const durationMs = await recordOrder(context, tally, startedMs);
  const left = ids.length - discarded.length;
  log("dead_letters.discarded", { discarded: discarded.length, left, reason, durationMs });
  const rest = left === 0 ? "" : `; ${left} of those named are not open, and stay as they are`;
  return {
    discarded: discarded.length,
    ids: discarded,
    message: `${lettersText(discarded.length)} discarded; what was in them stays on R2${rest}`,
  };
}

/** `context`, whose database and bucket count what is billed. */
function countCosts(context: LetterContext, tally: LedgerTally): LetterContext {
  return {
    ...context,
    db: countD1(context.db, tally),
    bucket: countR2(context.bucket, tally),
  };
}

/** Tells the ledger of an order that is done; returns how long it took, in milliseconds. */
async function recordOrder(
  context: LetterContext,
  tally: LedgerTally,
  startedMs: number,
): Promise<number> {
  const durationMs = context.realNowMs() - startedMs;
  // The request that the query Worker got: what it passes on is not billed again.
  addToTally(tally, { runs: 1, requests: 1, duration_ms: durationMs });
  await recordWork(context.db, "dead_letters", tally, shownSeconds(context));
  return durationMs;
}

function lettersText(count: number): string {
  return `${count} dead ${count === 1 ? "letter" : "letters"}`;
}
