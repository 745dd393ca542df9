import type { Import } from "@candlehouse/client";
import { signal, type ReadonlySignal } from "@preact/signals";
import {
  importDraftOf,
  isRecognised,
  refusalOf,
  type ImportDraft,
  type ImportField,
} from "./import-draft.ts";

/**
 * `refused`: it cannot be sent. `ready`: it waits for the reader. `sending` and `reading`: it is on
 * its way, and its rows are being stored. `done`: the system has answered. `failed`: it did not, or
 * refused; it can be sent again.
 */
export type QueuedState = "refused" | "ready" | "sending" | "reading" | "done" | "failed";

/** A file that the reader chose. */
export interface QueuedFile {
  readonly id: number;
  readonly file: File;
  readonly draft: ImportDraft;
  readonly state: QueuedState;
  /** How much of it was sent, from 0 to 1. */
  readonly sent: number;
  readonly faults: Partial<Record<ImportField, string>>;
  /** What is wrong with it as a whole. */
  readonly trouble: string | null;
  readonly report: Import | null;
}

const files = signal<readonly QueuedFile[]>([]);
let lastId = 0;

/** The files, in the order in which they are sent. It outlasts the view, as an upload does. */
export const queue: ReadonlySignal<readonly QueuedFile[]> = files;

/** Puts the files that the reader chose behind those that wait. */
export function addFiles(chosen: Iterable<File>): void {
  for (const file of chosen) {
    lastId += 1;
    const trouble = refusalOf(file);
    // What a name said of one file says nothing of the next.
    const before = files.value.findLast((one) => !isRecognised(one.file.name));
    files.value = [
      ...files.value,
      {
        id: lastId,
        file,
        draft: importDraftOf(file.name, before?.draft),
        state: trouble === null ? "ready" : "refused",
        sent: 0,
        faults: {},
        trouble,
        report: null,
      },
    ];
  }
}

export function changeFile(id: number, changed: Partial<Omit<QueuedFile, "id" | "file">>): void {
  files.value = files.value.map((one) => (one.id === id ? { ...one, ...changed } : one));
}

export function removeFile(id: number): void {
  files.value = files.value.filter((one) => one.id !== id);
}

/** Removes those that nothing more happens to. */
export function clearEnded(): void {
  files.value = files.value.filter(({ state }) => state !== "done" && state !== "refused");
}

/** The first file that is to be sent; undefined where there is none. */
export function nextReady(): QueuedFile | undefined {
  return files.value.find(({ state }) => state === "ready");
}
