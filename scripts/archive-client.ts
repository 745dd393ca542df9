import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** Asks the system over HTTP. */
export interface ArchiveClient {
  /**
   * What `path` answers, checked by `schema`. A part that does not answer now is asked again some
   * times: every request of these commands may be repeated. Throws a sentence.
   */
  ask<Answer>(schema: z.ZodType<Answer>, path: string, body?: object): Promise<Answer>;
}

/** Waits before the second, the third and the fourth attempt. */
const RETRY_DELAYS_MS = [1_000, 3_000, 10_000];

/** Statuses that may be others in a moment: too many requests, a gateway, not available. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const problemSchema = z.looseObject({ detail: z.string() });

/** A client of the system at `url`; `key` is the one that may write, where there is one. */
export function createClient({
  url,
  key,
}: {
  readonly url: string;
  readonly key: string | undefined;
}): ArchiveClient {
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  return {
    async ask(schema, path, body) {
      const response = await fetchAgain(`${url}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) {
        throw new Error(`${path} failed: ${detailOf(text, response.status)}`);
      }
      const answer = schema.safeParse(parseJson(text));
      if (!answer.success) {
        throw new Error(`${url}${path} answers what no Candlehouse of this version does`);
      }
      return answer.data;
    },
  };
}

async function fetchAgain(url: string, init: RequestInit): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const delayMs = RETRY_DELAYS_MS[attempt];
    const response = await fetch(url, init).catch((error: unknown) => {
      throw new Error(`nothing answers at ${url}: ${causeOf(error)}`, { cause: error });
    });
    if (delayMs === undefined || !PASSING_STATUSES.has(response.status)) {
      return response;
    }
    await response.body?.cancel();
    await sleep(delayMs);
  }
}

/** `fetch` says that it failed; why, its cause says. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  return message === "" ? code : message;
}

function detailOf(text: string, status: number): string {
  const problem = problemSchema.safeParse(parseJson(text));
  return problem.success ? problem.data.detail : `HTTP ${status}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}
