/**
 * Generates what the compiler knows of each Worker's bindings and of the runtime.
 * `--check` writes nothing and fails where a committed file is stale.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const root = new URL("../", import.meta.url).pathname;
const check = process.argv.includes("--check") ? ["--check"] : [];
const workers = readdirSync(`${root}workers`);

function wranglerTypes(worker: string, path: string, flags: readonly string[]): void {
  const { status } = spawnSync(
    process.execPath,
    [`${root}node_modules/wrangler/bin/wrangler.js`, "types", path, ...flags, ...check],
    { cwd: `${root}workers/${worker}`, stdio: ["ignore", "ignore", "inherit"] },
  );
  if (status !== 0) {
    // What wrangler has printed says why.
    process.exit(1);
  }
}

for (const worker of workers) {
  wranglerTypes(worker, "worker-configuration.d.ts", [
    "--include-runtime=false",
    "--strict-vars=false",
  ]);
}
// The runtime is the same for every Worker: one compatibility date, one set of types.
const [first] = workers;
if (first !== undefined) {
  wranglerTypes(first, "../../packages/shared/worker-runtime.d.ts", ["--include-env=false"]);
}
process.stdout.write(
  `types of ${workers.join(", ")} ${check.length > 0 ? "are up to date" : "written"}\n`,
);
