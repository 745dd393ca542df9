/**
 * Stores candles in its local D1 through the consumer's own handler, and in the usual way. The
 * driver times the requests from outside, since a Worker's clock stands still while it computes.
 */
import { parseClock } from "@candlehouse/shared/core/clock";
import { consumeBatch } from "../../workers/consumer/src/consume-batch.ts";
import {
  benchMessages,
  CANDLES_PER_BATCH,
  CANDLES_PER_MESSAGE,
  MESSAGES_PER_BATCH,
  type BenchMessage,
} from "../candles.ts";
import { createUsualTable, storeTheUsualWay } from "./usual-way.ts";

interface Env {
  readonly DB: D1Database;
  readonly USUAL_DB: D1Database;
  readonly BUCKET: R2Bucket;
}

/** Message bodies of the run to come, as a queue hands them over; made before the clock starts. */
let prepared: BenchMessage[] = [];

// oxlint-disable-next-line import/no-default-export -- a Worker's handlers are its default export
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.startsWith("/prepare/")) {
      await (pathname === "/prepare/consumer"
        ? env.DB.prepare("DELETE FROM price_data").run()
        : env.USUAL_DB.batch(createUsualTable(env.USUAL_DB)));
      const candles = Number(searchParams.get("candles"));
      if (prepared.length * CANDLES_PER_MESSAGE !== candles) {
        prepared = benchMessages(0, candles);
      }
      return Response.json({ messages: prepared.length });
    }
    const rowsWritten =
      pathname === "/consumer" ? await storeThroughConsumer(env) : await storeUsually(env);
    return Response.json({ rowsWritten });
  },
} satisfies ExportedHandler<Env>;

async function storeThroughConsumer(env: Env): Promise<number> {
  let rowsWritten = 0;
  const db = countRows(env.DB, (rows) => {
    rowsWritten += rows;
  });
  const acknowledged = new Set<string>();
  for (const bodies of batches()) {
    await consumeBatch(messageBatch(bodies, acknowledged), {
      db,
      bucket: env.BUCKET,
      deadLetterQueues: new Set(["candles-dlq"]),
      clock: parseClock(""),
      realNowMs: Date.now,
    });
  }
  if (acknowledged.size !== prepared.length) {
    throw new Error(`${acknowledged.size} of ${prepared.length} messages were acknowledged`);
  }
  return rowsWritten;
}

async function storeUsually(env: Env): Promise<number> {
  let rowsWritten = 0;
  for (const bodies of batches()) {
    rowsWritten += await storeTheUsualWay(env.USUAL_DB, bodies);
  }
  return rowsWritten;
}

function* batches(): Generator<BenchMessage[]> {
  for (let first = 0; first < prepared.length; first += MESSAGES_PER_BATCH) {
    yield prepared.slice(first, first + MESSAGES_PER_BATCH);
  }
}

/** `db` as the consumer uses it; tells the billed rows of each transaction to `report`. */
function countRows(db: D1Database, report: (rowsWritten: number) => void): D1Database {
  return new Proxy(db, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") {
        return member;
      }
      return name === "batch"
        ? async (statements: D1PreparedStatement[]) => {
            const results = await target.batch(statements);
            report(results.reduce((sum, { meta }) => sum + meta.rows_written, 0));
            return results;
          }
        : member.bind(target);
    },
  });
}

function refuse(): never {
  throw new Error(`a batch of ${CANDLES_PER_BATCH} candles was not stored`);
}

/** A batch as a queue delivers it. */
function messageBatch(bodies: readonly BenchMessage[], acknowledged: Set<string>): MessageBatch {
  const timestamp = new Date();
  return {
    queue: "candles",
    messages: bodies.map((body, index) => {
      const id = `${acknowledged.size}-${index}`;
      return {
        id,
        timestamp,
        attempts: 1,
        body,
        ack: () => void acknowledged.add(id),
        retry: refuse,
      };
    }),
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll: refuse,
    retryAll: refuse,
  };
}
