import { existsSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { CommandError } from "../command-error.ts";
import type { FoundFile } from "./find-files.ts";

/** Lies beside files that are kept where they are, and says which of them were imported. */
export const MARK_FILE = ".candlehouse-import.json";

const markSchema = z.object({
  bytes: z.int(),
  modified_ms: z.int(),
  series: z.string().nullable(),
  /** Where it was imported. */
  url: z.string(),
  rows: z.int(),
});

const marksSchema = z.object({ files: z.record(z.string(), markSchema) });

type Mark = z.output<typeof markSchema>;

/** What the folders of files say of what was imported at `url`. */
export class Marks {
  private readonly url: string;
  private readonly folders = new Map<string, Record<string, Mark>>();
  private writing: Promise<void> = Promise.resolve();

  constructor(url: string) {
    this.url = url;
  }

  /** Whether the file was imported at this address and did not change since. */
  has({ path, bytes, modifiedMs }: FoundFile): boolean {
    const mark = this.read(dirname(path))[basename(path)];
    return mark?.url === this.url && mark.bytes === bytes && mark.modified_ms === modifiedMs;
  }

  /** Notes that the file was imported. Notes are written one after the other. */
  add(file: FoundFile, series: string | null, rows: number): Promise<void> {
    const { path, bytes, modifiedMs } = file;
    const folder = dirname(path);
    this.read(folder)[basename(path)] = {
      bytes,
      modified_ms: modifiedMs,
      series,
      url: this.url,
      rows,
    };
    const write = (): Promise<void> => this.write(folder);
    // One that fails tells its own caller; those behind it are written all the same.
    this.writing = this.writing.then(write, write);
    return this.writing;
  }

  private read(folder: string): Record<string, Mark> {
    const known = this.folders.get(folder);
    if (known !== undefined) {
      return known;
    }
    const marks = readMarks(join(folder, MARK_FILE));
    this.folders.set(folder, marks);
    return marks;
  }

  /** Under another name first, so that a stop leaves the old marks or the new ones. */
  private async write(folder: string): Promise<void> {
    const path = join(folder, MARK_FILE);
    const files = this.folders.get(folder);
    await writeFile(`${path}.part`, `${JSON.stringify({ files }, null, 2)}\n`);
    await rename(`${path}.part`, path);
  }
}

function readMarks(path: string): Record<string, Mark> {
  if (!existsSync(path)) {
    return {};
  }
  const marks = marksSchema.safeParse(parseJson(readFileSync(path, "utf8")));
  if (!marks.success) {
    throw new CommandError(`${path} is not what import wrote there: delete it, and run this again`);
  }
  return marks.data.files;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON fits no schema either.
    return undefined;
  }
}
