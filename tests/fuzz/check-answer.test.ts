import { describe, expect, test } from "vitest";
import { createAnswerCheck } from "./check-answer.ts";
import { operationsOf, type OpenApiDocument } from "./operations.ts";
import type { FuzzAnswer } from "./send.ts";

const document: OpenApiDocument = {
  paths: {
    "/v1/a": {
      get: {
        responses: {
          "200": {
            content: {
              "application/json": { schema: { $ref: "#/components/schemas/A" } },
              "text/csv": { schema: { type: "string" } },
            },
          },
          "400": { content: { "application/problem+json": { schema: { type: "object" } } } },
          "502": { content: { "application/problem+json": { schema: { type: "object" } } } },
        },
      },
    },
  },
  components: {
    schemas: {
      A: { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false },
    },
  },
};

const JSON_TYPE = "application/json; charset=utf-8";
const PROBLEM_TYPE = "application/problem+json";

function faultsOf(status: number, type: string, body: string, method = "GET"): readonly string[] {
  const answer: FuzzAnswer = {
    status,
    header: (name) => (name === "content-type" ? type : undefined),
    body: Buffer.from(body),
  };
  const check = createAnswerCheck(document);
  const request = { method, path: "/v1/a", headers: {}, body: null };
  return operationsOf(document).flatMap((operation) => check(operation, request, answer));
}

function problem(status: number, code: string, detail: string): string {
  return JSON.stringify({ title: "Bad request", status, detail, code, parameter: "limit" });
}

describe("the check of an answer", () => {
  test.each([
    [200, JSON_TYPE, '{"a":1}', "GET"],
    [200, JSON_TYPE, "", "HEAD"],
    [200, "text/csv", "a,b\r\n1,2\r\n", "GET"],
    [400, PROBLEM_TYPE, problem(400, "invalid_input", 'limit "0" is not allowed: 1 to 9'), "GET"],
    [502, PROBLEM_TYPE, problem(502, "source_blocked", "the source is silent"), "GET"],
  ])("lets through %i %s %s", (status, type, body, method) => {
    expect(faultsOf(status, type, body, method)).toEqual([]);
  });

  test.each([
    ["breaks its schema", 200, JSON_TYPE, '{"a":1.5}'],
    ["breaks its schema", 200, JSON_TYPE, '{"a":1,"b":2}'],
    ["no JSON", 200, JSON_TYPE, "{"],
    ["the type text/html is not documented", 200, "text/html", "<p>"],
    ["have 2 and 3 fields", 200, "text/csv", "a,b\r\n1,2,3\r\n"],
    ["the status 404 is not documented", 404, PROBLEM_TYPE, "{}"],
    ["304 without a condition", 304, JSON_TYPE, ""],
    ["while nothing is broken", 500, PROBLEM_TYPE, problem(500, "internal", "x")],
    ["while nothing is broken", 502, PROBLEM_TYPE, problem(502, "storage_unavailable", "x")],
    ["says status 404, the answer 400", 400, PROBLEM_TYPE, problem(404, "not_found", "x")],
    ["no title, detail or code", 400, PROBLEM_TYPE, problem(400, "not_found", "")],
    ["what is allowed", 400, PROBLEM_TYPE, problem(400, "invalid_input", "limit is wrong")],
    [
      "what is allowed",
      400,
      PROBLEM_TYPE,
      problem(400, "invalid_input", "limit 0 is not allowed: Invalid input"),
    ],
  ])("finds that it %s: %i %s %s", (fault, status, type, body) => {
    expect(faultsOf(status, type, body).join("; ")).toContain(fault);
  });
});
