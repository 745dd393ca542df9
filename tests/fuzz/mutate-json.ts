import { oneOf, wholeOf, type Draw } from "./draw.ts";

/** Anything that JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const CHANGES_MAX = 4;
/** More elements than any list that is allowed. */
const MANY = 400;

/** What stands where something else belongs. */
const ODD_VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e-300,
  1e300,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  0.1 + 0.2,
  "",
  " ",
  "0",
  "-0",
  "-1",
  "00012.500",
  " 12.5",
  "12.5\n",
  "1,000.5",
  "1e3",
  "1E+3",
  "1e999",
  "1e-999",
  "+7",
  ".5",
  "5.",
  "0x10",
  "0b1",
  "1_000",
  "NaN",
  "Infinity",
  "-Infinity",
  "null",
  "undefined",
  "１２３",
  "١٢٣",
  "12.5\u0000",
  "\ud800",
  "\u2028",
  "'; DROP TABLE price_data; --",
  "__proto__",
  "9".repeat(40),
  `0.${"1".repeat(70)}`,
  "x".repeat(5_000),
  [],
  {},
  [[]],
  [null],
  { toString: 1, length: 3 },
];

/** `value` with one to four changes in it, at any depth. */
export function mutateJson(draw: Draw, value: JsonValue): JsonValue {
  let mutated = value;
  for (let left = wholeOf(draw, 1, CHANGES_MAX); left > 0; left -= 1) {
    mutated = changeSomewhere(draw, mutated);
  }
  return mutated;
}

/** Goes down to a random place, deeper more often than not, and changes what is there. */
function changeSomewhere(draw: Draw, value: JsonValue): JsonValue {
  if (isList(value) && value.length > 0 && draw() < 0.85) {
    const at = wholeOf(draw, 0, value.length - 1);
    return value.with(at, changeSomewhere(draw, value[at] ?? null));
  }
  if (isRecord(value) && draw() < 0.85) {
    const names = Object.keys(value);
    if (names.length > 0) {
      const name = oneOf(draw, names);
      return { ...value, [name]: changeSomewhere(draw, value[name] ?? null) };
    }
  }
  return changeHere(draw, value);
}

function changeHere(draw: Draw, value: JsonValue): JsonValue {
  if (draw() < 0.25) {
    return oneOf(draw, ODD_VALUES);
  }
  if (isList(value)) {
    return changeList(draw, value);
  }
  if (isRecord(value)) {
    return changeRecord(draw, value);
  }
  return typeof value === "number" ? changeNumber(draw, value) : changeText(draw, String(value));
}

function changeList(draw: Draw, list: readonly JsonValue[]): JsonValue {
  const at = wholeOf(draw, 0, Math.max(0, list.length - 1));
  const other = wholeOf(draw, 0, Math.max(0, list.length - 1));
  const [one = null, two = null] = [list[at], list[other]];
  const changes: readonly (() => JsonValue)[] = [
    () => list.toSpliced(at, 1),
    () => [...list, one],
    () => list.toSpliced(at, 0, two),
    () => list.map((each, index) => (index === at ? two : index === other ? one : each)),
    () => list.toReversed(),
    () => list.slice(0, at),
    () => list.toSpliced(at, 0, oneOf(draw, ODD_VALUES)),
    () => Array.from({ length: MANY }, () => one),
    () => Object.fromEntries(list.entries()),
  ];
  return oneOf(draw, changes)();
}

function changeRecord(draw: Draw, record: { readonly [name: string]: JsonValue }): JsonValue {
  const entries = Object.entries(record);
  const at = wholeOf(draw, 0, Math.max(0, entries.length - 1));
  const [name = "x", value = null] = entries[at] ?? [];
  const changes: readonly (() => JsonValue)[] = [
    () => Object.fromEntries(entries.toSpliced(at, 1)),
    () => ({ ...record, extra: value }),
    () => Object.fromEntries(entries.with(at, [`${name} `, value])),
    () => Object.fromEntries(entries.with(at, [name.toUpperCase(), value])),
    () => ({ ...record, [name]: oneOf(draw, ODD_VALUES) }),
    () =>
      Object.fromEntries(
        entries.map(([each], index) => [each, entries.at(index - 1)?.[1] ?? null]),
      ),
    () => entries.map(([, each]) => each),
    () => ({ ...record, ...Object.fromEntries([["__proto__", value]]) }),
  ];
  return oneOf(draw, entries.length === 0 ? changes.slice(1, 2) : changes)();
}

/** Small steps most of all: by one, by a unit of time, by a power of ten. */
function changeNumber(draw: Draw, value: number): JsonValue {
  const steps = [1, -1, 0.5, 59, 60, -60, 300, 3_600, 86_400, 1_000, 60_000, 1e-8];
  const factors = [0, -1, 10, 0.1, 1_000, 1e-3, 1e6, 1.1, 2];
  const changed = draw() < 0.5 ? value + oneOf(draw, steps) : value * oneOf(draw, factors);
  return draw() < 0.2 ? String(changed) : changed;
}

function changeText(draw: Draw, text: string): JsonValue {
  const at = wholeOf(draw, 0, text.length);
  const digit = String(wholeOf(draw, 0, 9));
  const changes: readonly (() => JsonValue)[] = [
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + digit + text.slice(at),
    () => text.slice(0, at) + digit + text.slice(at + 1),
    () => `${text.slice(0, at)}.${text.slice(at)}`,
    () => `-${text}`,
    () => ` ${text}`,
    () => text.toLowerCase(),
    () => text + text,
    () => Number(text),
    () =>
      text.slice(0, at) +
      oneOf(draw, ["\u0000", "e", "-", "+", ":", "/", "é", "\ud800"]) +
      text.slice(at),
  ];
  return oneOf(draw, changes)();
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isRecord(value: JsonValue): value is { readonly [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !isList(value);
}
