import * as fc from "fast-check";
import { resolveSchema, type Json, type OpenApiDocument, type Schema } from "./operations.ts";
import { NAMED_VALUES, STORED_SERIES } from "./warehouse.ts";

/** Numbers at the edges of what anybody counts with. */
const ODD_NUMBERS = [0, -1, 1, 1.5, -0.5, 20, 2_001, 10_001, 1e6, 2 ** 31, 2 ** 53, 1e21, -1e300];

/** Texts that are something to somebody: to a parser, to a database, to a shell. */
const ODD_TEXTS = [
  "",
  " ",
  "0",
  "-1",
  "NaN",
  "Infinity",
  "1e3",
  "0x10",
  "null",
  "undefined",
  "true",
  "[]",
  "{}",
  "[object Object]",
  "' OR 1=1 --",
  "%",
  "%00",
  "../../etc/passwd",
  "\u0000",
  "\n",
  "\ud83d\udd6f",
  "\u202e",
  "ﬀ",
  "__proto__",
  "constructor",
  "binance:BTC-USDT:1m",
  "binance:BTC-USDT:1m:1m",
  "binance::1m",
  ":",
  ",",
  "1970-01-01",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "2026-02-30",
  "253402300800",
  "-62135596800",
  "99999999999999999999",
  "1m",
  "7m",
  "a".repeat(300),
  "9".repeat(5_000),
];

/** Any text: one of the odd ones, or whatever comes. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...ODD_TEXTS), weight: 3 },
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 12 }),
);

/** Any JSON value that somebody could send. */
export const oddJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, ...ODD_NUMBERS, [], {}, [[]], [null], { a: 1 }),
  oddText,
  fc.jsonValue({ maxDepth: 2 }).map((value): Json => JSON.parse(JSON.stringify(value))),
);

/**
 * Values that `schema` allows. Where something of this name is stored in the system, that is drawn
 * most of the time: for what is a sound text of a schema is seldom one that means anything.
 */
export function valueOf(
  name: string,
  schema: Schema,
  document: OpenApiDocument,
): fc.Arbitrary<Json> {
  const shape = resolveSchema(schema, document);
  const named = NAMED_VALUES[name] ?? [];
  const examples = [shape.example, ...(shape.examples ?? []), shape.default].filter(
    (value) => value !== undefined,
  );
  const choices: fc.WeightedArbitrary<Json>[] = [];
  if (named.length > 0 && shape.enum === undefined && !isStructured(shape)) {
    choices.push({ arbitrary: fc.constantFrom<Json>(...named), weight: 6 });
  }
  if (examples.length > 0) {
    choices.push({ arbitrary: fc.constantFrom(...examples), weight: 4 });
  }
  return fc.oneof(...choices, { arbitrary: madeOf(name, shape, document), weight: 1 });
}

function isStructured({ type, anyOf, oneOf, allOf }: Schema): boolean {
  return (
    type === "array" || type === "object" || [anyOf, oneOf, allOf].some((all) => all !== undefined)
  );
}

function madeOf(name: string, shape: Schema, document: OpenApiDocument): fc.Arbitrary<Json> {
  if (shape.const !== undefined) {
    return fc.constant(shape.const);
  }
  if (shape.enum !== undefined) {
    return fc.constantFrom(...shape.enum);
  }
  const variants = shape.anyOf ?? shape.oneOf;
  if (variants !== undefined) {
    return fc.oneof(...variants.map((variant) => valueOf(name, variant, document)));
  }
  if (shape.allOf !== undefined) {
    return fc
      .tuple(...shape.allOf.map((part) => valueOf(name, part, document)))
      .map((parts) => Object.assign({}, ...parts.map(Object)));
  }
  const types = [shape.type ?? []].flat();
  return types.length === 0
    ? oddJson
    : fc.oneof(...types.map((type) => typedValue(type, name, shape, document)));
}

function typedValue(
  type: string,
  name: string,
  shape: Schema,
  document: OpenApiDocument,
): fc.Arbitrary<Json> {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number": {
      const min = Math.ceil(Math.max(shape.minimum ?? 0, -(2 ** 31)));
      const max = Math.floor(Math.min(shape.maximum ?? min + 5_000, 2 ** 31));
      return fc.integer({ min, max: Math.max(min, max) });
    }
    case "array":
      return fc.array(valueOf(name, shape.items ?? {}, document), {
        minLength: shape.minItems ?? 0,
        maxLength: Math.max(shape.minItems ?? 0, Math.min(3, shape.maxItems ?? 3)),
      });
    case "object":
      return objectValue(shape, document);
    default:
      return fc.string({ minLength: 1, maxLength: 12 });
  }
}

function objectValue(shape: Schema, document: OpenApiDocument): fc.Arbitrary<Json> {
  const required = shape.required ?? [];
  const members = Object.entries(shape.properties ?? {}).map(([name, member]) => {
    const value = valueOf(name, member, document).map((one): Member[] => [[name, one]]);
    return required.includes(name) ? value : sometimes(value, 2);
  });
  if (members.length === 0) {
    return fc.constant({});
  }
  const names = Object.keys(shape.properties ?? {});
  const isOfSeries = ["source", "symbol", "timeframe"].every((name) => names.includes(name));
  return fc
    .tuple(fc.tuple(...members), isOfSeries ? sometimes(membersOfSeries, 1) : fc.constant([]))
    .map(([parts, series]): Json => Object.fromEntries([...parts.flat(), ...series]));
}

type Member = readonly [name: string, value: Json];

/** The three names of a series that has candles. */
export const membersOfSeries: fc.Arbitrary<(readonly [string, string])[]> = fc
  .constantFrom(...STORED_SERIES)
  .map((series) => {
    const [source = "", symbol = "", timeframe = ""] = series.split(":");
    return [
      ["source", source],
      ["symbol", symbol],
      ["timeframe", timeframe],
    ];
  });

/** A list once for each `others` times that it is the empty one. */
export function sometimes<One>(list: fc.Arbitrary<One[]>, others: number): fc.Arbitrary<One[]> {
  return fc.oneof({ arbitrary: fc.constant<One[]>([]), weight: others }, list);
}
