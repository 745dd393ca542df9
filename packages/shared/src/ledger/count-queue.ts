import type { LedgerTally } from "../core/ledger.ts";
import { overlay } from "../core/overlay.ts";

/**
 * `queue`, which adds what is sent to `tally`: an operation a message. Queues bill one for each
 * 64 KB of a message; those of this system are smaller.
 * https://developers.cloudflare.com/queues/platform/pricing/
 */
export function countQueue<Body>(queue: Queue<Body>, tally: LedgerTally): Queue<Body> {
  return overlay(queue, {
    send: async (message, options) => {
      const sent = await queue.send(message, options);
      tally.queue_operations += 1;
      return sent;
    },
    sendBatch: async (messages, options) => {
      const batch = [...messages];
      const sent = await queue.sendBatch(batch, options);
      tally.queue_operations += batch.length;
      return sent;
    },
  });
}
