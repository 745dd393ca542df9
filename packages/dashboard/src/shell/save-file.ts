import { CandlehouseProblem, type GetPath, type QueryOf } from "@candlehouse/client";
import { client } from "../api/connection.ts";
import { readBlob } from "../api/read-blob.ts";
import { formatBytes } from "../ui/format.ts";
import { tellDone, tellFailed, tellWork } from "./notices.tsx";

/** How often the reader is told how far it is, milliseconds. */
const TOLD_EVERY_MS = 300;

/** How long a browser may take to begin to copy what it was offered, milliseconds. */
const OFFERED_MS = 60_000;

/**
 * Saves the answer of `path` to `query` as the file `name`. It is asked for with the key that the page
 * holds, in a header: a link cannot send one, and an address is no place for it. Tells the reader how
 * far it is, that it is done, or why it is not. Never rejects.
 */
export async function saveFile<Path extends GetPath>(
  path: Path,
  query: QueryOf<Path>,
  name: string,
): Promise<void> {
  const abort = new AbortController();
  const work = tellWork(`Saving ${name}`, () => abort.abort());
  let toldMs = -Infinity;
  try {
    const response = await client.open(path, query, { signal: abort.signal });
    const blob = await readBlob(response, (bytes) => {
      if (performance.now() - toldMs >= TOLD_EVERY_MS) {
        toldMs = performance.now();
        work.tell(formatBytes(bytes));
      }
    });
    offerFile(blob, name);
    tellDone(`${name} is saved: ${formatBytes(blob.size)}.`);
  } catch (error) {
    if (!abort.signal.aborted) {
      tellFailed(`${name} is not saved. ${reasonOf(error)}`);
    }
  } finally {
    work.end();
  }
}

/** Has the browser save `blob` as the file `name`. */
export function offerFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), OFFERED_MS);
}

/** What the system says, or that it said nothing. */
function reasonOf(error: unknown): string {
  return error instanceof CandlehouseProblem
    ? error.message
    : "The connection broke off: try again, or save a shorter range.";
}
