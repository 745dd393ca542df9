import type { ArchiveChange, ArchiveFileState, ChangeKind } from "../core/archive.ts";
import type { Partition } from "../core/partition.ts";
import type { Series } from "../core/series.ts";
import { throwStorageError } from "./d1-error.ts";
import { ownerOf } from "./databases.ts";

/** A link of a partition's chain: the change, and the hashes before and after it. */
export interface ChainRow extends ArchiveChange {
  readonly sequence: number;
  readonly beforeHash: string;
  readonly afterHash: string;
}

const SELECT_CHAIN = `
SELECT sequence, at, kind, added, removed, before_hash, after_hash FROM archive_changes
WHERE source = ?1 AND symbol = ?2 AND timeframe = ?3 AND partition = ?4 ORDER BY sequence`;

/** Every change of a partition's files, the first one first. */
export async function readChain(
  databases: D1Database,
  series: Series,
  partition: Partition,
): Promise<ChainRow[]> {
  const db = ownerOf(databases, series);
  const { results } = await db
    .prepare(SELECT_CHAIN)
    .bind(series.source, series.symbol, series.timeframe, partition)
    .all<ChangeRow>()
    .catch(throwStorageError);
  return results.map((row) => {
    const added: [string, ArchiveFileState, string][] = JSON.parse(row.added);
    const removed: string[] = JSON.parse(row.removed);
    return {
      series,
      partition,
      sequence: row.sequence,
      at: row.at,
      kind: row.kind,
      added: added.map(([key, state, fileHash]) => ({ key, state, fileHash })),
      removed,
      beforeHash: row.before_hash,
      afterHash: row.after_hash,
    };
  });
}

interface ChangeRow extends Record<"added" | "removed" | "before_hash" | "after_hash", string> {
  readonly sequence: number;
  readonly at: number;
  readonly kind: ChangeKind;
}
