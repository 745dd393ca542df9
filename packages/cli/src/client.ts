import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { CommandError } from "./command-error.ts";
import type { Connection } from "./connection.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request, relative to the system's address. */
export interface Request {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: object;
}

/** Bytes to be sent, as often as it takes. */
export interface Upload {
  readonly path: string;
  readonly query: Query;
  readonly bytes: number;
  /** The bytes from their beginning, anew each time. */
  open(): ReadableStream<Uint8Array>;
}

/** Asks the system over HTTP. Every failure is a CommandError with one sentence. */
export interface Client {
  readonly url: string;
  /**
   * The answer, checked by `schema`. A part that does not answer now is asked again some times:
   * every request may be repeated.
   */
  ask<Answer>(schema: z.ZodType<Answer>, request: Request): Promise<Answer>;
  /** The answer as it comes, once its status says that it is one. */
  open(request: Request): Promise<Response>;
  upload<Answer>(schema: z.ZodType<Answer>, upload: Upload): Promise<Answer>;
}

/** A refusal that the system put into words. */
export class RefusedError extends CommandError {
  readonly status: number;
  /** As docs/failure-modes.md has it. */
  readonly code: string;

  constructor(sentence: string, status: number, code: string) {
    super(sentence);
    this.name = "RefusedError";
    this.status = status;
    this.code = code;
  }
}

/** Waits before the second, the third and the fourth attempt. */
const RETRY_DELAYS_MS = [1_000, 3_000, 10_000];
/** A source may ask for silence of a quarter of an hour; nobody waits that long at a prompt. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Statuses that may be others in a moment: too many requests, a gateway, not available. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const problemSchema = z.looseObject({ detail: z.string(), code: z.string().optional() });

export function createClient({ url, key }: Connection): Client {
  const send = createSender(url);
  const authorization: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` };

  async function open({ method = "GET", path, query = {}, body }: Request): Promise<Response> {
    const headers =
      body === undefined ? authorization : { ...authorization, "content-type": "application/json" };
    const response = await send(addressOf(url, path, query), () => ({
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }));
    return response.ok ? response : refuse(path, response);
  }

  async function sendBytes(upload: Upload): Promise<Response> {
    const { path, query, bytes } = upload;
    const headers = {
      ...authorization,
      "content-type": "application/octet-stream",
      "content-length": String(bytes),
    };
    const response = await send(addressOf(url, path, query), () => ({
      method: "POST",
      headers,
      body: upload.open(),
      duplex: "half",
    }));
    return response.ok ? response : refuse(path, response);
  }

  return {
    url,
    open,
    ask: async (schema, request) =>
      readAnswer(schema, await open(request), `${url}${request.path}`),
    upload: async (schema, upload) =>
      readAnswer(schema, await sendBytes(upload), `${url}${upload.path}`),
  };
}

/** Sends a request, again where the system says that it may succeed in a moment. */
function createSender(url: string) {
  /** Once something answered there, a broken connection is a passing thing. */
  let hasAnswered = false;
  return async (target: string, init: () => RequestInit): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      const delayMs = RETRY_DELAYS_MS[attempt];
      const response = await fetch(target, init()).catch((error: unknown) => {
        if (hasAnswered && delayMs !== undefined) {
          return undefined;
        }
        throw new CommandError(
          `nothing answers at ${url} (${causeOf(error)}): start it with npm start, or name another address with --url`,
        );
      });
      hasAnswered ||= response !== undefined;
      if (
        response !== undefined &&
        (delayMs === undefined || !PASSING_STATUSES.has(response.status))
      ) {
        return response;
      }
      await response?.body?.cancel();
      await sleep(Math.max(delayMs ?? 0, retryAfterMs(response)));
    }
  };
}

function addressOf(url: string, path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      search.set(name, String(value));
    }
  }
  return `${url}${path}${search.size === 0 ? "" : `?${search.toString()}`}`;
}

async function readAnswer<Answer>(
  schema: z.ZodType<Answer>,
  response: Response,
  address: string,
): Promise<Answer> {
  const answer = schema.safeParse(parseJson(await response.text()));
  if (answer.success) {
    return answer.data;
  }
  const [issue] = answer.error.issues;
  throw new CommandError(
    `${address} answers what no Candlehouse of this version does (${issue?.path.join(".") || "the whole answer"}: ${issue?.message}): check --url, or bring both to the same version`,
  );
}

/** Throws what the system says, and what to do about it where that is ours to know. */
async function refuse(path: string, response: Response): Promise<never> {
  const problem = problemSchema.safeParse(parseJson(await response.text()));
  const detail = problem.success ? problem.data.detail : `HTTP ${response.status}`;
  const next =
    response.status === 401
      ? ": give the key with --key, CANDLEHOUSE_KEY or the configuration file"
      : "";
  const code = problem.success ? (problem.data.code ?? "") : "";
  throw new RefusedError(`${path} failed: ${detail}${next}`, response.status, code);
}

/** `fetch` says that it failed; why, its cause says. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  return message === "" ? code : message;
}

function retryAfterMs(response: Response | undefined): number {
  const seconds = Number(response?.headers.get("retry-after") ?? 0);
  return seconds > 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX) : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}
