import { addressOf, CandlehouseProblem, createTransport } from "@candlehouse/client";
import type { z } from "zod";
import { CommandError } from "./command-error.ts";
import type { Connection } from "./connection.ts";

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

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

export function createClient({ url, key }: Connection): Client {
  const transport = createTransport({ baseUrl: url, key });

  async function send(path: string, query: Query, init: () => RequestInit): Promise<Response> {
    const target = addressOf(path, query);
    try {
      return await transport.send(target, init);
    } catch (error) {
      throw error instanceof CandlehouseProblem
        ? refusalOf(path, error)
        : new CommandError(
            `nothing answers at ${url} (${causeOf(error)}): start it with npm start, or name another address with --url`,
          );
    }
  }

  function open({ method = "GET", path, query = {}, body }: Request): Promise<Response> {
    return send(path, query, () =>
      body === undefined
        ? { method }
        : {
            method,
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          },
    );
  }

  function sendBytes(upload: Upload): Promise<Response> {
    return send(upload.path, upload.query, () => ({
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(upload.bytes),
      },
      body: upload.open(),
      duplex: "half",
    }));
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

/** What the system says, and what to do about it where that is ours to know. */
function refusalOf(path: string, { message, status, code }: CandlehouseProblem): RefusedError {
  const next =
    status === 401 ? ": give the key with --key, CANDLEHOUSE_KEY or the configuration file" : "";
  return new RefusedError(`${path} failed: ${message}${next}`, status, code ?? "");
}

/** `fetch` says that it failed; why, its cause says. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  return message === "" ? code : message;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}
