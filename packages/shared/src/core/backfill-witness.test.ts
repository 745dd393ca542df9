import { describe, expect, test } from "vitest";
import { lacksWitness, witnessedRun } from "./backfill-witness.ts";

const at = (minute: number): number => 1_700_000_040 + minute * 60;
const run = (from: number, to: number) => ({ start: at(from), end: at(to) });
/** The stretch from minute 100 to 200, with room for `page` minutes in a request. */
const around = (seen: readonly number[], page = 1_000) =>
  witnessedRun(run(100, 200), seen.map(at), "1m", page);

describe("a stretch that is asked for again", () => {
  test("is asked for with the nearest candles on both sides that came before", () => {
    expect(around([205, 3, 90, 400])).toEqual({ ...run(90, 206), witnesses: [at(90), at(205)] });
  });

  test("is asked for with the later one, else the earlier one, where no more has room", () => {
    expect(around([99, 200], 101)).toEqual({ ...run(100, 201), witnesses: [at(200)] });
    expect(around([99, 205], 101)).toEqual({ ...run(99, 200), witnesses: [at(99)] });
    expect(around([99], 101)).toEqual({ ...run(99, 200), witnesses: [at(99)] });
  });

  test("is asked for alone where none came, or none has room", () => {
    expect(around([])).toEqual({ ...run(100, 200), witnesses: [] });
    expect(around([99, 200], 100)).toEqual({ ...run(100, 200), witnesses: [] });
  });
});

test("an answer lacks a candle that it speaks for and does not hold", () => {
  expect(lacksWitness([at(99)], run(90, 206), [at(99), at(205)])).toBe(true);
  expect(lacksWitness([at(99), at(205)], run(90, 206), [at(99), at(205)])).toBe(false);
  expect(lacksWitness([at(99)], run(90, 205), [at(99), at(205)])).toBe(false);
});
