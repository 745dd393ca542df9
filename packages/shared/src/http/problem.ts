import {
  ArchiveDamagedError,
  CandlehouseError,
  InvalidInputError,
  RateLimitedError,
  SourceRateLimitedError,
  type ErrorCode,
} from "../core/errors.ts";
import { formatSeries } from "../core/series.ts";
import { DamagedRangeError, isoTimeOf } from "./damaged-range-error.ts";

/** Codes of problems that no error of core/errors.ts stands behind. */
export const PROBLEM_CODES = ["internal", "method_not_allowed"] as const;

/** The body of an error answer, as RFC 9457 has it, with this system's `code` beside. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode | (typeof PROBLEM_CODES)[number];
  /** Name of the offending parameter, where there is one. */
  readonly parameter?: string;
  /** Seconds after which the same request may succeed, where that is known. */
  readonly retry_after?: number;
  /** Of the damaged file on R2, where that is what is wrong. */
  readonly key?: string;
  /** Name of the series whose candles cannot be read. */
  readonly series?: string;
  /** The part of the request that cannot be read: start (inclusive) to end (exclusive), ISO 8601. */
  readonly range?: { readonly start: string; readonly end: string };
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** The HTTP status that tells a caller of `code`. */
export function statusOf(
  code: ErrorCode,
): 400 | 401 | 403 | 404 | 413 | 422 | 429 | 500 | 502 | 503 {
  switch (code) {
    case "invalid_input":
      return 400;
    case "unauthorized":
      return 401;
    case "forbidden":
    case "writes_closed":
      return 403;
    case "not_found":
    case "source_unknown_symbol":
    case "source_beyond_reach":
      return 404;
    case "payload_too_large":
      return 413;
    case "poison_message":
    case "storage_rejected":
    case "fragment_unreadable":
    case "import_rejected":
      return 422;
    case "rate_limited":
    case "source_rate_limited":
      return 429;
    case "archive_damaged":
      return 500;
    case "source_blocked":
    case "source_unavailable":
    case "source_answer_unreadable":
      return 502;
    case "source_off":
    case "identity_unavailable":
    case "storage_unavailable":
    case "queue_unavailable":
      return 503;
  }
}

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Key needed",
  403: "Not allowed",
  404: "Not found",
  413: "Too large",
  422: "Cannot be stored",
  429: "Too many requests",
  500: "Internal error",
  502: "The source did not answer as it should",
  503: "Not available now",
};

/**
 * The problem that tells a caller of `error`. Of an error that is none of ours it tells nothing
 * but that it happened: its text may hold what is not the caller's business.
 */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof CandlehouseError)) {
    return {
      type: "about:blank",
      title: "Internal error",
      status: 500,
      detail: "The request failed by our fault. The log holds the reason.",
      code: "internal",
    };
  }
  const status = statusOf(error.code);
  return {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    detail: detailOf(error),
    code: error.code,
    ...(error instanceof InvalidInputError ? { parameter: error.parameter } : {}),
    ...((error instanceof SourceRateLimitedError || error instanceof RateLimitedError) &&
    error.retryAfterMs !== undefined
      ? { retry_after: Math.max(1, Math.ceil(error.retryAfterMs / 1_000)) }
      : {}),
    ...(error instanceof ArchiveDamagedError ? { key: error.key } : {}),
    ...(error instanceof DamagedRangeError
      ? {
          series: formatSeries(error.series),
          range: { start: isoTimeOf(error.range.from), end: isoTimeOf(error.range.to) },
        }
      : {}),
  };
}

/** What went wrong, without what a database or a queue says of its own inside. */
function detailOf(error: CandlehouseError): string {
  return error.code === "storage_unavailable" || error.code === "queue_unavailable"
    ? "A part of the system does not answer now. The same request may succeed in a moment."
    : error.message;
}

/** The problem that tells a caller that `path` has no `method`, only the `allowed` ones. */
export function methodProblem(method: string, path: string, allowed: readonly string[]): Problem {
  return {
    type: "about:blank",
    title: "Method not allowed",
    status: 405,
    detail: `${method} is not allowed at ${path}: ${allowed.join(", ")} are`,
    code: "method_not_allowed",
  };
}

/** `problem` as an HTTP response. */
export function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "content-type": PROBLEM_CONTENT_TYPE,
      "cache-control": "no-store",
      ...(problem.retry_after === undefined ? {} : { "retry-after": String(problem.retry_after) }),
    },
  });
}
