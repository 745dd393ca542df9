import type { Format } from "./candle-parameters.ts";
import { bindingOf, type CandlesRequest } from "./candle-query.ts";
import {
  acceptEncodingOf,
  chooseEncoding,
  CONTENT_ENCODINGS,
  refusesIdentity,
} from "./content-encoding.ts";
import { cacheFor, type CacheKey, type EdgeCache, type KeptAnswer } from "./edge-cache.ts";
import { encodeAnswer } from "./encode-answers.ts";
import { CACHE_HIT } from "./server-timing.ts";

/**
 * Under which key the answer to `request` is kept; undefined where it may change, as far as can be
 * told before anything is read: a range without an end, or one that is not over.
 */
export function keyOf(
  url: string,
  request: CandlesRequest,
  format: Format,
  nowSeconds: number,
): CacheKey | undefined {
  const { start, end, positions, revisions, limit } = request.query;
  const isOver = start !== undefined && end !== undefined && end <= nowSeconds;
  if (!isOver || positions !== undefined || revisions !== "first") {
    return undefined;
  }
  const asked = Object.entries({ ...bindingOf(request), limit, shape: request.shape, format });
  const given = asked.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
  return { url, name: new URLSearchParams(given).toString() };
}

/** The answer that `cache` has under `key` at `nowSeconds`, as the client of `request` wants it. */
export async function answerKept(
  cache: EdgeCache,
  key: CacheKey,
  request: Request,
  nowSeconds: number,
): Promise<Response | undefined> {
  const recalled = cache.recall(key, variantOf(request), nowSeconds);
  if (recalled !== undefined) {
    return hitOf(recalled, nowSeconds);
  }
  const found = cache.recall(key, "identity", nowSeconds) ?? (await cache.find(key, nowSeconds));
  if (found === undefined) {
    return undefined;
  }
  const sent = await encodeKept(request, found);
  cache.remember(key, variantOf(request), sent);
  return hitOf(sent, nowSeconds);
}

/** An answer that may be kept. */
export interface Keepable {
  readonly response: Response;
  /** How long it holds: Infinity where it never changes. */
  readonly holdsSeconds: number;
}

/** Keeps `answer` under `key`, from `nowSeconds` on; `wait` lets work outlive the request. */
export async function keepAnswer(
  cache: EdgeCache,
  key: CacheKey,
  { response, holdsSeconds }: Keepable,
  nowSeconds: number,
  wait: (work: Promise<void>) => void,
): Promise<Response> {
  const { "server-timing": timing = "", ...headers } = Object.fromEntries(response.headers);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const kept = { bytes, headers, until: nowSeconds + holdsSeconds };
  wait(cache.keep(key, kept, nowSeconds));
  // What was made of the answer before may say something else.
  for (const variant of VARIANTS) {
    cache.forget(key, variant);
  }
  cache.remember(key, "identity", kept);
  return new Response(bytes, {
    headers: { ...headers, "server-timing": `cache;desc=miss, ${timing}` },
  });
}

/** `kept` as it is sent to the client of `request`. */
async function encodeKept(request: Request, kept: KeptAnswer): Promise<KeptAnswer> {
  const encoded = await encodeAnswer(request, new Response(kept.bytes, { headers: kept.headers }));
  if (!encoded.headers.has("content-encoding")) {
    return kept;
  }
  return {
    bytes: new Uint8Array(await encoded.arrayBuffer()),
    headers: Object.fromEntries(encoded.headers),
    until: kept.until,
  };
}

/** A body that is too short to be compressed is, all the same, for who refuses it as it is. */
function variantOf(request: Request): string {
  const accepted = acceptEncodingOf(request);
  return chooseEncoding(accepted) + (refusesIdentity(accepted) ? ONLY : "");
}

const ONLY = "-only";
const VARIANTS = CONTENT_ENCODINGS.flatMap((encoding) => [encoding, encoding + ONLY]);

function hitOf({ bytes, headers, until }: KeptAnswer, nowSeconds: number): Response {
  return new Response(bytes, {
    headers: {
      ...headers,
      // Of its time, a part is over.
      "cache-control": cacheFor(until - nowSeconds),
      "server-timing": CACHE_HIT,
    },
    encodeBody: "content-encoding" in headers ? "manual" : "automatic",
  });
}
