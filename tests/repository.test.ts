import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import { describe, expect, test } from "vitest";

const root = new URL("../", import.meta.url).pathname;

interface PackageJson {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function read(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

/** Paths below the root, without what is installed or generated. */
function filesLike(pattern: string): string[] {
  return globSync(pattern, { cwd: root, exclude: (name) => /^(node_modules|dist)$/.test(name) });
}

/** What the pattern's first group matches, each once, in order. */
function matches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, group = ""]) => group))].toSorted();
}

describe("dependencies", () => {
  const packages = filesLike("{.,*,*/*}/package.json");

  test("are found in every workspace package", () => {
    expect(packages).toContain("package.json");
    expect(packages).toContain("workers/query/package.json");
  });

  test.each(packages)("of %s have their versions in the catalog alone", (path) => {
    const { dependencies, devDependencies } = JSON.parse(read(path)) as PackageJson;
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((version) => !/^(catalog:|workspace:\*)$/.test(version))).toEqual([]);
  });

  test("have exact versions in the catalog", () => {
    const [, catalog = ""] = /^catalog:\n((?: .*\n)+)/m.exec(read("pnpm-workspace.yaml")) ?? [];
    const versions = matches(catalog, /^ {2}[^#\s].*: (\S+)$/gm);
    expect(versions.length).toBeGreaterThan(10);
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});

describe("workflows", () => {
  const workflows = filesLike(".github/**/*.{yml,yaml}");

  test.each(workflows)("%s names each action by a full commit hash", (path) => {
    const actions = matches(read(path), /^\s*(?:- )?uses:\s*(\S+)/gm);
    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });

  test("run the command that README gives for the tests", () => {
    expect(read("README.md")).toMatch(/^npm test$/m);
    expect(read(".github/workflows/ci.yml")).toMatch(/- run: npm test$/m);
    expect(read(".ci/run")).toMatch(/^exec npm test$/m);
  });
});

describe("documents", () => {
  const documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...filesLike("docs/*.md")];

  test("tell every log event, and none that is not there", () => {
    const declared = filesLike("packages/shared/src/log/*events.ts").map(read).join("\n");
    const events = matches(declared, /^ {2}"([a-z.]+)": \{$/gm);
    expect(events).toContain("candles.stored");
    expect(matches(read("docs/log-events.md"), /^\| `([a-z.]+)`/gm)).toEqual(events);
  });

  test("have a heading for every error code, and for none that is not there", () => {
    const headings = matches(read("docs/failure-modes.md"), /^## `([a-z_]+)`$/gm);
    expect(headings).toEqual(ERROR_CODES.toSorted());
  });

  test.each(documents)("name no npm command that is not there: %s", (path) => {
    const { scripts = {} } = JSON.parse(read("package.json")) as PackageJson;
    const named = matches(read(path), /\bnpm (?:run )?(start|test|(?<=run )[\w-]+)/g);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(documents)("link to no file that is not there: %s", (path) => {
    const links = matches(read(path), /\]\((?!https?:|#|mailto:)([^)#\s]+)/g);
    const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)));
    expect(missing).toEqual([]);
  });
});
