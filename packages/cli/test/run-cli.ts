import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";

const COMMAND = new URL("../src/candlehouse.ts", import.meta.url).pathname;

/** One request that the command sent. */
export interface Asked {
  /** `POST /v1/backfills` */
  readonly route: string;
  /** By name; of a name that is there twice, the last. */
  readonly query: Readonly<Record<string, string>>;
  /** JSON, or the text as it is where it is none. */
  readonly body: unknown;
  readonly key: string | undefined;
}

/** What is answered: a status, a body (JSON where it is no text) and headers. */
export type Reply = readonly [
  status: number,
  body: object | string,
  headers?: Readonly<Record<string, string>>,
];

/** Replies to each route, one after the other, the last one again and again; or a function. */
export type Routes = Readonly<Record<string, readonly Reply[] | ((asked: Asked) => Reply)>>;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** When it resolves, the command gets what Ctrl-C sends. */
  readonly interrupt?: Promise<void>;
}

/** Runs the command as its user does: a process of its own, without a terminal. */
export function runCli(
  commandLine: readonly string[],
  { environment = {}, directory, interrupt }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [COMMAND, ...commandLine], {
      // Nothing of who runs the tests: no configuration, no colours.
      env: { PATH: process.env["PATH"], HOME: emptyHome(), NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    void interrupt?.then(() => child.kill("SIGINT"));
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

let home: string | undefined;

function emptyHome(): string {
  home ??= mkdtempSync(`${tmpdir()}/candlehouse-cli-`);
  return home;
}

/** Runs the command against a server that answers by `routes`; tells what it was asked, in order. */
export async function runAgainst(
  routes: Routes,
  commandLine: readonly string[],
  options: RunOptions = {},
): Promise<Ended & { readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://localhost");
      const route = `${request.method} ${url.pathname}`;
      const one: Asked = {
        route,
        query: Object.fromEntries(url.searchParams),
        body: bodyOf(Buffer.concat(chunks).toString()),
        key: request.headers.authorization,
      };
      asked.push(one);
      const count = counts.get(route) ?? 0;
      counts.set(route, count + 1);
      const replies = routes[route] ?? [[404, { detail: `there is nothing at ${route}` }]];
      const [status, body, headers] =
        typeof replies === "function"
          ? replies(one)
          : (replies[Math.min(count, replies.length - 1)] ?? [500, {}]);
      const isText = typeof body === "string";
      response.writeHead(status, {
        "content-type": isText ? "text/csv" : "application/json",
        ...headers,
      });
      response.end(isText ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ended = await runCli([...commandLine, "--url", `http://127.0.0.1:${port}/`], options);
  server.closeAllConnections();
  server.close();
  return { ...ended, asked };
}

function bodyOf(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
