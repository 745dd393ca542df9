import * as fc from "fast-check";
import type { Json, OpenApiDocument, Operation, Parameter } from "./operations.ts";
import { membersOfSeries, oddText, sometimes, valueOf } from "./values.ts";
import { COLD_START, STORED_SERIES } from "./warehouse.ts";

type Pair = readonly [name: string, value: string];

/** What is wrong with the parameters, by the pair that it befalls. */
type Damage = { readonly at: number } & (
  | { readonly kind: "drop" | "twice" | "rename" | "suffix" | "raw" }
  | { readonly kind: "replace" | "unknown"; readonly text: string }
);

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("drop" as const, "twice", "rename", "suffix", "raw"),
    at: fc.nat({ max: 20 }),
  }),
  {
    arbitrary: fc.record({
      kind: fc.constant("replace" as const),
      at: fc.nat({ max: 20 }),
      text: oddText,
    }),
    weight: 3,
  },
  fc.record({ kind: fc.constant("unknown" as const), at: fc.nat({ max: 20 }), text: oddText }),
);

/** Most requests are sound or almost so: those come further than to the first check. */
const damages: fc.Arbitrary<Damage[]> = fc.oneof(
  { arbitrary: fc.constant<Damage[]>([]), weight: 4 },
  { arbitrary: fc.array(damage, { minLength: 1, maxLength: 1 }), weight: 3 },
  { arbitrary: fc.array(damage, { minLength: 1, maxLength: 4 }), weight: 1 },
);

/** Percent signs that lead nowhere, and names that some frameworks read as arrays. */
const RAW_PIECES = [
  "%",
  "%zz",
  "%ff%fe",
  "%ud800",
  "=",
  "&&",
  "[]=1",
  "[a][b]=1",
  "a=b=c",
  "+",
  "#",
];

/** Query strings of `operation`, without the question mark: sound, almost sound, and wild. */
export function queryOf(operation: Operation, document: OpenApiDocument): fc.Arbitrary<string> {
  return fc
    .tuple(pairsOf(operation, document), damages)
    .map(([pairs, all]) => damagedQuery(pairs, all));
}

/** Half a surrogate pair has no UTF-8: it goes as what everybody puts in its place. */
export function encodeWord(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** Names of a series in one parameter, or in three: never both, where both are sound. */
function pairsOf({ parameters }: Operation, document: OpenApiDocument): fc.Arbitrary<Pair[]> {
  const inQuery = parameters.filter((parameter) => parameter.in === "query");
  const names = new Set(inQuery.map(({ name }) => name));
  const hasBoth = names.has("series") && names.has("timeframe");
  const naming = new Set(hasBoth ? ["series", "source", "symbol", "timeframe"] : []);
  const others = fc
    .tuple(...inQuery.filter(({ name }) => !naming.has(name)).map((one) => pairOf(one, document)))
    .map((pairs) => pairs.flat());
  return hasBoth
    ? fc.tuple(namedSeries, others).map(([named, rest]) => [...named, ...rest])
    : others;
}

const namedSeries: fc.Arbitrary<Pair[]> = fc.oneof(
  fc
    .uniqueArray(fc.constantFrom(...STORED_SERIES), { minLength: 1, maxLength: 3 })
    .map((all) => all.map((series): Pair => ["series", series])),
  membersOfSeries,
);

function pairOf(
  { name, schema = {}, required = false }: Parameter,
  document: OpenApiDocument,
): fc.Arbitrary<Pair[]> {
  const value = valueOf(name, schema, document).map((one) =>
    [one].flat().map((each): Pair => [name, textOf(each)]),
  );
  return required ? value : sometimes(value, 3);
}

/** How `value` stands in an address. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function damagedQuery(sound: readonly Pair[], all: readonly Damage[]): string {
  let pairs = [...sound];
  let raw = "";
  for (const one of all) {
    const at = one.at % Math.max(1, pairs.length);
    const [name, value] = pairs[at] ?? ["start", String(COLD_START)];
    if (one.kind === "unknown") {
      pairs.push([one.text, "1"]);
    } else if (one.kind === "raw") {
      raw += `&${RAW_PIECES[one.at % RAW_PIECES.length]}`;
    } else {
      const instead: Readonly<Record<string, readonly Pair[]>> = {
        drop: [],
        twice: [
          [name, value],
          [name, value],
        ],
        rename: [[name.toUpperCase(), value]],
        suffix: [[name, `${value}x`]],
        replace: [[name, one.kind === "replace" ? one.text : ""]],
      };
      pairs = pairs.toSpliced(at, 1, ...(instead[one.kind] ?? []));
    }
  }
  return pairs.map(([name, value]) => `${encodeWord(name)}=${encodeWord(value)}`).join("&") + raw;
}
