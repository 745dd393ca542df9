import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenApiDocument, Operation } from "./operations.ts";
import type { FuzzRequest } from "./requests.ts";
import type { FuzzAnswer } from "./send.ts";

const PROBLEM_TYPE = "application/problem+json";
/** What zod says of itself where nobody has said what is allowed. */
const UNSAID = /^(Invalid |Required|Unrecognized|Too |$)/;
/** What stands in for Cloudflare's edge refuses so what it cannot encode as it is asked to. */
const EDGE_ENCODINGS = "br, gzip";
/** Of answers that a working system gives where a source is to blame. */
const SOURCE_CODE = /^source_/;

/** Says what is wrong with an answer: an empty list where it is as the document has it. */
export type AnswerCheck = (
  operation: Operation,
  request: FuzzRequest,
  answer: FuzzAnswer,
) => readonly string[];

/** Holds answers against `document`. */
export function createAnswerCheck(document: OpenApiDocument): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "api", ...document });
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (operation: Operation, status: number, type: string): ValidateFunction => {
    const parts = ["paths", operation.path, operation.method.toLowerCase(), "responses"];
    const pointer = [...parts, String(status), "content", type, "schema"].map(escapePart).join("/");
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
    validators.set(pointer, validate);
    return validate;
  };
  return (operation, request, answer) => {
    const { status, header, body } = answer;
    const types = operation.answers.get(status);
    if (status === 304) {
      return faultsOfNotModified(request, answer);
    }
    if (status === 415 && header("accept-encoding") === EDGE_ENCODINGS) {
      return [];
    }
    if (types === undefined) {
      return [`the status ${status} is not documented`, ...faultsOfFailure(answer)];
    }
    const type = mediaTypeOf(header("content-type"));
    if (types.length > 0 && !types.includes(type)) {
      return [`the type ${type} is not documented of status ${status}: ${types.join(", ")} are`];
    }
    if (request.method === "HEAD") {
      return [...faultsOfFailure(answer), ...(body.length === 0 ? [] : ["HEAD has a body"])];
    }
    if (types.length === 0) {
      return faultsOfFailure(answer);
    }
    return [
      ...faultsOfFailure(answer),
      ...faultsOfBody(status === 206 ? "part" : type, body, (value) => {
        const validate = validatorOf(operation, status, type);
        return validate(value)
          ? []
          : [`the body breaks its schema: ${ajv.errorsText(validate.errors?.slice(0, 5))}`];
      }),
      ...(type === PROBLEM_TYPE ? faultsOfProblem(answer) : []),
    ];
  };
}

/** Of a JSON pointer in a URI. */
function escapePart(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "none").split(";")[0]?.trim().toLowerCase() ?? "none";
}

/** Nothing is broken here: so nothing of ours may fail. */
function faultsOfFailure({ status, body }: FuzzAnswer): string[] {
  if (status < 500) {
    return [];
  }
  const code = /"code":"(\w+)"/.exec(body.toString())?.[1] ?? "none";
  const isSource = (status === 502 || status === 503) && SOURCE_CODE.test(code);
  return isSource ? [] : [`status ${status} with code ${code}, while nothing is broken`];
}

function faultsOfNotModified({ headers }: FuzzRequest, { header, body }: FuzzAnswer): string[] {
  return [
    ...(headers["if-none-match"] === undefined && headers["if-modified-since"] === undefined
      ? ["304 without a condition"]
      : []),
    ...(body.length === 0 ? [] : ["304 has a body"]),
    ...(header("etag") === undefined ? ["304 names no entity tag"] : []),
  ];
}

function faultsOfBody(
  type: string,
  body: Buffer,
  faultsOfValue: (value: unknown) => string[],
): string[] {
  if (type === "application/json" || type.endsWith("+json")) {
    const value = parsed(body.toString());
    return value === undefined ? ["the body is no JSON"] : faultsOfValue(value.json);
  }
  switch (type) {
    case "application/x-ndjson": {
      const lines = body
        .toString()
        .split("\n")
        .filter((line) => line !== "");
      return lines.every((line) => parsed(line) !== undefined) ? [] : ["a line is no JSON"];
    }
    case "text/csv":
      return faultsOfCsv(body.toString());
    case "application/vnd.apache.parquet":
      return body.length === 0 || body.subarray(0, 4).toString() === "PAR1"
        ? []
        : ["no Parquet file"];
    case "application/vnd.apache.arrow.stream":
      return body.readUInt32LE(0) === 0xffff_ffff ? [] : ["no Arrow stream"];
    default:
      return [];
  }
}

function faultsOfCsv(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !line.includes('"'));
  const widths = new Set(lines.map((line) => line.split(",").length));
  return widths.size <= 1 ? [] : [`the rows of the CSV have ${[...widths].join(" and ")} fields`];
}

/** Complete: it says what happened, and of a bad parameter its name, its value and what is allowed. */
function faultsOfProblem({ status, body }: FuzzAnswer): string[] {
  const problem = Object(parsed(body.toString())?.json) as Record<string, unknown>;
  const { title, detail, code, parameter } = problem;
  const faults: string[] = [];
  if (problem["status"] !== status) {
    faults.push(`the problem says status ${String(problem["status"])}, the answer ${status}`);
  }
  if (![title, detail, code].every((text) => typeof text === "string" && text !== "")) {
    faults.push("the problem has no title, detail or code");
  }
  if (code === "invalid_input") {
    const [, allowed = ""] = / is not allowed: (.+)/s.exec(String(detail)) ?? [];
    if (
      typeof parameter !== "string" ||
      !String(detail).startsWith(parameter) ||
      UNSAID.test(allowed)
    ) {
      faults.push("the problem does not name the parameter, its value and what is allowed");
    }
  }
  return faults;
}

/** Undefined where `text` is no JSON. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
