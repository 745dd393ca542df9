import type { Run } from "./missing.ts";

/** Finds those of `items` that share open times with a run, ascending by start. */
export function overlapsOf<Item extends Run>(items: readonly Item[]): (run: Run) => Item[] {
  const sorted = items.toSorted((a, b) => a.start - b.start);
  // Latest end of an item and all before it: where that is too early, so are they all.
  const latestEnds: number[] = [];
  for (const { end } of sorted) {
    latestEnds.push(Math.max(end, latestEnds.at(-1) ?? -Infinity));
  }
  return ({ start, end }) => {
    const found: Item[] = [];
    for (let place = firstFrom(sorted, end) - 1; place >= 0; place -= 1) {
      if ((latestEnds[place] ?? -Infinity) <= start) {
        break;
      }
      found.push(...sorted.slice(place, place + 1).filter((item) => item.end > start));
    }
    return found.toReversed();
  };
}

/** Index of the first of `sorted`, by start, that starts at or after `time`. */
function firstFrom(sorted: readonly Run[], time: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.start ?? Infinity) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
