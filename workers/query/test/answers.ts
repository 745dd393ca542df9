import { problemSchema } from "../src/answer-schemas.ts";
import { createApp } from "../src/app.ts";
import type { Problem } from "@candlehouse/shared/http/problem";
import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import type { z } from "zod";

/**
 * The Worker's answer to a GET of `path`; unless `headers` say otherwise, no cache is asked: tests
 * change what the Worker knows never to change.
 */
export function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(
    new Request(`https://candlehouse.test${path}`, {
      headers: { "cache-control": "no-cache", ...headers },
    }),
  );
}

/** The answer to a GET of `path`, of a Worker whose bindings differ by `changes`. */
export async function getWith(
  path: string,
  changes: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return createApp().request(path, { headers }, { ...env, ...changes });
}

/** `init` of a request whose body is JSON, unless its headers say otherwise. */
export function asJson(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("content-type", headers.get("content-type") ?? "application/json");
  return { ...init, headers };
}

/** The 200 answer to a GET of `path`, which the declared schema must let through. */
export async function read<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await get(path);
  const body = await response.json();
  expect([response.status, response.status === 200 ? null : body]).toEqual([200, null]);
  return schema.parse(body);
}

/** The problem that `response` is, which the declared schema must let through. */
export async function problemIn(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const problem = problemSchema.parse(await response.json());
  expect(response.status).toBe(problem.status);
  return problem as Problem;
}

/** The problem that a GET of `path` answers. */
export async function problemOf(path: string): Promise<Problem> {
  return problemIn(await get(path));
}

/** The body of `response` as text, whatever its type says. */
export async function textOf(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.arrayBuffer());
}

/** A reader of the body of `response`, which must have one. */
export function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (body === null) {
    throw new TypeError("the answer has no body");
  }
  return body.getReader();
}

/** The SHA-256 of `content`, hexadecimal. */
export async function sha256Of(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
