import { shownSeconds, shownTimeMs } from "@candlehouse/shared/core/clock";
import {
  CandlehouseError,
  PoisonMessageError,
  type ErrorCode,
} from "@candlehouse/shared/core/errors";
import { indexDeadLetters, type DeadLetterEntry } from "@candlehouse/shared/d1/dead-letter-index";
import { encodeDeadLetter, putDeadLetter } from "@candlehouse/shared/r2/dead-letter";
import type { ConsumerContext } from "./consume-batch.ts";
import type { DeadMessage, RetriedMessage } from "./fate.ts";

/** A message that is kept as the dead letter named. */
export interface KeptMessage extends DeadMessage {
  readonly deadLetter: string;
}

interface KeptBody {
  readonly dead: DeadMessage;
  readonly entry: DeadLetterEntry;
}

/**
 * Keeps messages as dead letters: the body on R2 first, then the row in the index, so that no row
 * names a body that is not there. What could not be kept goes back to the queue.
 */
export async function keepDeadLetters(
  dead: readonly DeadMessage[],
  queue: string,
  context: ConsumerContext,
): Promise<{ readonly kept: readonly KeptMessage[]; readonly retried: readonly RetriedMessage[] }> {
  const bodies: KeptBody[] = [];
  const retried: RetriedMessage[] = [];
  const outcomes = await Promise.allSettled(dead.map((one) => keepBody(one, queue, context)));
  for (const [index, one] of dead.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === "fulfilled") {
      bodies.push(outcome.value);
    } else {
      retried.push({ message: one.message, ...failureOf(outcome?.reason) });
    }
  }
  if (bodies.length === 0) {
    return { kept: [], retried };
  }
  try {
    await indexDeadLetters(
      context.db,
      bodies.map(({ entry }) => entry),
    );
  } catch (error) {
    const failure = failureOf(error);
    const unindexed = bodies.map(({ dead: { message } }) => ({ message, ...failure }));
    return { kept: [], retried: [...retried, ...unindexed] };
  }
  const kept = bodies.map(({ dead: one, entry }) => ({ ...one, deadLetter: entry.id }));
  return { kept, retried };
}

async function keepBody(
  dead: DeadMessage,
  queue: string,
  { bucket, clock, realNowMs }: ConsumerContext,
): Promise<KeptBody> {
  const { message, reasonCode, reason } = dead;
  const seenAt = shownSeconds({ clock, realNowMs });
  const sentAtMs = Math.floor(shownTimeMs(clock, message.timestamp.getTime()));
  const body = await encodeDeadLetter(message.body);
  await putDeadLetter(bucket, body, { queue, reasonCode, reason, firstSeen: seenAt, sentAtMs });
  return {
    dead,
    entry: {
      id: body.id,
      queue,
      ...describeBody(message.body),
      reasonCode,
      reason,
      bodyKey: body.key,
      bodyBytes: body.bytes.byteLength,
      seenAt,
    },
  };
}

/** Longest source that the index takes over from a body that nobody checked. */
const SOURCE_LENGTH_MAX = 40;

/** What a body says of itself, as far as it can be read. */
function describeBody(body: unknown): { source: string | null; candles: number | null } {
  if (typeof body !== "object" || body === null) {
    return { source: null, candles: null };
  }
  const source = "source" in body ? body.source : null;
  const candles = "candles" in body ? body.candles : null;
  return {
    source: typeof source === "string" ? source.slice(0, SOURCE_LENGTH_MAX) : null,
    candles: Array.isArray(candles) ? candles.length : null,
  };
}

function failureOf(error: unknown): { code: ErrorCode; reason: string } {
  const known =
    error instanceof CandlehouseError
      ? error
      : new PoisonMessageError(`cannot be kept: ${String(error)}`, { cause: error });
  return { code: known.code, reason: known.message };
}
