import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests that take longest, the longest first. */
const LONGEST = [
  "faults",
  "dashboard",
  "start",
  "backfill-kill",
  "backfill",
  "scale",
  "gaps",
  "cli-recordings",
  "rollup-recordings",
  "collection",
  "client",
  "cli",
  "dashboard-key",
  "shards",
  "fuzz",
  "trigger",
].map((name) => `${name}.test.ts`);

/** The projects that run after all others, side by side. */
const LAST = ["system", "faults"];

/**
 * Begins with the longest of those that run last: one that began last would run alone. Vitest knows how
 * long they take where it has run them before, which it has not in a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files);
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

/** The other projects come first, in whatever order. */
function placeOf({ moduleId, project }: TestSpecification): number {
  const place = LONGEST.indexOf(basename(moduleId));
  if (!LAST.includes(project.name)) {
    return -1;
  }
  return place === -1 ? LONGEST.length : place;
}
