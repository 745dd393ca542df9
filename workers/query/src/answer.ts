import { hexOf } from "@candlehouse/shared/core/hex";

/** For answers that the next minute may change: a burst of readers costs one read. */
export const CACHE_BRIEFLY = "public, max-age=5";

/** For answers that never change: a year is as long as caches keep anything. */
export const CACHE_FOR_EVER = "public, max-age=31536000, immutable";

/**
 * For what hardly ever changes but may, and for what an order changes whose sender looks at it at
 * once: it is kept, and asked for by its entity tag each time.
 */
export const CACHE_BY_TAG = "public, no-cache";

export const CACHE_NEVER = "no-store";

export const JSON_TYPE = "application/json";
export const NDJSON_TYPE = "application/x-ndjson";
export const CSV_TYPE = "text/csv; charset=utf-8; header=present";

/** What an answer says beside its body. */
export interface AnswerHead {
  readonly contentType: string;
  readonly cacheControl: string;
  /** What the answer cost in D1, for the Server-Timing header. */
  readonly cost?: { readonly durationMs: number; readonly rowsRead: number };
  readonly headers?: Readonly<Record<string, string>>;
}

/** A 200 answer with `body` and its strong entity tag, the SHA-256 of what is sent. */
export async function answer(body: string, head: AnswerHead): Promise<Response> {
  const bytes = new TextEncoder().encode(body);
  const response = new Response(bytes, {
    headers: {
      "content-type": head.contentType,
      "cache-control": head.cacheControl,
      etag: await entityTagOf(bytes),
      ...head.headers,
    },
  });
  if (head.cost !== undefined) {
    const { durationMs, rowsRead } = head.cost;
    response.headers.set("server-timing", `d1;dur=${durationMs};desc="${rowsRead} rows read"`);
  }
  return response;
}

/** The strong entity tag of a body. Where it is sent encoded, the encoding is added. */
export async function entityTagOf(body: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return `"${hexOf(new Uint8Array(digest))}"`;
}
