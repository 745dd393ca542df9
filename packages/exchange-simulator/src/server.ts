import type { Http2Bindings, HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { controlRoutes, type Controls } from "./control.ts";
import type { Call, Exchange } from "./exchange.ts";
import type { Fault, FaultSubject } from "./faults.ts";
import { SOURCE_HOSTS, sourceRoutes } from "./sources.ts";

const GARBAGE =
  "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";

/** What Binance says where it may not serve; the body of an injected 451 that names none. */
const GEO_BLOCK = {
  code: 0,
  msg: "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. Please contact customer service if you believe you received this message in error.",
};

type Bindings = HttpBindings | Http2Bindings;

/** Answers one request of the server. */
export type RequestHandler = (request: Request, env: Bindings) => Promise<Response>;

/** The handler of all requests: sources under `/{host}`, with the faults that wait for them, and /control. */
export function createRequestHandler(
  exchange: Exchange,
  controls: Controls,
  latencyMs: number,
): RequestHandler {
  const sources = sourceRoutes(exchange);
  const control = controlRoutes(controls);

  async function askSource(request: Request, env: Bindings, host: string): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(host.length + 1);
    const pathAndQuery = path + url.search;
    const symbol = symbolOf(url);
    const faults = controls.faults.meet({ host, pathAndQuery, symbol });
    const call: Call = { host, nowMs: controls.clock.nowMs(), faults, symbol, weight: 1 };
    const waitMs = faults.reduce(
      (sum, fault) => sum + (fault.kind === "delay" ? fault.delayMs : 0),
      latencyMs,
    );
    const answer = faultyAnswer(faults) ?? (await sources.fetch(request, { call }));
    const isCut = faults.some((fault) => fault.kind === "cut");
    controls.log.add({
      atMs: call.nowMs,
      host,
      path,
      query: url.search.slice(1),
      status: isCut ? 0 : answer.status,
      weight: call.weight,
    });
    if (waitMs > 0) {
      await sleep(waitMs);
    }
    if (isCut) {
      return cut(answer, env);
    }
    // The source's own clock, which collectors go by; that of the moment in which the answer leaves.
    answer.headers.set("Date", new Date(controls.clock.nowMs()).toUTCString());
    return answer;
  }

  return async (request, env) => {
    const host = new URL(request.url).pathname.split("/")[1] ?? "";
    return SOURCE_HOSTS.includes(host) ? askSource(request, env, host) : control.fetch(request);
  };
}

/** The answer that a fault gives in place of the source's. */
function faultyAnswer(faults: readonly Fault[]): Response | undefined {
  for (const fault of faults) {
    if (fault.kind === "garbage") {
      return new Response(GARBAGE, { headers: { "Content-Type": "text/html; charset=UTF-8" } });
    }
    if (fault.kind === "status") {
      const { status, body = status === 451 ? GEO_BLOCK : "", headers = {} } = fault;
      const hasBody = status !== 204 && status !== 304;
      return new Response(hasBody ? textOf(body) : null, {
        status,
        headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
      });
    }
  }
  return undefined;
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** Sends the headers and the first half of `answer` and destroys the socket. */
async function cut(answer: Response, { outgoing }: Bindings): Promise<Response> {
  if (!(outgoing instanceof ServerResponse)) {
    throw new Error("Only HTTP/1 connections can be cut");
  }
  const body = Buffer.from(await answer.arrayBuffer());
  outgoing.writeHead(answer.status, {
    ...Object.fromEntries(answer.headers),
    "Content-Length": Math.max(2, body.length),
  });
  const half = body.subarray(0, Math.floor(body.length / 2));
  await new Promise<void>((resolve) => {
    outgoing.write(half.length > 0 ? half : "{", () => resolve());
  });
  outgoing.socket?.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** The native symbol that is asked for, wherever the source has it in its address. */
function symbolOf(url: URL): FaultSubject["symbol"] {
  const inPath = /\/(?:products|coins|ticker)\/([^/]+)/.exec(url.pathname)?.[1];
  const query = url.searchParams;
  return inPath ?? query.get("symbol") ?? query.get("pair") ?? query.get("fsym") ?? undefined;
}
