/** Makes a median absolute deviation comparable with a standard deviation of normal values. */
export const MAD_TO_SIGMA = 1.4826;

/** The median of `values`, the mean of the middle two where their number is even; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return middleOf(sorted.length, (index) => sorted[index]);
}

/** What values usually are and how far they usually lie from it; a few that err move neither. */
export interface RobustSpread {
  readonly median: number;
  /** Like a standard deviation: the median absolute deviation, times 1.4826. */
  readonly scale: number;
}

/** The spread of `values`; NaN of none. */
export function spreadOf(values: readonly number[]): RobustSpread {
  const median = medianOf(values);
  const scale = MAD_TO_SIGMA * medianOf(values.map((value) => Math.abs(value - median)));
  return { median, scale };
}

/**
 * For each of `values`, the median of up to `reach` values before it and up to as many after it,
 * itself left out; NaN where there are none. `values` hold no NaN if they are more than one.
 */
export function medianOfNeighbours(values: Float64Array, reach: number): Float64Array {
  // The values from `reach` before to `reach` after the present one, ascending: sorting anew for
  // each would take ten times as long.
  const sorted: number[] = [];
  for (const value of values.subarray(0, reach)) {
    sorted.splice(rankOf(sorted, value), 0, value);
  }
  return values.map((value, index) => {
    const next = values[index + reach];
    if (next !== undefined) {
      sorted.splice(rankOf(sorted, next), 0, next);
    }
    const gone = values[index - reach - 1];
    if (gone !== undefined) {
      sorted.splice(rankOf(sorted, gone), 1);
    }
    const own = rankOf(sorted, value);
    return middleOf(sorted.length - 1, (rank) => sorted[rank < own ? rank : rank + 1]);
  });
}

/** How many of `sorted` (ascending) are less than `value`. */
function rankOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? value) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The median of `count` values, the one of each rank as `at` gives it. */
function middleOf(count: number, at: (rank: number) => number | undefined): number {
  const upper = at(count >> 1) ?? Number.NaN;
  const lower = count % 2 === 1 ? upper : (at((count >> 1) - 1) ?? Number.NaN);
  return count === 0 ? Number.NaN : (lower + upper) / 2;
}

/** A value and how much it weighs: 0 or more. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/**
 * The value with half of all weight at or below it; the mean of two where just half lies below.
 * Where nothing has weight, all weigh the same. Undefined of none.
 */
export function weightedMedian(values: readonly Weighted[]): number | undefined {
  const total = values.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0 && values.length > 0) {
    return medianOf(values.map(({ value }) => value));
  }
  const sorted = values.filter(({ weight }) => weight > 0).toSorted((a, b) => a.value - b.value);
  let below = 0;
  for (const [index, { value, weight }] of sorted.entries()) {
    below += weight;
    if (below === total / 2) {
      return (value + (sorted[index + 1]?.value ?? value)) / 2;
    }
    if (below > total / 2) {
      return value;
    }
  }
  // Only rounding of the sums leads here.
  return sorted.at(-1)?.value;
}
