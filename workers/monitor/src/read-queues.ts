import { shownTimeMs } from "@candlehouse/shared/core/clock";
import type { QueueBacklog } from "@candlehouse/shared/core/alert-rules";
import { QueueUnavailableError } from "@candlehouse/shared/core/errors";
import type { MonitorContext } from "./context.ts";

/** What waits in a queue, and since when. */
export interface QueueState extends QueueBacklog {
  readonly bytes: number;
  /** When the oldest message was sent, by the system's clock, unix seconds; null where none waits. */
  readonly oldestAt: number | null;
}

/**
 * What waits in each queue of this system, about as it is now: Queues counts it every few seconds.
 * Throws QueueUnavailableError.
 */
export function readQueues(context: MonitorContext): Promise<QueueState[]> {
  return Promise.all(
    Object.entries(context.queues).map(([queue, binding]) => readQueue(context, queue, binding)),
  );
}

async function readQueue(
  { clock, realNowMs }: MonitorContext,
  queue: string,
  binding: Queue,
): Promise<QueueState> {
  const { backlogCount, backlogBytes, oldestMessageTimestamp } = await binding
    .metrics()
    .catch((cause: unknown): never => {
      throw new QueueUnavailableError(`${queue} does not tell its backlog: ${String(cause)}`, {
        cause,
      });
    });
  // Of an empty queue there is none, or the beginning of time.
  const sentMs = backlogCount === 0 ? 0 : (oldestMessageTimestamp?.getTime() ?? 0);
  return {
    queue,
    messages: backlogCount,
    bytes: backlogBytes,
    ageSeconds: sentMs === 0 ? null : Math.max(0, Math.floor((realNowMs() - sentMs) / 1_000)),
    oldestAt: sentMs === 0 ? null : Math.floor(shownTimeMs(clock, sentMs) / 1_000),
  };
}
