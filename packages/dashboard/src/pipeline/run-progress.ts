import type { ArchiveRun } from "@candlehouse/client";

/** States of a run that it does not leave. */
const ENDED: ReadonlySet<string> = new Set(["complete", "errored", "terminated"]);

export const hasEnded = ({ status }: Pick<ArchiveRun, "status">): boolean => ENDED.has(status);

/** How runs go, all together. */
export interface RunProgress {
  readonly ended: number;
  /** Candles that came into files, and rows that left D1. */
  readonly added: number;
  readonly deleted: number;
  readonly failed: readonly { readonly id: string; readonly error: string }[];
}

export function progressOf(runs: readonly ArchiveRun[]): RunProgress {
  const ended = runs.filter(hasEnded);
  return {
    ended: ended.length,
    added: ended.reduce((sum, { output }) => sum + (output?.added ?? 0), 0),
    deleted: ended.reduce((sum, { output }) => sum + (output?.deleted ?? 0), 0),
    failed: ended
      .filter(({ status }) => status !== "complete")
      .map(({ id, status, error }) => ({ id, error: error ?? status })),
  };
}
