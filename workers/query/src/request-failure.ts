import { addressWithoutSecrets } from "@candlehouse/shared/core/access-audit";
import { CandlehouseError, StorageRejectedError } from "@candlehouse/shared/core/errors";
import { problemOf, type Problem } from "@candlehouse/shared/http/problem";
import { log } from "@candlehouse/shared/log/log";
import type { Context } from "hono";

/**
 * The problem that tells a reader of `error`. A read that the database refuses is a mistake of ours,
 * whoever asked.
 */
function problemOfRead(error: unknown): Problem {
  return problemOf(error instanceof StorageRejectedError ? error.cause : error);
}

/**
 * The problem that tells a reader of `error`, which is logged where it is our failure: a caller's
 * mistake is an answer and no failure. Each request comes here once at most.
 */
export function reportFailure(c: Context, error: unknown): Problem {
  const problem = problemOfRead(error);
  if (problem.status >= 500) {
    logFailure(c, problem, error);
  }
  return problem;
}

/** Of a stream that breaks off, the status is sent by then: the log alone tells why. */
export function reportBrokenStream(c: Context, error: unknown): void {
  logFailure(c, { ...problemOfRead(error), status: 200 }, error);
}

function logFailure(c: Context, { status, code }: Problem, error: unknown): void {
  const { method } = c.req;
  // Anybody may have put a key there.
  const path = addressWithoutSecrets(c.req.path, undefined);
  log("request.failed", { method, path, status, code, reason: reasonOf(error) });
}

/** Of an error that nobody threw on purpose, where it came from. */
function reasonOf(error: unknown): string {
  if (error instanceof CandlehouseError && !(error instanceof StorageRejectedError)) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
