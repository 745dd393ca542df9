import { deadLettersPage, type DeadLetter } from "./answers/dead-letter.ts";
import type { Client } from "./client.ts";
import { CommandError } from "./command-error.ts";

/** Which dead letters are meant; what is left out is any. */
export interface DeadLetterFilter {
  readonly state?: string | undefined;
  readonly source?: string | undefined;
  readonly queue?: string | undefined;
  readonly reason_code?: string | undefined;
}

export const DEAD_LETTERS = "/v1/dead-letters";

/** Most dead letters in one page. */
const PAGE_LETTERS = 1_000;

/** Digits in a whole id. */
const ID_LENGTH = 64;

/** Up to `limit` dead letters, the one first seen last at the top, and whether there are more. */
export async function listDeadLetters(
  client: Client,
  filter: DeadLetterFilter,
  limit: number,
): Promise<{ readonly letters: DeadLetter[]; readonly hasMore: boolean }> {
  const letters: DeadLetter[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...filter, cursor, limit: Math.min(PAGE_LETTERS, limit + 1 - letters.length) };
    const page = await client.ask(deadLettersPage, { path: DEAD_LETTERS, query });
    letters.push(...page.dead_letters);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && letters.length <= limit);
  return { letters: letters.slice(0, limit), hasMore: letters.length > limit };
}

/**
 * The whole ids of the dead letters that `beginnings` of ids mean, each once. Throws a CommandError
 * where one means none or several.
 */
export async function resolveIds(
  client: Client,
  beginnings: readonly string[],
): Promise<readonly string[]> {
  const isWhole = beginnings.every((beginning) => beginning.length === ID_LENGTH);
  const { letters } = isWhole
    ? { letters: [] }
    : await listDeadLetters(client, {}, Number.MAX_SAFE_INTEGER);
  const ids = beginnings.map((beginning) => {
    if (beginning.length === ID_LENGTH) {
      return beginning;
    }
    const found = letters.filter(({ id }) => id.startsWith(beginning));
    const [first] = found;
    if (first === undefined || found.length > 1) {
      const count = first === undefined ? "no dead letter begins" : `${found.length} begin`;
      throw new CommandError(
        `${count} with ${beginning}: candlehouse dead-letters --state any lists all`,
      );
    }
    return first.id;
  });
  return [...new Set(ids)];
}
