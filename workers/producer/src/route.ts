/** What a request to the producer is answered with. */
export interface ProducerContext {
  readonly env: Env;
  readonly exports: Cloudflare.Exports;
}

/** What answers one method of one address. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: RegExp;
  /**
   * `name` is what the first group of `path` holds, as it stands in the address; empty where there
   * is none. What is thrown becomes problem JSON.
   */
  readonly answer: (context: ProducerContext, request: Request, name: string) => Promise<Response>;
}

/** `body` as an answer that nobody keeps. */
export function jsonResponse(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" },
  });
}
