import * as fc from "fast-check";
import { bodyOf } from "./bodies.ts";
import type { OpenApiDocument, Operation } from "./operations.ts";
import { encodeWord, queryOf, textOf } from "./queries.ts";
import { oddText, valueOf } from "./values.ts";

/** A request as it is sent. Words that begin with @ stand for what the running system has given out. */
export interface FuzzRequest {
  readonly method: string;
  /** With the query string, as it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** What is sent after a request that was answered, to hold the two answers against each other. */
export const FOLLOW_UPS = ["nothing", "again", "conditional", "head"] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];
const HEADER_VALUES: Readonly<Record<string, readonly string[]>> = {
  accept: [
    "application/json",
    "text/csv",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "text/event-stream",
    "image/png",
    "*/*;q=0",
    ";;;q=x,/",
    "",
  ],
  range: [
    "bytes=0-9",
    "bytes=-5",
    "bytes=9-",
    "bytes=5-1",
    "bytes=0-1,3-4",
    "bytes=99999999-",
    "rows=1-2",
    "x",
  ],
  "if-none-match": ["*", '"x"', 'W/"x"', '"', "x, y", ","],
  "if-match": ["*", '"x"'],
  "if-range": ['"x"', "Wed, 21 Oct 2026 07:28:00 GMT"],
  "if-modified-since": ["Wed, 21 Oct 2026 07:28:00 GMT", "soon"],
  "accept-encoding": [
    "gzip",
    "zstd",
    "br",
    "gzip, zstd;q=0.5",
    "identity;q=0",
    "*;q=0",
    "gzip;q=2",
    ";,",
    "",
  ],
  "last-event-id": ["1", "x", "%00", "e".repeat(3_000), '[{"a":1}]', "bnVsbA"],
  "cache-control": ["no-cache", "only-if-cached", "max-age=x"],
  origin: ["https://chart.test", "null"],
  authorization: ["Bearer x", "Basic eDp5", "Bearer"],
  "x-mbx-time-unit": ["MICROSECOND", "millisecond", "x"],
  "x-http-method-override": ["DELETE"],
  cookie: ["a=b"],
};

const headers: fc.Arbitrary<Record<string, string>> = fc
  .array(
    fc
      .constantFrom(...Object.entries(HEADER_VALUES))
      .chain(([name, values]) => fc.constantFrom(...values).map((value) => [name, value] as const)),
    { maxLength: 3, size: "max" },
  )
  .map((pairs) => Object.fromEntries(pairs));

/** Requests to `operation`: sound by the document, almost sound, and wild. */
export function requestOf(
  operation: Operation,
  document: OpenApiDocument,
): fc.Arbitrary<FuzzRequest> {
  return fc
    .tuple(
      pathOf(operation, document),
      queryOf(operation, document),
      fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, headers),
      bodyOf(operation, document),
    )
    .map(([path, query, sent, body]) => ({
      method: operation.method,
      path: query === "" ? path : `${path}?${query}`,
      headers: { ...(body === null ? {} : { "content-type": body.type }), ...sent },
      body: body === null ? null : body.content,
    }));
}

function pathOf({ path, parameters }: Operation, document: OpenApiDocument): fc.Arbitrary<string> {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  return fc
    .tuple(
      ...inPath.map(({ name, schema = {} }) =>
        fc
          .oneof(
            { arbitrary: valueOf(name, schema, document).map(textOf), weight: 4 },
            oddText.filter((text) => text !== ""),
          )
          .map((value) => [name, value] as const),
      ),
    )
    .map((values) =>
      values.reduce(
        (sum, [name, value]) => sum.replace(`{${name}}`, () => encodePath(name, value)),
        path,
      ),
    );
}

/** The key of a file is a path itself. */
function encodePath(name: string, value: string): string {
  return name === "key" ? value.split("/").map(encodeWord).join("/") : encodeWord(value);
}
