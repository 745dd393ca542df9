/**
 * Runs the benchmarks whose names it is given, or all of them, each in a process of its own.
 * `node benchmarks/run.ts archive`
 */
import { spawnSync } from "node:child_process";

const PARTS = {
  store: "store.ts",
  archive: "archive/run.ts",
  import: "import.ts",
  stream: "stream-memory/run.ts",
  completeness: "completeness/run.ts",
  serve: "serve/run.ts",
  page: "../tests/dashboard/measure-page.ts",
} as const;

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark ${unknown.join(", ")}; there are ${Object.keys(PARTS).join(", ")}\n`,
  );
  process.exit(2);
}
for (const [name, path] of Object.entries(PARTS)) {
  if (names.length === 0 || names.includes(name)) {
    process.stdout.write(`\n== ${name}\n`);
    const { status } = spawnSync(process.execPath, [`${import.meta.dirname}/${path}`], {
      stdio: "inherit",
    });
    if (status !== 0) {
      process.exit(status ?? 1);
    }
  }
}
