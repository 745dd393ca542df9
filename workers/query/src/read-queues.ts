import { QueueUnavailableError } from "@candlehouse/shared/core/errors";
import { z } from "zod";

const queuesAnswer = z.object({
  queues: z.array(
    z.object({
      queue: z.string(),
      backlog_messages: z.int(),
      backlog_bytes: z.int(),
      oldest_message_at: z.int().nullable(),
    }),
  ),
});

/** What waits in a queue. */
export type QueueBacklog = z.output<typeof queuesAnswer>["queues"][number];

/** What waits in each queue, as the monitor sees it. Throws QueueUnavailableError. */
export async function readQueues(monitor: Fetcher): Promise<readonly QueueBacklog[]> {
  const response = await monitor.fetch("https://monitor/v1/queues").catch((cause: unknown) => {
    throw new QueueUnavailableError(`the monitor does not answer: ${String(cause)}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) {
    throw new QueueUnavailableError(
      `the monitor does not tell what waits in the queues: ${response.status} ${text}`,
    );
  }
  return queuesAnswer.parse(JSON.parse(text)).queues;
}
