import { exports } from "cloudflare:workers";
import type { Problem } from "@candlehouse/shared/http/problem";
import { expect } from "vitest";

/** The producer's answer to `method` at `path` with `body` as JSON. */
export function ask(method: string, path: string, body?: unknown): Promise<Response> {
  return exports.default.fetch(
    new Request(`https://producer${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** The 200 answer to `method` at `path`. */
export async function done(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await ask(method, path, body);
  const answer: unknown = await response.json();
  expect([response.status, response.status === 200 ? null : answer]).toEqual([200, null]);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return answer;
}

/** The problem that `method` at `path` answers. */
export async function refused(method: string, path: string, body?: unknown): Promise<Problem> {
  const response = await ask(method, path, body);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem: Problem = await response.json();
  expect(problem.status).toBe(response.status);
  return problem;
}
