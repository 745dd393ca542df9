import { existsSync, type Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { usageError } from "../command-error.ts";

/** A file that may hold candles. */
export interface FoundFile {
  readonly path: string;
  /** How it is shown: below the folder that was named, or as it was named itself. */
  readonly shown: string;
  readonly bytes: number;
  /** When it was written last, unix milliseconds. */
  readonly modifiedMs: number;
  /** The file with its checksum, `{name}.CHECKSUM`, where it lies beside it. */
  readonly checksumPath: string | undefined;
  /** Why it cannot be read, where that is seen already. */
  readonly problem?: string;
}

/** Finished files are moved here, beside where they were. */
export const INGESTED_FOLDER = "ingested";

const CANDLE_FILE = /\.(csv|zip|parquet)$/i;

/**
 * The files at `paths`, folders with all that is below them but what was ingested, by name. Throws a
 * CommandError where a path is not there, or names a file that holds no candles.
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const facts = await factsOf(path);
    if (facts === undefined) {
      throw usageError(`there is nothing at ${path}: name files or folders that are there`);
    }
    if (!facts.isDirectory() && !CANDLE_FILE.test(path)) {
      throw usageError(`${path} is no CSV, ZIP or Parquet file by its name`);
    }
    const inside = facts.isDirectory() ? await filesBelow(path) : [path];
    for (const one of inside) {
      const shown = facts.isDirectory() ? relative(path, one) : one;
      found.set(one, { shown, ...(await describe(one)) });
    }
  }
  return [...found.values()];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) {
      continue;
    }
    if (entry.isDirectory()) {
      files.push(...(entry.name === INGESTED_FOLDER ? [] : await filesBelow(path)));
    } else if (CANDLE_FILE.test(entry.name)) {
      files.push(path);
    }
  }
  return files;
}

async function describe(path: string): Promise<Omit<FoundFile, "shown">> {
  const facts = await factsOf(path);
  if (facts?.isFile() !== true) {
    const problem =
      facts === undefined
        ? "it cannot be looked at: a link to what is not there, or not for you to see"
        : `it is ${facts.isDirectory() ? "a link to a folder: name the folder itself" : "no file, but a pipe, a socket or a device"}`;
    return { path, bytes: 0, modifiedMs: 0, checksumPath: undefined, problem };
  }
  const checksumPath = join(dirname(path), `${basename(path)}.CHECKSUM`);
  return {
    path,
    bytes: facts.size,
    modifiedMs: Math.floor(facts.mtimeMs),
    checksumPath: existsSync(checksumPath) ? checksumPath : undefined,
  };
}

async function factsOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    // Not there, or not for us to see: either way there is nothing to import.
    return undefined;
  }
}
