import type { LastChange } from "@candlehouse/shared/d1/archive-changes";
import { readArchiveSummary, type ArchiveSummary } from "@candlehouse/shared/d1/archive-summary";
import type { D1Cost } from "@candlehouse/shared/d1/read-candles";

/** A sum is used for this long whatever happens, real milliseconds. */
const FRESH_MS = 60_000;

/**
 * A sum is made again after this long, although the archive's files are the same: what a verification
 * found out about them changes no file.
 */
const HELD_MS = 10 * 60_000;

/** The sums of the archive, and what it cost to come by them. */
export interface FiguresFound extends D1Cost {
  readonly summary: ArchiveSummary;
}

/**
 * The sums of the archive, kept in the isolate. Each row of the manifest is read for them: 60,000
 * for a thousand series of minutes and five years. So they are made again only where the archive has
 * changed, once a minute at most, and else every ten minutes.
 */
export class ArchiveFigures {
  #kept:
    | { readonly summary: ArchiveSummary; readonly mark: LastChange; readonly atMs: number }
    | undefined;

  /** Throws StorageUnavailableError. */
  async read(db: D1Database, mark: LastChange, nowMs: number): Promise<FiguresFound> {
    const kept = this.#kept;
    if (kept !== undefined && nowMs - kept.atMs < (isSame(kept.mark, mark) ? HELD_MS : FRESH_MS)) {
      return { summary: kept.summary, rowsRead: 0, durationMs: 0 };
    }
    const found = await readArchiveSummary(db);
    this.#kept = { summary: found.summary, mark, atMs: nowMs };
    return found;
  }
}

function isSame(one: LastChange, other: LastChange): boolean {
  return one.last_change_at === other.last_change_at && one.changes === other.changes;
}
