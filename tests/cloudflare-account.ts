/**
 * An account on Cloudflare, as far as wrangler sees it: the routes of Cloudflare's API that it calls
 * for queues, D1, R2, secrets and versions of Workers. D1 is SQLite, so that migrations and queries
 * are real. What a route checks is what the API is documented to check; what the platform does with
 * it, no stand-in can show.
 */
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";

const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
const API_TOKEN = "a-token-of-the-stand-in";

interface QueueRow {
  readonly queue_id: string;
  readonly queue_name: string;
  readonly consumers: Record<string, unknown>[];
  readonly producers: Record<string, unknown>[];
}

interface Version {
  readonly id: string;
  readonly created_on: string;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface Script {
  readonly secrets: Map<string, string>;
  readonly versions: Version[];
  readonly deployments: { id: string; created_on: string; versionId: string; message: string }[];
  migrationTag: string | undefined;
  isDraft: boolean;
  schedules: unknown;
}

/** A refusal with one of Cloudflare's error codes. */
class ApiError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Call {
  readonly url: URL;
  readonly groups: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
  readonly form: () => Promise<FormData>;
}

type Route = readonly [method: string, path: RegExp, answer: (call: Call) => unknown];

export interface CloudflareAccount {
  readonly url: string;
  /** What wrangler needs in its environment to take this for Cloudflare. */
  readonly environment: Readonly<Record<string, string>>;
  readonly queues: ReadonlyMap<string, QueueRow>;
  readonly buckets: ReadonlySet<string>;
  readonly databases: ReadonlyMap<string, { readonly id: string; readonly db: DatabaseSync }>;
  readonly scripts: ReadonlyMap<string, Script>;
  /** Requests that change something, as `METHOD path`, oldest first. */
  readonly changes: string[];
  /** Refuses each request that `matches` says so of, until it is called again. */
  refuse(matches: ((method: string, path: string) => boolean) | undefined): void;
  close(): Promise<void>;
}

/** Starts an empty account on a free port of this machine. */
export async function startCloudflareAccount(): Promise<CloudflareAccount> {
  const queues = new Map<string, QueueRow>();
  const buckets = new Set<string>();
  const databases = new Map<string, { id: string; db: DatabaseSync }>();
  const scripts = new Map<string, Script>();
  const changes: string[] = [];
  let isRefused: ((method: string, path: string) => boolean) | undefined;
  const routes = [
    ...accountRoutes(),
    ...queueRoutes(queues),
    ...storageRoutes(databases, buckets),
    ...scriptRoutes(scripts),
  ];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const url = new URL(request.url ?? "", "http://cloudflare");
    const method = request.method ?? "GET";
    const path = url.pathname.replace(`/accounts/${ACCOUNT_ID}`, "");
    // A query of D1 is a POST, whatever it does.
    if (method !== "GET" && !path.endsWith("/query")) {
      changes.push(`${method} ${path}`);
    }
    try {
      if (request.headers.authorization !== `Bearer ${API_TOKEN}`) {
        throw new ApiError(403, 10000, "Authentication error");
      }
      if (isRefused?.(method, path) === true) {
        throw new ApiError(400, 10013, "refused by the test");
      }
      const [, pattern, route] =
        routes.find(([verb, each]) => verb === method && each.test(path)) ?? [];
      if (pattern === undefined || route === undefined) {
        throw new ApiError(404, 7003, `no route of the stand-in: ${method} ${path}`);
      }
      const result = await route({
        url,
        groups: pattern.exec(path)?.groups ?? {},
        text: body.toString(),
        json: () => JSON.parse(body.toString()) as Record<string, unknown>,
        form: () =>
          new Response(new Uint8Array(body), {
            headers: { "content-type": request.headers["content-type"] ?? "" },
          }).formData(),
      });
      send(response, 200, { success: true, errors: [], messages: [], ...envelope(result) });
    } catch (error) {
      const { status, code, message } =
        error instanceof ApiError ? error : new ApiError(500, 10001, String(error));
      send(response, status, {
        success: false,
        errors: [{ code, message }],
        messages: [],
        result: null,
      });
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    environment: {
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: API_TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
    },
    queues,
    buckets,
    databases,
    scripts,
    changes,
    refuse: (matches) => {
      isRefused = matches;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function envelope(result: unknown): Record<string, unknown> {
  return Array.isArray(result)
    ? {
        result,
        result_info: {
          page: 1,
          per_page: 100,
          count: result.length,
          total_count: result.length,
          total_pages: 1,
        },
      }
    : { result: result ?? null };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function accountRoutes(): Route[] {
  return [
    ["GET", /^\/user\/tokens\/verify$/, () => ({ id: "token", status: "active" })],
    ["GET", /^\/user$/, () => ({ id: "user", email: "operator@example.com" })],
    ["GET", /^\/(accounts)?$/, () => [{ id: ACCOUNT_ID, name: "an account" }]],
    ["GET", /^\/memberships$/, () => [{ account: { id: ACCOUNT_ID, name: "an account" } }]],
  ];
}

function queueRoutes(queues: Map<string, QueueRow>): Route[] {
  const show = (queue: QueueRow): unknown => ({
    ...queue,
    created_on: "2026-11-01T00:00:00Z",
    modified_on: "2026-11-01T00:00:00Z",
    producers_total_count: queue.producers.length,
    consumers_total_count: queue.consumers.length,
  });
  const byId = (id: string | undefined): QueueRow => {
    const queue = [...queues.values()].find((each) => each.queue_id === id);
    if (queue === undefined) {
      throw new ApiError(404, 11000, "Queue not found");
    }
    return queue;
  };
  return [
    [
      "GET",
      /^\/queues$/,
      ({ url }) => {
        const names = url.searchParams.getAll("name");
        return [...queues.values()]
          .filter(({ queue_name: name }) => names.length === 0 || names.includes(name))
          .map(show);
      },
    ],
    [
      "POST",
      /^\/queues$/,
      ({ json }) => {
        const name = String(json()["queue_name"]);
        if (queues.has(name)) {
          throw new ApiError(409, 11009, `Queue name '${name}' is already taken`);
        }
        const queue = { queue_id: randomUUID(), queue_name: name, consumers: [], producers: [] };
        queues.set(name, queue);
        return show(queue);
      },
    ],
    [
      "POST",
      /^\/queues\/(?<id>[\w-]+)\/consumers$/,
      ({ groups, json }) => {
        const { script_name: script, ...rest } = json();
        byId(groups["id"]).consumers.push({ ...rest, consumer_id: randomUUID(), script });
        return {};
      },
    ],
    [
      "PUT",
      /^\/queues\/(?<id>[\w-]+)\/consumers\/[\w-]+$/,
      ({ groups }) => show(byId(groups["id"])),
    ],
    ["GET", /^\/queues\/(?<id>[\w-]+)\/consumers$/, ({ groups }) => byId(groups["id"]).consumers],
  ];
}

function storageRoutes(
  databases: Map<string, { id: string; db: DatabaseSync }>,
  buckets: Set<string>,
): Route[] {
  const databaseOf = (idOrName: string | undefined) => {
    const found = [...databases].find(([name, { id }]) => idOrName === id || idOrName === name);
    if (found === undefined) {
      throw new ApiError(404, 7404, `The database ${idOrName} could not be found`);
    }
    return found;
  };
  const checkBucket = (name: string | undefined): string => {
    if (name === undefined || !buckets.has(name)) {
      throw new ApiError(404, 10006, "The specified bucket does not exist.");
    }
    return name;
  };
  return [
    [
      "GET",
      /^\/d1\/database$/,
      () => [...databases].map(([name, { id }]) => showDatabase(name, id)),
    ],
    [
      "POST",
      /^\/d1\/database$/,
      ({ json }) => {
        const name = String(json()["name"]);
        const id = randomUUID();
        databases.set(name, { id, db: new DatabaseSync(":memory:") });
        return showDatabase(name, id);
      },
    ],
    [
      "GET",
      /^\/d1\/database\/(?<id>[\w-]+)$/,
      ({ groups }) => {
        const [name, { id }] = databaseOf(groups["id"]);
        return showDatabase(name, id);
      },
    ],
    [
      "POST",
      /^\/d1\/database\/(?<id>[\w-]+)\/query$/,
      ({ groups, json }) => queryDatabase(databaseOf(groups["id"])[1].db, String(json()["sql"])),
    ],
    [
      "POST",
      /^\/r2\/buckets$/,
      ({ json }) => {
        buckets.add(String(json()["name"]));
        return {};
      },
    ],
    [
      "GET",
      /^\/r2\/buckets\/(?<name>[\w-]+)$/,
      ({ groups }) => ({
        name: checkBucket(groups["name"]),
        creation_date: "2026-11-01T00:00:00Z",
      }),
    ],
    [
      "GET",
      /^\/r2\/buckets\/(?<name>[\w-]+)\/lifecycle$/,
      ({ groups }) => {
        checkBucket(groups["name"]);
        return { rules: [] };
      },
    ],
  ];
}

/** Several statements, as D1's route takes them; one result each. */
function queryDatabase(db: DatabaseSync, sql: string): unknown[] {
  const isQuery = /^\s*(SELECT|PRAGMA|WITH)\b/i.test(sql);
  try {
    if (isQuery) {
      return [{ success: true, meta: { duration: 0 }, results: db.prepare(sql).all() }];
    }
    db.exec(sql);
    return [{ success: true, meta: { duration: 0 }, results: [] }];
  } catch (error) {
    throw new ApiError(
      400,
      7500,
      `${error instanceof Error ? error.message : String(error)}: SQLITE_ERROR`,
    );
  }
}

function scriptRoutes(scripts: Map<string, Script>): Route[] {
  const workflows = new Map<string, string>();
  const scriptOf = (name: string | undefined): Script => {
    const script = scripts.get(name ?? "");
    if (script === undefined) {
      throw new ApiError(404, 10007, "This Worker does not exist on your account.");
    }
    return script;
  };
  const upload = async (name: string, form: FormData): Promise<Version> => {
    const part = form.get("metadata");
    const metadata = JSON.parse(part instanceof Blob ? await part.text() : String(part)) as Record<
      string,
      unknown
    >;
    const script: Script = scripts.get(name) ?? {
      secrets: new Map(),
      versions: [],
      deployments: [],
      migrationTag: undefined,
      isDraft: true,
      schedules: [],
    };
    const version = {
      id: randomUUID(),
      created_on: new Date(Date.now() + script.versions.length).toISOString(),
      annotations: (metadata["annotations"] ?? {}) as Record<string, unknown>,
      metadata,
    };
    script.versions.push(version);
    script.isDraft = metadata["compatibility_date"] === undefined;
    const migrations = metadata["migrations"] as { new_tag?: string } | undefined;
    script.migrationTag = migrations?.new_tag ?? script.migrationTag;
    scripts.set(name, script);
    return version;
  };
  const deploy = (script: Script, versionId: string, message: string): void => {
    script.deployments.unshift({
      id: randomUUID(),
      created_on: new Date(Date.now() + script.deployments.length).toISOString(),
      versionId,
      message,
    });
  };
  return [
    [
      "GET",
      /^\/workers\/services\/(?<name>[\w-]+)$/,
      ({ groups }) => {
        const script = scriptOf(groups["name"]);
        return {
          id: groups["name"],
          default_environment: {
            environment: "production",
            script: {
              tag: createHash("md5")
                .update(groups["name"] ?? "")
                .digest("hex"),
              tags: [],
              last_deployed_from: "wrangler",
              migration_tag: script.migrationTag,
            },
          },
        };
      },
    ],
    [
      "PUT",
      /^\/workers\/scripts\/(?<name>[\w-]+)$/,
      async ({ groups, form }) => {
        const name = groups["name"] ?? "";
        const version = await upload(name, await form());
        deploy(scriptOf(name), version.id, "");
        return {
          id: name,
          etag: version.id,
          deployment_id: version.id.replaceAll("-", ""),
          startup_time_ms: 1,
        };
      },
    ],
    [
      "GET",
      /^\/workers\/scripts$/,
      () => [...scripts].map(([id, { migrationTag }]) => ({ id, migration_tag: migrationTag })),
    ],
    [
      "POST",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/versions$/,
      async ({ groups, form }) => showVersion(await upload(groups["name"] ?? "", await form())),
    ],
    [
      "GET",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/versions$/,
      ({ groups }) => ({ items: scriptOf(groups["name"]).versions.map(showVersion) }),
    ],
    [
      "GET",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/versions\/(?<id>[\w-]+)$/,
      ({ groups }) => {
        const version = scriptOf(groups["name"]).versions.find(({ id }) => id === groups["id"]);
        if (version === undefined) {
          throw new ApiError(404, 10090, "no such version");
        }
        return showVersion(version);
      },
    ],
    [
      "GET",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/deployments$/,
      ({ groups }) => ({
        deployments: scriptOf(groups["name"]).deployments.map(
          ({ id, created_on, versionId, message }) => ({
            id,
            created_on,
            source: "wrangler",
            strategy: "percentage",
            author_email: "operator@example.com",
            annotations: { "workers/message": message },
            versions: [{ version_id: versionId, percentage: 100 }],
          }),
        ),
      }),
    ],
    [
      "POST",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/deployments$/,
      ({ groups, json }) => {
        const { versions, annotations } = json() as {
          versions: { version_id: string }[];
          annotations?: Record<string, string>;
        };
        deploy(
          scriptOf(groups["name"]),
          versions[0]?.version_id ?? "",
          annotations?.["workers/message"] ?? "",
        );
        return { id: randomUUID() };
      },
    ],
    [
      "GET",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/secrets$/,
      ({ groups }) =>
        [...scriptOf(groups["name"]).secrets.keys()].map((name) => ({ name, type: "secret_text" })),
    ],
    [
      "PATCH",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/secrets-bulk$/,
      ({ groups, json }) => {
        const { secrets } = json() as { secrets: Record<string, { text: string }> };
        const script = scriptOf(groups["name"]);
        Object.entries(secrets).forEach(([name, { text }]) => script.secrets.set(name, text));
        return {};
      },
    ],
    [
      "GET",
      /^\/workers\/workers\/(?<name>[\w-]+)$/,
      ({ groups }) => ({
        name: groups["name"],
        subdomain: { enabled: true, previews_enabled: false },
      }),
    ],
    [
      "POST",
      /^\/workers\/scripts\/[\w-]+\/subdomain$/,
      () => ({ enabled: true, previews_enabled: false }),
    ],
    ["GET", /^\/workers\/subdomain$/, () => ({ subdomain: "operator" })],
    [
      "PUT",
      /^\/workers\/scripts\/(?<name>[\w-]+)\/schedules$/,
      ({ groups, text }) => {
        scriptOf(groups["name"]).schedules = JSON.parse(text);
        return {};
      },
    ],
    ["PATCH", /^\/workers\/scripts\/[\w-]+\/(script-)?settings$/, () => ({})],
    [
      "GET",
      /^\/workflows\/(?<name>[\w-]+)$/,
      ({ groups }) => {
        const script = workflows.get(groups["name"] ?? "");
        if (script === undefined) {
          throw new ApiError(404, 10200, "workflow.not_found");
        }
        return { name: groups["name"], script_name: script };
      },
    ],
    [
      "PUT",
      /^\/workflows\/(?<name>[\w-]+)$/,
      ({ groups, json }) => {
        workflows.set(groups["name"] ?? "", String(json()["script_name"]));
        return {};
      },
    ],
    [
      "POST",
      /^\/workers\/scripts\/[\w-]+\/assets-upload-session$/,
      // Nothing is asked for: what the files hold is no matter here.
      () => ({ jwt: "a-completion-token", buckets: [] }),
    ],
  ];
}

function showDatabase(name: string, id: string): unknown {
  return {
    name,
    uuid: id,
    version: "production",
    created_at: "2026-11-01T00:00:00Z",
  };
}

function showVersion({ id, created_on, annotations }: Version): unknown {
  return {
    id,
    number: 1,
    annotations,
    metadata: {
      created_on,
      modified_on: created_on,
      author_email: "operator@example.com",
      source: "wrangler",
    },
    resources: { script: { etag: id, handlers: [] }, bindings: [], script_runtime: {} },
  };
}
