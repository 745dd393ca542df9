import { addressOf } from "./query.ts";
import type { Transport } from "./transport.ts";

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A page of a list. */
export interface Page {
  /** Leads to the next one; null on the last. */
  readonly next_cursor: string | null;
}

/** The answer of `path`, in the format that it comes in. */
export function open(
  transport: Transport,
  path: string,
  query: object = {},
  { signal }: RequestOptions = {},
): Promise<Response> {
  return transport.send(addressOf(path, query), () => (signal === undefined ? {} : { signal }));
}

/**
 * The answer of `path` as JSON. That it is an `Answer` is what the instance's OpenAPI document says;
 * it is not looked at.
 */
export async function read<Answer>(
  transport: Transport,
  path: string,
  query?: object,
  options?: RequestOptions,
): Promise<Answer> {
  const response = await open(transport, path, query, options);
  return JSON.parse(await response.text());
}

/** Page after page, each asked for when it is taken. */
export async function* follow<One extends Page>(
  load: (cursor: string | undefined) => Promise<One>,
): AsyncGenerator<One, void> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await load(cursor);
    yield page;
    cursor = page.next_cursor;
  }
}

/** What the pages list, one after the other. */
export async function* itemsOf<One, Item>(
  pages: AsyncGenerator<One, void>,
  itemsIn: (page: One) => readonly Item[],
): AsyncGenerator<Item, void> {
  for await (const page of pages) {
    yield* itemsIn(page);
  }
}
