import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnswerCheck } from "./fuzz/check-answer.ts";
import { operationsOf, type OpenApiDocument, type Operation } from "./fuzz/operations.ts";
import { createProbe, type Probe } from "./fuzz/probe.ts";
import { FOLLOW_UPS, requestOf, type FuzzRequest } from "./fuzz/requests.ts";
import { startWarehouse, type Warehouse } from "./fuzz/warehouse.ts";

/** Requests to each operation, follow-ups not counted. With 400 there are more than 20,000 in all. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 8);
/** The same one makes the same requests again. */
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
/** A part of an operation's name, such as `get /v1/candles`: the others are left out. */
const ONLY = process.env["FUZZ_ONLY"] ?? "";

const OPERATIONS_AT_A_TIME = 4;
/** Of what fails, a smaller example is looked for no longer than this, and no more is sent. */
const OPERATION_MS_MAX = 15_000 + RUNS * 1_000;

const METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "QUERY"];

let warehouse: Warehouse;
let document: OpenApiDocument;
let probe: Probe;

beforeAll(async () => {
  warehouse = await startWarehouse();
  const { url } = await warehouse.system.harness.listen();
  document = (await (await warehouse.system.get("/openapi.json")).json()) as OpenApiDocument;
  probe = createProbe(url, createAnswerCheck(document));
});

afterAll(() => warehouse?.system.close());

function operations(): Operation[] {
  return operationsOf(document).filter(({ name }) => name.includes(ONLY));
}

/** `text` with what the system has given out in the place of the words that stand for it. */
function filledIn(text: string): string {
  return Object.entries(warehouse.words).reduce(
    (sum, [word, value]) =>
      sum.replaceAll(encodeURIComponent(word), () => value).replaceAll(word, () => value),
    text,
  );
}

function sendable(request: FuzzRequest): FuzzRequest {
  const { path, body } = request;
  return {
    ...request,
    path: filledIn(path),
    body: typeof body === "string" ? filledIn(body) : body,
  };
}

/** What is wrong with an operation, with the smallest request that shows it. */
async function fuzz(operation: Operation): Promise<string[]> {
  const { name } = operation;
  const property = fc.asyncProperty(
    requestOf(operation, document),
    fc.constantFrom(...FOLLOW_UPS),
    async (request, next) => {
      const faults = await probe.faultsOf(operation, sendable(request), next);
      if (faults.length > 0) {
        throw new Error(faults.join("; "));
      }
    },
  );
  const result = await fc.check(property, {
    numRuns: RUNS,
    // Each operation has draws of its own, whichever others are left out.
    seed: SEED + operationsOf(document).findIndex((one) => one.name === name),
    interruptAfterTimeLimit: OPERATION_MS_MAX,
    markInterruptAsFailure: false,
  });
  if (result.counterexample === null) {
    return [];
  }
  const [request, next] = result.counterexample;
  const again = `FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS} FUZZ_ONLY='${name}'`;
  const fault = result.errorInstance instanceof Error ? result.errorInstance.message : "";
  return [`${name}: ${fault}\n  ${shown(sendable(request))}, then ${next}\n  ${again}`];
}

function shown({ method, path, headers, body }: FuzzRequest): string {
  const sent = Object.entries(headers).map(([name, value]) => ` -H '${name}: ${value}'`);
  const text = body === null ? "" : ` --data ${JSON.stringify(Buffer.from(body).toString())}`;
  return `${method} ${path.slice(0, 1_000)}${sent.join("")}${text.slice(0, 1_000)}`;
}

/** What is wrong with all of these, a few at a time. */
async function faultsOfAll(tasks: readonly (() => Promise<string[]>)[]): Promise<string> {
  const waiting = [...tasks];
  const faults: string[] = [];
  const run = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      faults.push(...(await task()));
    }
  };
  await Promise.all(Array.from({ length: OPERATIONS_AT_A_TIME }, run));
  return faults.join("\n");
}

describe("generated requests", { timeout: 600_000 + RUNS * 10_000 }, () => {
  test("to every operation are answered as the document says", async () => {
    expect(await faultsOfAll(operations().map((operation) => () => fuzz(operation)))).toBe("");
  });

  test("are understood often enough to come further than to the first check", () => {
    const all = [2, 3, 4, 5].reduce((sum, hundred) => sum + probe.count(hundred), 0);
    expect(probe.count(2)).toBeGreaterThan(all / 4);
  });

  test("by a method that an address has not are refused", async () => {
    const known = new Set(operationsOf(document).map(({ method, path }) => `${method} ${path}`));
    const tasks = [...new Set(operations().map(({ path }) => path))].flatMap((path) =>
      METHODS.filter((method) => !known.has(`${method} ${path}`)).map(
        (method) => () => probe.faultsOfMethod(method, path, known.has(`GET ${path}`)),
      ),
    );
    expect(await faultsOfAll(tasks)).toBe("");
  });

  test("are as many as were asked for, and each is answered", () => {
    const all = [1, 2, 3, 4, 5].map((hundred) => probe.count(hundred));
    const sent = all.reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `FUZZ_SEED=${SEED}: ${sent} requests to ${operations().length} operations; by hundreds of their status ${all.join(", ")}\n`,
    );
    expect(sent).toBeGreaterThanOrEqual(RUNS * operations().length);
  });

  test("leave no failure of ours in the log", () => {
    const failures = warehouse.system
      .events("request.failed")
      .filter(({ code }) => !String(code).startsWith("source_"));
    expect(failures).toEqual([]);
  });
});
