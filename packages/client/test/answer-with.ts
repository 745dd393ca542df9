/** One request as the client sent it. */
export interface Asked {
  readonly method: string;
  /** Path and query string. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal;
}

export type Reply = (asked: Asked, attempt: number) => Response | Promise<Response>;

/** A `fetch` that gives `replies` one after the other, the last one again and again; and what it was asked. */
export function answerWith(...replies: readonly Reply[]) {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const { pathname, search } = new URL(request.url);
    const one: Asked = {
      method: request.method,
      target: `${pathname}${search}`,
      headers: request.headers,
      body: await request.text(),
      signal: request.signal,
    };
    asked.push(one);
    const reply = replies[Math.min(asked.length, replies.length) - 1];
    if (reply === undefined) {
      throw new TypeError("fetch failed");
    }
    return reply(one, asked.length);
  };
  return { asked, fetch };
}

/** A problem document as the system writes it. */
export function problem(
  status: number,
  members: object,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(
    { type: "about:blank", title: "A problem", status, ...members },
    { status, headers: { "content-type": "application/problem+json", ...headers } },
  );
}
