import { CandlehouseError, PoisonMessageError } from "@candlehouse/shared/core/errors";
import { newTally, type LedgerTally } from "@candlehouse/shared/core/ledger";
import type { Partition } from "@candlehouse/shared/core/partition";
import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { isSeriesKnown } from "@candlehouse/shared/d1/known-series";
import { log } from "@candlehouse/shared/log/log";
import { decodeCompaction } from "@candlehouse/shared/queue/compaction-message";
import type { StepContext } from "./archive-steps.ts";
import { compactPartition } from "./compact.ts";
import type { ArchiverContext } from "./context.ts";
import { enqueueCompaction } from "./fragments-register.ts";
import { newBudget } from "./statement-budget.ts";

/** Waits, in seconds, after the first, the second and the third delivery that failed. */
const RETRY_DELAYS_SECONDS = [10, 60, 300];

/** The messages of a batch that ask for the same partition. */
interface Group {
  readonly series: Series;
  readonly partition: Partition;
  readonly messages: Message[];
}

/**
 * Compacts what the messages of a batch ask for, each partition once. A message is acknowledged
 * when its partition's fragments are merged, and only then; where they are more than one invocation
 * may merge, when a message that asks for the others is in the queue. One that cannot be meant goes
 * back like one that failed: after its deliveries it is a dead letter, which keeps it. What the
 * queue bills is added to `tally`.
 */
export async function consumeCompaction(
  batch: MessageBatch,
  context: StepContext & Pick<ArchiverContext, "compaction">,
  tally: LedgerTally = newTally(),
): Promise<void> {
  tally.runs = 1;
  tally.requests = 1;
  // Each message was read; those that are acknowledged are deleted too.
  tally.queue_operations += batch.messages.length;
  const groups = new Map<string, Group>();
  for (const message of batch.messages) {
    try {
      const { series, partition } = decodeCompaction(message.body);
      const name = `${formatSeries(series)} ${partition}`;
      const group = groups.get(name) ?? { series, partition, messages: [] };
      groups.set(name, { ...group, messages: [...group.messages, message] });
    } catch (error) {
      sendBack(batch.queue, [message], error);
      tally.retried += 1;
    }
  }
  const budget = newBudget();
  for (const { series, partition, messages } of groups.values()) {
    try {
      await expectKnown(context.db, series);
      const { isOpen } = await compactPartition(context, { series, partition }, budget);
      if (isOpen) {
        await enqueueCompaction(context.compaction, [{ series, partition }]);
      }
      for (const message of messages) {
        message.ack();
      }
      tally.queue_operations += messages.length;
    } catch (error) {
      sendBack(batch.queue, messages, error);
      tally.retried += messages.length;
    }
  }
}

async function expectKnown(db: D1Database, series: Series): Promise<void> {
  if (!(await isSeriesKnown(db, series))) {
    throw new PoisonMessageError(
      `${formatSeries(series)} is not collected and has neither hot candles nor files`,
    );
  }
}

/** Sends messages back to the queue, and says why. Throws nothing. */
function sendBack(queue: string, messages: readonly Message[], error: unknown): void {
  let longestDelaySeconds = 0;
  for (const message of messages) {
    const place = Math.min(message.attempts, RETRY_DELAYS_SECONDS.length) - 1;
    const delaySeconds = RETRY_DELAYS_SECONDS[place] ?? 0;
    message.retry({ delaySeconds });
    longestDelaySeconds = Math.max(longestDelaySeconds, delaySeconds);
  }
  log("compaction.retried", {
    queue,
    messages: messages.length,
    code: error instanceof CandlehouseError ? error.code : "internal",
    reason: String(error),
    delaySeconds: longestDelaySeconds,
  });
}
