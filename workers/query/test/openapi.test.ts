import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../src/app.ts";
import { candleAt, collectSeries, storeCandles } from "./candle-rows.ts";

interface Schema {
  readonly description?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
}

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema?: Schema;
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
}

/** Those that the examples name. */
const STORED = [
  { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USDT", timeframe: "1m" },
] as const;

/** What asks neither the database nor another Worker. */
const NEVER_FAILING = [
  "get /grafana",
  "post /grafana/metric-payload-options",
  "post /grafana/tag-keys",
];

/** Charts read `{s: error}` with the status 200, and look at no other. */
const ERRORS_AS_200 = /^get \/udf\//;

/** Which series or market is meant, where no one parameter must be given. */
const MEANT: Readonly<Record<string, string>> = {
  "/v1/candles": "series=binance:BTC-USDT:1m",
  "/v1/compare": "symbol=BTC-USDT",
  "/udf/history": "countback=10",
};

/** These name a thing that is not here, are answered by another Worker, or never end. */
const NOT_ASKED = [
  "/v1/archive/runs/{id}",
  "/v1/archive/{key}",
  "/v1/backfills",
  "/v1/backfills/{id}",
  "/v1/dead-letters/{id}",
  "/v1/imports",
  "/v1/imports/{id}",
  "/v1/stream",
];

const operations: [name: string, operation: Operation][] = [];
const app = createApp();

function get(path: string): Promise<Response> | Response {
  return app.request(path, {}, { ...env, OPEN_WRITES: "local" });
}

beforeAll(async () => {
  for (const series of STORED) {
    await collectSeries(series);
    await storeCandles(series, [candleAt(Date.UTC(2023, 0, 2) / 1_000)]);
  }
  const document: { paths: Record<string, Record<string, Operation>> } = await (
    await get("/openapi.json")
  ).json();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.push([`${method} ${path}`, operation]);
    }
  }
});

/** What of each operation `isWrong` finds fault with. */
function faults(find: (operation: Operation, name: string) => readonly string[]): string[] {
  expect(operations.length).toBeGreaterThan(60);
  return operations.flatMap(([name, operation]) =>
    find(operation, name).map((fault) => `${name}: ${fault}`),
  );
}

function parametersWithout(has: (parameter: Parameter) => boolean): string[] {
  return faults(({ parameters = [] }) =>
    parameters.filter((parameter) => !has(parameter)).map(({ name }) => name),
  );
}

function exampleOf({ example, schema = {} }: Parameter): unknown {
  return [example, schema.example, schema.examples, schema.default, schema.enum]
    .flat()
    .find((value) => value !== undefined);
}

describe("the OpenAPI document", () => {
  test("has a summary of each operation", () => {
    expect(faults(({ summary = "" }) => (summary.length < 10 ? ["summary"] : []))).toEqual([]);
  });

  test("says of each parameter what it means", () => {
    expect(
      parametersWithout(
        ({ description, schema }) => (description ?? schema?.description ?? "") !== "",
      ),
    ).toEqual([]);
  });

  test("has an example of each parameter, or the values or the default that it may have", () => {
    expect(parametersWithout((parameter) => exampleOf(parameter) !== undefined)).toEqual([]);
  });

  test("has the errors of each operation: what is wrong with a request, and what fails", () => {
    const without = faults(({ parameters = [], requestBody, responses }, name) => {
      const places = new Set(parameters.map((parameter) => parameter.in));
      const codes = Object.keys(responses);
      const due = [
        ...(requestBody !== undefined || places.has("query") ? ["400"] : []),
        ...(places.has("path") && !codes.includes("400") ? ["404"] : []),
        ...(NEVER_FAILING.includes(name) ? [] : ["503"]),
      ];
      return ERRORS_AS_200.test(name) ? [] : due.filter((code) => !codes.includes(code));
    });
    expect(without).toEqual([]);
  });

  test("has 304 for each answer that has an entity tag, and for no other", async () => {
    const statuses: [path: string, status: number][] = [];
    const found: Record<string, boolean> = {};
    const told: Record<string, boolean> = {};
    for (const [name, { parameters = [], responses }] of operations) {
      const [method, path = ""] = name.split(" ");
      if (method !== "get" || NOT_ASKED.includes(path)) {
        continue;
      }
      const response = await get(exampleRequest(path, parameters));
      await response.body?.cancel();
      statuses.push([path, response.status]);
      found[path] = response.headers.has("etag");
      told[path] = "304" in responses;
    }
    expect(told).toEqual(found);
    expect(statuses.filter(([, status]) => status !== 200)).toEqual([]);
  });

  test("has 413 wherever a body or the candles of a range may be too much", () => {
    const without = faults(({ requestBody, responses }, name) => {
      const isBounded = requestBody !== undefined || /candles$|compare|outliers/.test(name);
      return isBounded && !("413" in responses) ? ["413"] : [];
    });
    expect(without).toEqual([]);
  });
});

/** The address of `path` with the examples of all that must be given. */
function exampleRequest(path: string, parameters: readonly Parameter[]): string {
  const required = parameters.filter((parameter) => parameter.required === true);
  const search = new URLSearchParams(MEANT[path]);
  let address = path;
  for (const parameter of required) {
    const value = String(exampleOf(parameter));
    if (parameter.in === "path") {
      address = address.replace(`{${parameter.name}}`, value);
    } else {
      search.set(parameter.name, value);
    }
  }
  return search.size === 0 ? address : `${address}?${search.toString()}`;
}
