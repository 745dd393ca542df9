import * as fc from "fast-check";
import type { Json, JsonObject, OpenApiDocument, Operation } from "./operations.ts";
import { oddJson, oddText, valueOf } from "./values.ts";
import { COLD_START } from "./warehouse.ts";

/** What is sent, and the media type that it is said to have. */
export interface Body {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** Bodies of `operation`, most of them as the document has them; null is none. */
export function bodyOf(
  { method, bodies }: Operation,
  document: OpenApiDocument,
): fc.Arbitrary<Body | null> {
  const types = Object.entries(bodies);
  if (types.length === 0) {
    const stray = fc.constant<Body>({ type: "application/json", content: "{}" });
    return method === "GET" ? fc.constant(null) : fc.option(stray, { freq: 2, nil: null });
  }
  const sound = types.map(([type, { schema = {} }]) =>
    type === "application/json"
      ? jsonText(valueOf("body", schema, document)).map((content) => ({ type, content }))
      : fileBody(type),
  );
  const wild = fc.record({
    type: fc.constantFrom(...types.map(([type]) => type), "text/plain", "multipart/form-data", ""),
    content: fc.oneof(
      oddText,
      fc.constantFrom("[".repeat(2_000), "{", '{"a":', "\ufeff{}", "x".repeat(70_000)),
    ),
  });
  return fc.oneof(
    { arbitrary: fc.oneof(...sound), weight: 8 },
    { arbitrary: wild, weight: 1 },
    { arbitrary: fc.constant(null), weight: 1 },
  );
}

/** Each second one is changed in one member. */
function jsonText(value: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat({ max: 10 }), name: oddText, value: oddJson });
  return fc
    .tuple(value, fc.option(change, { freq: 2 }))
    .map(([sound, one]) => JSON.stringify(one === null ? sound : changed(sound, one)));
}

function changed(
  sound: Json,
  { at, name, value }: { readonly at: number; readonly name: string; readonly value: Json },
): Json {
  if (typeof sound !== "object" || sound === null || Array.isArray(sound)) {
    return value;
  }
  const members: [string, Json][] = Object.entries(sound as JsonObject);
  const member = members[at % (members.length + 1)]?.[0] ?? name;
  return at % 3 === 0
    ? Object.fromEntries(members.filter(([one]) => one !== member))
    : { ...(sound as JsonObject), [member]: value };
}

const CSV_ROWS = fc.array(
  fc.oneof(
    {
      arbitrary: fc.nat({ max: 500 }).map((at) => `${COLD_START + at * 60},1,2,0.5,1.5,10,15`),
      weight: 4,
    },
    oddText,
  ),
  { maxLength: 6 },
);

function fileBody(type: string): fc.Arbitrary<Body> {
  return type === "text/csv"
    ? CSV_ROWS.map((rows) => ({
        type,
        content: ["timestamp,open,high,low,close,volume_from,volume_to", ...rows].join("\n"),
      }))
    : fc.uint8Array({ maxLength: 64 }).map((bytes) => ({ type, content: bytes }));
}
