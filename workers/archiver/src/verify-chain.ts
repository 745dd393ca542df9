import {
  CHAIN_START,
  changeText,
  type ArchiveFile,
  type ArchiveFileState,
} from "@candlehouse/shared/core/archive";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import type { ChainRow, PartitionState } from "@candlehouse/shared/d1/archive-manifest";

/**
 * What is wrong with a partition's chain of changes, as a sentence, or undefined: a change that
 * does not follow the one before it, one that was rewritten, or a manifest whose files are not
 * those that the changes add up to. `chain` may hold changes that came after `state` was read.
 */
export function findChainFault(
  chain: readonly ChainRow[],
  { head, files }: PartitionState,
): string | undefined {
  const changes = chain.slice(0, head.sequence);
  let before = CHAIN_START;
  for (const change of changes) {
    const { sequence, beforeHash, afterHash } = change;
    if (sequence !== before.sequence + 1) {
      return `change ${before.sequence + 1} is missing`;
    }
    if (beforeHash !== before.hash) {
      return `change ${sequence} does not follow the change before it`;
    }
    if (sha256Hex(changeText(change, before)) !== afterHash) {
      return `change ${sequence} is not what was recorded`;
    }
    before = { sequence, hash: afterHash };
  }
  if (before.sequence !== head.sequence || before.hash !== head.hash) {
    return `change ${head.sequence} is missing`;
  }
  return findFileFault(replay(changes), files);
}

type ReplayedFile = Pick<ArchiveFile, "key" | "state" | "fileHash">;

/** The files that the changes add up to, by key. */
function replay(changes: readonly ChainRow[]): Map<string, ReplayedFile> {
  const files = new Map<string, ReplayedFile>();
  for (const { added, removed } of changes) {
    for (const key of removed) {
      files.delete(key);
    }
    for (const file of added) {
      files.set(file.key, file);
    }
  }
  return files;
}

const IN_USE: ReadonlySet<ArchiveFileState> = new Set<ArchiveFileState>(["current", "fragment"]);

function findFileFault(
  recorded: ReadonlyMap<string, ReplayedFile>,
  files: readonly ArchiveFile[],
): string | undefined {
  for (const { key, state, fileHash } of files) {
    const file = recorded.get(key);
    if (file === undefined) {
      return `the manifest has ${key}, which no change added`;
    }
    if (file.state !== state || file.fileHash !== fileHash) {
      return `the manifest has ${key} as another file than the changes do`;
    }
  }
  const named = new Set(files.map(({ key }) => key));
  const missing = [...recorded.values()].find(
    ({ key, state }) => IN_USE.has(state) && !named.has(key),
  );
  return missing === undefined
    ? undefined
    : `the manifest has no row for ${missing.key}, which the changes added`;
}
