import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { INGESTED_FOLDER, type FoundFile } from "./find-files.ts";

/**
 * Moves a finished file, and its checksum, to the folder `ingested` beside it. One that lies in such
 * a folder stays where it is.
 */
export async function moveFinished({ path, checksumPath }: FoundFile): Promise<void> {
  if (basename(dirname(resolve(path))) === INGESTED_FOLDER) {
    return;
  }
  const folder = join(dirname(path), INGESTED_FOLDER);
  await mkdir(folder, { recursive: true });
  await rename(path, freeName(folder, basename(path)));
  if (checksumPath !== undefined) {
    await rename(checksumPath, freeName(folder, basename(checksumPath)));
  }
}

/** A name that no other file has: nothing that was moved before is overwritten. */
function freeName(folder: string, name: string): string {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  let path = join(folder, name);
  for (let number = 2; existsSync(path); number += 1) {
    path = join(folder, `${stem}.${number}${extension}`);
  }
  return path;
}
