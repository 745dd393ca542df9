import { mediaTypeOf, type AnswerCheck } from "./check-answer.ts";
import type { Operation } from "./operations.ts";
import type { FollowUp, FuzzRequest } from "./requests.ts";
import { send, type FuzzAnswer } from "./send.ts";

/** Sends requests to the system at one address, and tells what is wrong with its answers. */
export interface Probe {
  /** Of a request, and of what follows it where it is a GET that was answered as it should be. */
  faultsOf(operation: Operation, request: FuzzRequest, next: FollowUp): Promise<readonly string[]>;
  /** Of a method that the document has not at `path`, whose parameters stand in braces. */
  faultsOfMethod(method: string, path: string, hasGet: boolean): Promise<string[]>;
  /** How many of the requests, follow-ups left out, had a status of this hundred: 2 is 200 to 299. */
  count(hundred: number): number;
}

const DOORS = /^\/(udf|binance)\//;

export function createProbe(base: URL, check: AnswerCheck): Probe {
  const counts = new Map<number, number>();
  return {
    faultsOf: async (operation, request, next) => {
      const answer = await send(base, request);
      const hundred = Math.floor(answer.status / 100);
      counts.set(hundred, (counts.get(hundred) ?? 0) + 1);
      const faults = check(operation, request, answer);
      return faults.length > 0 || request.method !== "GET"
        ? faults
        : faultsOfFollowUp(base, check, operation, request, answer, next);
    },
    faultsOfMethod: (method, path, hasGet) => faultsOfMethod(base, method, path, hasGet),
    count: (hundred) => counts.get(hundred) ?? 0,
  };
}

async function faultsOfFollowUp(
  base: URL,
  check: AnswerCheck,
  operation: Operation,
  request: FuzzRequest,
  first: FuzzAnswer,
  next: FollowUp,
): Promise<readonly string[]> {
  const etag = first.header("etag");
  if (next === "again") {
    const second = await send(base, request);
    return [...check(operation, request, second), ...faultsOfTags(first, second)];
  }
  // A part is for GET alone: HEAD says what all of it would be.
  if (next === "head" && request.headers["range"] === undefined) {
    const asked = { ...request, method: "HEAD" };
    const second = await send(base, asked);
    const faults = check(operation, asked, second);
    return second.status === first.status
      ? faults
      : [...faults, `GET has status ${first.status}, HEAD ${second.status}`];
  }
  if (next === "conditional" && etag !== undefined && first.status === 200) {
    const headers = { ...request.headers, "if-none-match": etag };
    const second = await send(base, { ...request, headers });
    const faults = check(operation, { ...request, headers }, second);
    const tag = second.header("etag");
    return (tag === etag) === (second.status === 304)
      ? faults
      : [...faults, `asked again with its tag ${etag}: status ${second.status}, tag ${tag}`];
  }
  return [];
}

/** The same tag means the same body, and the same body the same tag, whatever changed between. */
function faultsOfTags(first: FuzzAnswer, second: FuzzAnswer): string[] {
  const [one, other] = [first.header("etag"), second.header("etag")];
  if (first.status !== 200 || second.status !== 200 || one === undefined) {
    return [];
  }
  const isSame = first.body.equals(second.body);
  return (one === other) === isSame
    ? []
    : [
        `two answers with ${isSame ? "the same body" : "other bodies"} have the tags ${one}, ${other}`,
      ];
}

async function faultsOfMethod(
  base: URL,
  method: string,
  path: string,
  hasGet: boolean,
): Promise<string[]> {
  const address = path.replaceAll(/\{\w+\}/g, "nothing");
  const request = { method, path: address, headers: {}, body: null };
  const { status, header, body } = await send(base, request);
  // The doors of other protocols refuse in the words of these.
  const type = DOORS.test(address) ? "application/json" : "application/problem+json";
  const isProblem = method === "HEAD" || mediaTypeOf(header("content-type")) === type;
  const isRight =
    method === "OPTIONS"
      ? status === 204 && header("access-control-allow-methods") !== undefined
      : method === "HEAD" && hasGet
        ? status < 500
        : isProblem && (status === 404 || (status === 405 && header("allow") !== undefined));
  return isRight ? [] : [`${method} ${address}: status ${status} ${body.toString().slice(0, 300)}`];
}
