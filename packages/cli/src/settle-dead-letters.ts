import type { z } from "zod";
import { discardAnswer, replayAnswer, type FailedReplay } from "./answers/dead-letter.ts";
import type { Client } from "./client.ts";
import { DEAD_LETTERS, type DeadLetterFilter } from "./list-dead-letters.ts";

/** Most dead letters that one request names. */
const NAMED_MAX = 100;

/** What became of the dead letters that were to be replayed. */
export interface Replay {
  readonly ids: readonly string[];
  /** Those that were not sent, each once. */
  readonly failed: readonly FailedReplay[];
}

/** Sends the dead letters of `ids` to their queues again. */
export async function replayNamed(client: Client, ids: readonly string[]): Promise<Replay> {
  const answers: Answer[] = [];
  for (const some of inParts(ids)) {
    answers.push(await replayOnce(client, { ids: some }));
  }
  return sumOf(answers);
}

/**
 * Sends all open dead letters that `filter` means, as many as were open when it began: what is sent
 * and comes back stands at the end of the line, and would keep the work from ending.
 */
export async function replayAll(client: Client, filter: DeadLetterFilter): Promise<Replay> {
  const answers: Answer[] = [];
  let [done, due] = [0, Number.POSITIVE_INFINITY];
  do {
    const answer = await replayOnce(client, { all: true, ...filter });
    answers.push(answer);
    const { ids, failed } = sumOf(answers);
    due = Math.min(due, ids.length + failed.length + answer.remaining);
    if (ids.length + failed.length === done) {
      break;
    }
    done = ids.length + failed.length;
  } while (done < due);
  return sumOf(answers);
}

type Answer = z.output<typeof replayAnswer>;

function replayOnce(client: Client, body: object): Promise<Answer> {
  return client.ask(replayAnswer, { method: "POST", path: `${DEAD_LETTERS}/replay`, body });
}

function sumOf(answers: readonly Answer[]): Replay {
  const failed = answers.flatMap((answer) => answer.failed.map((one) => [one.id, one] as const));
  return { ids: answers.flatMap(({ ids }) => ids), failed: [...new Map(failed).values()] };
}

/** Gives the dead letters of `ids` up, for `reason`; returns the ids of those that were open. */
export async function discardNamed(
  client: Client,
  ids: readonly string[],
  reason: string,
): Promise<string[]> {
  const discarded: string[] = [];
  for (const some of inParts(ids)) {
    const answer = await client.ask(discardAnswer, {
      method: "POST",
      path: `${DEAD_LETTERS}/discard`,
      body: { ids: some, reason },
    });
    discarded.push(...answer.ids);
  }
  return discarded;
}

function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / NAMED_MAX) }, (_, part) =>
    ids.slice(part * NAMED_MAX, (part + 1) * NAMED_MAX),
  );
}
