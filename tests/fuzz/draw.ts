/** Numbers from 0 (inclusive) to 1 (exclusive) that are the same each time for the same seed. */
export type Draw = () => number;

/** Keeps the draws of one case apart from those of the next one. */
const CASE_STEP = 1_000_003;

/** The draws of case `index` of the run with `seed`; cases that follow each other share nothing. */
export function drawsOf(seed: number, index = 0): Draw {
  let state = Math.imul(seed, CASE_STEP) + index;
  // https://gist.github.com/tommyettinger/46a874533244883189143505d203312c: mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of `list`, which is not empty. */
export function oneOf<Value>(draw: Draw, list: readonly Value[]): Value {
  const value = list[Math.floor(draw() * list.length)];
  if (value === undefined && list.length === 0) {
    throw new Error("there is nothing to choose from");
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the index lies in the list
  return value as Value;
}

/** A whole number from `low` to `high`, both inclusive. */
export function wholeOf(draw: Draw, low: number, high: number): number {
  return low + Math.floor(draw() * (high - low + 1));
}
