import { z } from "zod";
import { Skipped } from "./verify-step.ts";

const ANSWER_MS_MAX = 30_000;

/** Asks the query Worker over HTTP, with a key where there is one. */
export interface SystemClient {
  readonly url: string;
  readonly hasKey: boolean;
  /** Rejects where nothing answers in time; a refusal is an answer. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** The JSON of a good answer. Throws a sentence where it is none; `Skipped` where reads are keyed and no key is there. */
  read<Value>(path: string, schema: z.ZodType<Value>): Promise<Value>;
}

export function createSystemClient(url: string, key: string | undefined): SystemClient {
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    // What is kept at the edge says nothing of the system now.
    headers.set("cache-control", "no-cache");
    if (key !== undefined && !headers.has("authorization")) {
      headers.set("authorization", `Bearer ${key}`);
    }
    try {
      return await fetch(`${url}${path}`, {
        ...init,
        headers,
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Error(`${url}${path} does not answer: ${String(cause)}`, { cause: error });
    }
  };
  return {
    url,
    hasKey: key !== undefined,
    ask,
    read: async (path, schema) => {
      const response = await ask(path);
      if (response.status === 401 && key === undefined) {
        throw new Skipped("reading needs a key: set CANDLEHOUSE_KEY");
      }
      if (!response.ok) {
        throw new Error(`${path} answers ${await describeRefusal(response)}`);
      }
      return schema.parse(await response.json());
    },
  };
}

const problemSchema = z.object({ detail: z.string() });

/** The status, and what a problem document says. */
export async function describeRefusal(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return `${response.status}: ${problemSchema.parse(JSON.parse(text)).detail}`;
  } catch {
    // It comes from something else that stands before the system.
    return `${response.status}: ${text.slice(0, 200)}`;
  }
}
