import { InvalidInputError } from "@candlehouse/shared/core/errors";
import { CACHE_NEVER } from "./answer.ts";

/** Headers of another Worker's answer that are passed on. */
const PASSED_ON = ["content-type", "location", "retry-after"];

/**
 * What another Worker of this system answers to `request`, passed on as it is. Who may ask for it
 * is decided before.
 */
export async function forward(worker: Fetcher, request: Request): Promise<Response> {
  const response = await worker.fetch(request);
  const headers = new Headers({ "cache-control": CACHE_NEVER });
  for (const name of PASSED_ON) {
    const value = response.headers.get(name);
    if (value !== null) {
      headers.set(name, value);
    }
  }
  return new Response(response.body, { status: response.status, headers });
}

/** Throws InvalidInputError where `body` is no JSON object; `example` says what one looks like. */
export function assertJsonObject(body: string, example: string): void {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new InvalidInputError("body", body, "it must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidInputError("body", value, `it must be a JSON object such as ${example}`);
  }
}
