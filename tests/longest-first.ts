import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests of several Workers that take longest, the longest first. */
const LONGEST = [
  "dashboard",
  "backfill",
  "backfill-kill",
  "start",
  "cli-recordings",
  "gaps",
  "scale",
  "fuzz",
  "backfill-jobs",
  "imports",
  "docs-commands",
  "client",
  "archive",
].map((name) => `${name}.test.ts`);

/**
 * Begins with the longest of the system's tests: one that began last would run alone. Vitest knows how
 * long they take where it has run them before, which it has not in a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files);
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

/** The other projects' come before all of the system's. */
function placeOf({ moduleId, project }: TestSpecification): number {
  const place = LONGEST.indexOf(basename(moduleId));
  if (project.name !== "system") {
    return -1;
  }
  return place === -1 ? LONGEST.length : place;
}
