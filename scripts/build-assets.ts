/**
 * Puts the files of the docs page into workers/query/assets, from which the query Worker serves
 * them. A file that is there already, with the same content, is left alone: a local server that
 * watches the directory would start anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

const OWN_FILES = ["index.css", "show-docs.js"] as const;
const SWAGGER_FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"] as const;

/**
 * Headers of the static files, which are sent without asking the Worker.
 * https://developers.cloudflare.com/workers/static-assets/headers/
 */
const HEADERS = `/*
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Content-Security-Policy: default-src 'none'; frame-ancestors 'none'
`;

const query = new URL("../workers/query/", import.meta.url).pathname;

/** Writes what is missing or old, and returns the paths of what it wrote, below the assets. */
export function buildAssets(): string[] {
  const swagger = dirname(createRequire(query).resolve("swagger-ui-dist/package.json"));
  const files = new Map<string, Buffer>([
    ["_headers", Buffer.from(HEADERS)],
    ...OWN_FILES.map((name): [string, Buffer] => [
      `docs/${name}`,
      readFileSync(`${query}docs/${name}`),
    ]),
    ...SWAGGER_FILES.map((name): [string, Buffer] => [
      `docs/${name}`,
      readFileSync(`${swagger}/${name}`),
    ]),
  ]);
  mkdirSync(`${query}assets/docs`, { recursive: true });
  const changed = [...files].filter(
    ([path, content]) => !isSame(`${query}assets/${path}`, content),
  );
  for (const [path, content] of changed) {
    writeFileSync(`${query}assets/${path}`, content);
  }
  return changed.map(([path]) => path);
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
  const written = buildAssets();
  process.stdout.write(
    written.length === 0 ? "assets are up to date\n" : `assets written: ${written.join(", ")}\n`,
  );
}
