/**
 * Imports files by the archiver's own code into its local D1 and R2. The queues take what they are
 * given and do nothing with it: merging what was imported is no part of what is measured.
 */
import { REAL_CLOCK } from "@candlehouse/shared/core/clock";
import { answerImport } from "../../workers/archiver/src/answer-imports.ts";
import type { ArchiverContext } from "../../workers/archiver/src/context.ts";

interface Env {
  readonly DB: D1Database;
  readonly BUCKET: R2Bucket;
}

/** A queue that forgets what it takes. */
function silentQueue<Body>(): Queue<Body> {
  const taken = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
  return {
    metrics: () => Promise.resolve({ backlogCount: 0, backlogBytes: 0 }),
    send: () => Promise.resolve(taken),
    sendBatch: () => Promise.resolve(taken),
  };
}

function noWorkflow(): never {
  throw new Error("an import starts no Workflow");
}

// oxlint-disable-next-line import/no-default-export -- a Worker's handlers are its default export
export default {
  async fetch(request, env) {
    const context: ArchiverContext = {
      db: env.DB,
      bucket: env.BUCKET,
      archive: {
        get: noWorkflow,
        create: noWorkflow,
        createBatch: noWorkflow,
        deleteBatch: noWorkflow,
      },
      compaction: silentQueue(),
      candles: silentQueue(),
      clock: REAL_CLOCK,
      realNowMs: Date.now,
      hotDays: 20,
      deleteAfterSeconds: 86_400,
    };
    return Response.json(await answerImport(context, request));
  },
} satisfies ExportedHandler<Env>;
