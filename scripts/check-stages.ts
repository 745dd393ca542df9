import { globSync, readdirSync, rmSync } from "node:fs";
import { buildAssets } from "./build-assets.ts";
import { provideBrowser } from "./check-browser.ts";
import { root, runCommand } from "./check-command.ts";

/** A part of the gate that needs no other part. */
export interface Stage {
  readonly name: string;
  /** Resolves with what is worth a look; throws what is wrong. */
  run(): Promise<string>;
  /** What to do where it fails. */
  readonly repair: string;
}

/** In the order in which they begin: the long ones first, since two run at a time. */
export const STAGES: readonly Stage[] = [
  {
    name: "types",
    run: checkTypes,
    repair: "See the errors above.",
  },
  {
    name: "lint",
    run: async () => lastLineOf(await output("oxlint", "--deny-warnings")),
    repair: "`npm run fix` repairs what can be repaired by itself.",
  },
  {
    name: "generated types",
    run: () => output("node", "scripts/generate-types.ts", "--check"),
    repair: "`npm run types` generates them.",
  },
  {
    name: "generated client",
    run: () => output("node", "scripts/generate-client.ts", "--check"),
    repair: "`node scripts/generate-client.ts` generates it.",
  },
  {
    name: "bundles",
    run: checkBundles,
    repair: "See the errors above.",
  },
  {
    name: "unused code",
    run: async () => (await output("knip", "--no-progress")) || "none",
    repair: "Remove what is named above, or say in knip.json who uses it.",
  },
  {
    name: "format",
    run: async () => lastLineOf(await output("oxfmt", "--check")),
    repair: "`npm run fix` repairs it.",
  },
  {
    name: "browser",
    run: provideBrowser,
    repair: "The tests of the web pages run in it.",
  },
];

/** What the command printed. Throws that where the command fails. */
async function output(...command: [string, ...string[]]): Promise<string> {
  const result = await runCommand(command);
  if (!result.succeeded) {
    throw new Error(result.output || `${command.join(" ")} failed and printed nothing`);
  }
  return result.output;
}

function lastLineOf(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

/** Every tsconfig.json of the repository is a project of its own. */
async function checkTypes(): Promise<string> {
  const projects = globSync("**/tsconfig.json", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name.startsWith("."),
  });
  const errors: string[] = [];
  for (const project of projects) {
    // With one thread: another stage has the other core, and checkers beside each other check much twice.
    const result = await runCommand(["tsc", "--singleThreaded", "--project", project]);
    if (!result.succeeded) {
      errors.push(result.output);
    }
  }
  if (errors.length > 0) {
    throw new Error(errors.join("\n"));
  }
  return `${projects.length} projects`;
}

/**
 * Where the stage "bundles" leaves what it made: a folder a Worker. The tests of several Workers start
 * them from there, since to bundle all of them takes longer than to start them.
 */
export const BUNDLES = `${root}node_modules/.cache/candlehouse/bundles`;

/** Bundles each Worker as a deployment would, and tells the sizes. */
async function checkBundles(): Promise<string> {
  await buildAssets();
  rmSync(BUNDLES, { recursive: true, force: true });
  const lines: string[] = [];
  for (const worker of readdirSync(`${root}workers`).toSorted()) {
    const config = `workers/${worker}/wrangler.jsonc`;
    const flags = ["--dry-run", "--outdir", `${BUNDLES}/${worker}`, "--config", config];
    const printed = await output("wrangler", "deploy", ...flags);
    const size = /Total Upload: (.*)/.exec(printed)?.[1];
    if (size === undefined) {
      throw new Error(`wrangler did not tell the size of ${worker}:\n${printed}`);
    }
    lines.push(`${worker.padEnd(9)} ${size}`);
  }
  return lines.join("\n");
}
