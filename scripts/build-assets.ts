/**
 * Puts the static files of the query Worker into workers/query/assets: the dashboard, built by Vite,
 * and the docs page. A file that is there already, with the same content, is left alone: a local
 * server that watches the directory would start anew.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";

const DOCS_FILES = ["show-docs.js"] as const;
const SWAGGER_FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"] as const;

/**
 * Headers of the static files, which are sent without asking the Worker: those of its answers, but for
 * what is for HTTPS alone, which the page that asks for them has said. Names of the dashboard's parts
 * change with their content.
 * https://developers.cloudflare.com/workers/static-assets/headers/
 */
export const STATIC_HEADERS = `/*
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  X-Frame-Options: DENY
  Cross-Origin-Opener-Policy: same-origin
  Content-Security-Policy: default-src 'none'; frame-ancestors 'none'
/dashboard/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

const root = new URL("../", import.meta.url).pathname;
const query = `${root}workers/query/`;
const assets = `${query}assets`;

/**
 * Writes what is missing or old, removes what is no longer a part, and returns the paths of both,
 * below the assets.
 */
export async function buildAssets(): Promise<string[]> {
  const files = new Map<string, Buffer>([
    ["_headers", Buffer.from(STATIC_HEADERS)],
    ...filesOf("docs", `${query}docs`, DOCS_FILES),
    ...filesOf(
      "docs",
      dirname(createRequire(query).resolve("swagger-ui-dist/package.json")),
      SWAGGER_FILES,
    ),
    ...(await buildDashboard()),
  ]);
  const changed = [...files].filter(([path, content]) => !isSame(`${assets}/${path}`, content));
  for (const [path, content] of changed) {
    replaceFile(`${assets}/${path}`, content);
  }
  // Another build may be about to put a file in its place.
  const old = listFiles(assets).filter((path) => !files.has(path) && !/\.\d+$/.test(path));
  for (const path of old) {
    rmSync(`${assets}/${path}`, { force: true });
  }
  return [...changed.map(([path]) => path), ...old];
}

/** What Vite makes of the dashboard: its files by their path below the assets. */
async function buildDashboard(): Promise<[string, Buffer][]> {
  const directory = mkdtempSync(`${tmpdir()}/candlehouse-dashboard-`);
  try {
    // In a process of its own: Vite builds for development where this one is a test.
    await promisify(execFile)(
      process.execPath,
      [`${root}node_modules/vite/bin/vite.js`, "build", "--outDir", directory, "--emptyOutDir"],
      { cwd: `${root}packages/dashboard`, env: { ...process.env, NODE_ENV: "production" } },
    );
    return filesOf("dashboard", directory, listFiles(directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function filesOf(folder: string, from: string, names: readonly string[]): [string, Buffer][] {
  return names.map((name) => [`${folder}/${name}`, readFileSync(`${from}/${name}`)]);
}

/** Paths of all files below `directory`; none where it is not there. */
function listFiles(directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(directory.length + 1));
}

/** Whoever reads it meanwhile sees the whole of the old one or the whole of the new one. */
function replaceFile(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, content);
  renameSync(beside, path);
}

function isSame(path: string, content: Buffer): boolean {
  try {
    return readFileSync(path).equals(content);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return false;
    }
    throw error;
  }
}

if (import.meta.main) {
  const written = await buildAssets();
  process.stdout.write(
    written.length === 0 ? "assets are up to date\n" : `assets changed: ${written.join(", ")}\n`,
  );
}
