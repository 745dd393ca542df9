import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ALERT_KINDS } from "@candlehouse/shared/core/alert";
import { ERROR_CODES } from "@candlehouse/shared/core/errors";
import { METRICS } from "@candlehouse/shared/core/metric";
import { POINT_LAYOUTS } from "@candlehouse/shared/log/point";
import { describe, expect, test } from "vitest";
import { STATIC_HEADERS } from "../scripts/build-assets.ts";

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

/** The types of each event's fields, as the sources have them. */
const DECLARED_EVENTS = new Map(
  filesLike("packages/shared/src/log/*events.ts").flatMap((path) =>
    [...read(path).matchAll(/^ {2}"([a-z._]+)": \{\n([\s\S]*?)^ {2}\};/gm)].map(
      ([, event = "", body = ""]) =>
        [
          event,
          new Map(
            [...body.matchAll(/^ {4}(\w+): ([^;]+);/gm)].map(([, name = "", type = ""]) => [
              name,
              type,
            ]),
          ),
        ] as const,
    ),
  ),
);

/** Whether an example's value is one of what the source calls `type`; names of types are of text. */
function isOfType(value: unknown, type: string): boolean {
  if (value === null) {
    return type.includes("null");
  }
  if (type.startsWith("Record<")) {
    return typeof value === "object" && !Array.isArray(value);
  }
  if (type.endsWith("[]")) {
    return Array.isArray(value);
  }
  return typeof value === (/\bnumber\b/.test(type) ? "number" : "string");
}

/** A field whose name has its unit says the same in its row; any other says something. */
const UNITS_OF_NAMES: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, "milliseconds"],
  [/seconds$/i, "seconds"],
  [/^bytes/, "bytes"],
  [/Usd$/, "US dollars"],
];

function hasUnitOf(field: string, unit: string): boolean {
  const [, wanted = unit] = UNITS_OF_NAMES.find(([pattern]) => pattern.test(field)) ?? [];
  return unit !== "" && unit.startsWith(wanted);
}

