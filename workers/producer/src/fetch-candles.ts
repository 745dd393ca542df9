import {
  SourceAnswerError,
  SourceBlockedError,
  SourceRateLimitedError,
  SourceUnavailableError,
} from "@candlehouse/shared/core/errors";
import type { Outcome } from "@candlehouse/shared/core/rate-limit";
import type {
  CandleRequest,
  HttpAnswer,
  HttpRequest,
  ParsedCandles,
  Source,
} from "./sources/source.ts";

/** A source that has not answered by then is down for us. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Largest answer that is read: the largest page of any source is below a megabyte. */
const ANSWER_BYTES_MAX = 4_000_000;

/** What is needed to ask a source, beside the question. */
export interface SourceAccess {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers for all hosts, under a path that begins with the host; undefined for the real ones. */
  readonly simulatorUrl: string | undefined;
  readonly key: string | undefined;
  /** Our own clock, for an answer without a Date header; unix milliseconds. */
  readonly nowMs: () => number;
}

/** A page of a source, and what it tells the limiter. */
export interface FetchedPage extends ParsedCandles {
  readonly usedWeight: number | null;
}

/**
 * Asks `source` at `host` for one window. Throws an error of
 * core/errors.ts: one of the source's refusals, or SourceAnswerError.
 */
export async function fetchCandles(
  source: Source,
  host: string,
  request: CandleRequest,
  access: SourceAccess,
): Promise<FetchedPage> {
  const httpRequest = source.toHttpRequest(request, host, access.key);
  const answer = await fetchAnswer(source, httpRequest, access);
  // The open candle is left behind here: what goes on from here is stored.
  const { candles, coveredStart, coveredEnd } = source.parseCandles(request, answer);
  const usedWeight = source.usedWeight(answer.headers) ?? null;
  return { candles, coveredStart, coveredEnd, usedWeight };
}

/** What `source` answers to `request`, where that is no refusal. Throws as `fetchCandles` does. */
export async function fetchAnswer(
  source: Source,
  request: HttpRequest,
  access: SourceAccess,
): Promise<HttpAnswer> {
  const answer = await ask(request, source, access);
  const error = source.readError(answer);
  if (error !== undefined) {
    throw error;
  }
  return answer;
}

/** The only fetch of the producer. */
async function ask(
  request: HttpRequest,
  source: Source,
  access: SourceAccess,
): Promise<HttpAnswer> {
  const base =
    access.simulatorUrl === undefined
      ? `https://${request.host}`
      : `${access.simulatorUrl}/${request.host}`;
  const query = new URLSearchParams(request.query).toString();
  const url = `${base}${request.path}${query === "" ? "" : `?${query}`}`;
  try {
    const response = await access.fetch(
      new Request(url, {
        headers: { ...request.headers },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      }),
    );
    const text = await readText(response, source);
    const dateMs = Date.parse(response.headers.get("date") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: parseJson(text),
      nowSeconds: Math.floor((Number.isNaN(dateMs) ? access.nowMs() : dateMs) / 1_000),
    };
  } catch (cause) {
    if (cause instanceof SourceAnswerError) {
      throw cause;
    }
    throw new SourceUnavailableError(
      `${source.id} did not answer at ${request.host}: ${String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** The body as text; throws SourceAnswerError once it is larger than any page can be. */
async function readText(response: Response, source: Source): Promise<string> {
  if (response.body === null) {
    return "";
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > ANSWER_BYTES_MAX) {
      throw new SourceAnswerError(
        `${source.id} answered more than ${ANSWER_BYTES_MAX} bytes to a request for candles`,
      );
    }
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is an answer too: the source's own reader says what it means.
    return undefined;
  }
}

/** What the limiter is to learn from a fetch that threw `error`. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof SourceRateLimitedError) {
    return { kind: "rate_limited", retryAfterMs: error.retryAfterMs ?? null };
  }
  if (error instanceof SourceBlockedError) {
    return { kind: "blocked" };
  }
  if (error instanceof SourceUnavailableError) {
    return { kind: "unavailable" };
  }
  return { kind: "answered", usedWeight: null };
}
