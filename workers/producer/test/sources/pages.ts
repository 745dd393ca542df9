import { addCandles, openTimeOf, type Timeframe } from "@candlehouse/shared/core/timeframe";
import * as fc from "fast-check";
import type { Source } from "../../src/sources/source.ts";
import type { Dialect, Draft } from "./dialects.ts";

/** A page that a source could send: rows before, in and after a window, and a clock. */
export interface Page {
  readonly timeframe: Timeframe;
  readonly start: number;
  readonly count: number;
  readonly drafts: readonly Draft[];
  readonly nowSeconds: number;
}

/** Rows on either side of the window. */
const MARGIN = 3;

/** Pages of a source, with gaps where its dialect knows them. */
export function pages(source: Source, dialect: Dialect): fc.Arbitrary<Page> {
  return fc
    .record({
      timeframe: fc.constantFrom(...source.timeframes),
      at: fc.integer({ min: 1_300_000_000, max: 1_900_000_000 }),
      count: fc.integer({ min: 1, max: 12 }),
      /** How far the clock stands behind the window's end, in steps; negative: after it. */
      behind: fc.integer({ min: -5, max: 5 }),
      /** Seconds into the candle that is open. */
      into: fc.integer({ min: 0, max: 59 }),
      /** Whether the clock stands where the settle delay has passed too. */
      isSettled: fc.boolean(),
      numbers: fc.array(decimals(dialect.jsonNumbers), { minLength: 60, maxLength: 60 }),
      absent: fc.uniqueArray(fc.nat(20), { maxLength: dialect.gaps ? 20 : 0 }),
    })
    .map(({ timeframe, at, count, behind, into, isSettled, numbers, absent }) => {
      const start = openTimeOf(at, timeframe);
      const settled = isSettled ? source.settleSeconds : 0;
      const nowSeconds = addCandles(start, timeframe, count - behind) + settled + into;
      const times = Array.from({ length: count + 2 * MARGIN }, (_, index) =>
        addCandles(start, timeframe, index - MARGIN),
      ).filter((time, index) => time <= nowSeconds && !absent.includes(index));
      return { timeframe, start, count, drafts: draftsAt(times, numbers), nowSeconds };
    })
    .filter(({ start, drafts, timeframe, count }) =>
      isAboutWindow(start, timeframe, count, drafts),
    );
}

/** Coinbase tells an answer of another window by rows after it and none in it: such are left out. */
function isAboutWindow(
  start: number,
  timeframe: Timeframe,
  count: number,
  drafts: readonly Draft[],
): boolean {
  const end = addCandles(start, timeframe, count);
  const later = drafts.some(({ timestamp }) => timestamp >= end);
  return !later || drafts.some(({ timestamp }) => timestamp >= start && timestamp < end);
}

/** Candles at `times`, of `numbers` in turn: they need not be true ones. */
export function draftsAt(
  times: readonly number[],
  numbers: readonly string[] = ["1.5", "2.75", "0.00000812", "1200"],
): readonly Draft[] {
  const pick = (index: number): string => numbers[index % numbers.length] ?? "1";
  return times.map((timestamp, index) => ({
    timestamp,
    open: pick(index * 6),
    high: pick(index * 6 + 1),
    low: pick(index * 6 + 2),
    close: pick(index * 6 + 3),
    volume: pick(index * 6 + 4),
    quoteVolume: pick(index * 6 + 5),
    trades: index,
  }));
}

/** Decimals above zero in canonical text, of as many digits as the dialect can carry. */
function decimals(jsonNumbers: boolean): fc.Arbitrary<string> {
  const digits = jsonNumbers ? 15 : 25;
  return fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** BigInt(digits) - 1n }), fc.nat(12))
    .map(([units, scale]) => {
      const text = units.toString().padStart(scale + 1, "0");
      const whole = text.slice(0, text.length - scale);
      const fraction = text.slice(text.length - scale).replace(/0+$/, "");
      return fraction === "" ? whole : `${whole}.${fraction}`;
    });
}

/** `body` with one value in it, at any depth, replaced by another or taken out. */
export function replaceSomewhere(body: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(body);
  const values = fc.oneof(fc.jsonValue(), fc.constantFrom("", "abc", -1, 1e300, "NaN", undefined));
  return fc
    .tuple(fc.constantFrom(...paths), values)
    .map(([path, value]) => replaceAt(body, path, value));
}

type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) {
    return [path];
  }
  return [path, ...Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]))];
}

function replaceAt(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return replacement;
  }
  if (Array.isArray(value)) {
    return value.map((part, index) =>
      String(index) === key ? replaceAt(part, rest, replacement) : (part as unknown),
    );
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([name, part]) => [
      name,
      name === key ? replaceAt(part, rest, replacement) : (part as unknown),
    ]),
  );
}