/** The addresses of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = read(path).replaceAll(/^```[\s\S]*?^```$/gm, "");
  return new Set(
    matches(text, /^#+ (.+)$/gm).map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
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

  test.each(workflows)("%s may read the repository, and nothing more", (path) => {
    const blocks = [...read(path).matchAll(/^( *)permissions:(.*)\n((?:\1 +\S.*\n)*)/gm)];
    expect(blocks.map(([block]) => block)).toEqual(["permissions:\n  contents: read\n"]);
  });

  test("run the command that README gives for the tests", () => {
    expect(read("README.md")).toMatch(/^npm test$/m);
    expect(read(".github/workflows/ci.yml")).toMatch(/- run: npm test$/m);
    expect(read(".ci/run")).toMatch(/^exec npm test$/m);
  });
});

test("static files have the security headers that every answer of the Worker has", () => {
  const names = matches(read("workers/query/src/secure-headers.ts"), /headers\.set\("([a-z-]+)"/g);
  expect(names).toContain("strict-transport-security");
  const sent = matches(STATIC_HEADERS.toLowerCase(), /^  ([a-z-]+): \S/gm);
  const wanted = names.filter((name) => name !== "strict-transport-security");
  expect(sent).toEqual(expect.arrayContaining(wanted));
});

describe("documents", () => {
  const documents = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    ...filesLike("docs/*.md"),
    ...filesLike("{benchmarks,packages/*,workers/*}/README.md"),
  ];

  test("tell every log event, and none that is not there", () => {
    expect([...DECLARED_EVENTS.keys()]).toContain("candles.stored");
    const headings = matches(read("docs/log-events.md"), /^### `([a-z._]+)`$/gm);
    expect(headings).toEqual([...DECLARED_EVENTS.keys()].toSorted());
  });

  test.each([...DECLARED_EVENTS])(
    "tell each field of %s, its unit, and an example",
    (event, fields) => {
      const [, section = ""] = read("docs/log-events.md").split(`### \`${event}\`\n`);
      const [own = ""] = section.split(/^#{2,3} /m);
      const rows = [...own.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)];
      expect(rows.map(([, name]) => name)).toEqual([...fields.keys()]);
      const [, line = ""] = /^```\n(.+)\n```$/m.exec(own) ?? [];
      const { event: name, ...example } = JSON.parse(line) as Record<string, unknown>;
      expect(name).toBe(event);
      expect(Object.keys(example).toSorted()).toEqual([...fields.keys()].toSorted());
      const misfits = [...fields].filter(([field, type]) => !isOfType(example[field], type));
      expect(misfits).toEqual([]);
      const unmarked = rows.filter(([, field = "", unit = ""]) => !hasUnitOf(field, unit));
      expect(unmarked.map(([row]) => row)).toEqual([]);
    },
  );

  test("tell every metric with its type and labels, and none that is not there", () => {
    const rows = [
      ...read("docs/metrics.md").matchAll(/^\| `(candlehouse_\w+)` +\| (\w+) +\| ([^|]*?) +\|/gm),
    ];
    const told = rows.map(([, name, type, labels = ""]) => [
      name,
      type,
      matches(labels, /`(\w+)`/g),
    ]);
    const declared = Object.entries(METRICS).map(([name, { type, labels }]) => [
      name,
      type,
      labels.toSorted(),
    ]);
    expect(told).toEqual(declared);
  });

  test("tell the fields of every point in their order", () => {
    const rows = [
      ...read("docs/metrics.md").matchAll(
        /^\| `([a-z.]+\.[a-z]+)` +\| ([^|]*?) +\| ([^|]*?) +\|$/gm,
      ),
    ];
    const told = rows.map(([, event, blobs = "", doubles = ""]) => [
      event,
      [...blobs.matchAll(/`(\w+)`/g)].map(([, name]) => name),
      [...doubles.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]);
    const declared = Object.entries(POINT_LAYOUTS).map(([event, { blobs, doubles }]) => [
      event,
      [...blobs],
      [...doubles],
    ]);
    expect(told).toEqual(declared);
  });

  test("have a chapter for every kind of alert, and for none that is not there", () => {
    const headings = matches(read("docs/alerts.md"), /^## ([a-z]+_[a-z_]+)$/gm);
    expect(headings).toEqual(ALERT_KINDS.toSorted());
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

  test.each(documents)("give wrangler the names of an environment: %s", (path) => {
    const commands = matches(
      read(path),
      /(\bwrangler (?:tail|secret (?:put|delete)|queues|workflows|d1|r2) [^\n`]*)/g,
    );
    const unnamed = commands.filter(
      (command) => !command.includes("production") && !command.includes(" --local "),
    );
    expect(unnamed).toEqual([]);
  });

  test("tell each variable of the Workers", () => {
    const declared = filesLike("workers/*/wrangler.jsonc").flatMap((path) => {
      const [, vars = ""] = /^ {2}"vars": \{\n([\s\S]*?)^ {2}\}/m.exec(read(path)) ?? [];
      return matches(vars, /^ {4}"(\w+)":/gm);
    });
    expect(declared).toContain("HOT_DAYS");
    const told = new Set(filesLike("docs/*.md").flatMap((path) => matches(read(path), /`(\w+)`/g)));
    expect(declared.filter((name) => !told.has(name))).toEqual([]);
  });

  test("name, of each part that fails, tests that are there", () => {
    const [, after = ""] = read("docs/failure-modes.md").split("\n## When a part fails\n");
    const [chapter = ""] = after.split("\n## ");
    const files = new Map(
      [...chapter.matchAll(/\[([a-z-]+)\]\(\.\.\/([^)]+)\)/g)].map(([, name = "", path = ""]) => [
        name,
        read(path),
      ]),
    );
    const named = [...chapter.matchAll(/((?:"[^"]+",? )+)\[([a-z-]+)\]/g)].flatMap(
      ([, titles = "", name = ""]) => matches(titles, /"([^"]+)"/g).map((title) => [name, title]),
    );
    expect(named.length).toBeGreaterThan(files.size);
    // What stands for the rest of a title that is made of pieces is no part of it.
    const missing = named.filter(
      ([name = "", title = ""]) =>
        !title.split("…").every((piece) => files.get(name)?.includes(piece.trim()) === true),
    );
    expect(missing).toEqual([]);
  });

  test.each(documents)("link to no heading that is not there: %s", (path) => {
    const links = [...read(path).matchAll(/\]\(((?!https?:)[^)#\s]*)#([^)\s]+)\)/g)];
    const missing = links.filter(([, file = "", anchor = ""]) => {
      const target = file === "" ? path : join(dirname(path), file);
      return !anchorsOf(target).has(anchor);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  test.each(filesLike("{packages,workers}/*/README.md"))(
    "name no source that is not there: %s",
    (path) => {
      const named = matches(read(path), /`(src\/[\w/-]+(?:\.ts|\/))`/g);
      expect(named.filter((name) => !existsSync(join(root, dirname(path), name)))).toEqual([]);
    },
  );

  test.each(documents)("link to no file that is not there: %s", (path) => {
    const links = matches(read(path), /\]\((?!https?:|#|mailto:)([^)#\s]+)/g);
    const missing = links.filter((link) => !existsSync(join(root, dirname(path), link)));
    expect(missing).toEqual([]);
  });
});
