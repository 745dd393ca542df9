import {
  CHAIN_START,
  changeText,
  type ArchiveFile,
  type ArchiveFileState,
} from "@candlehouse/shared/core/archive";
import { parseArchiveKey } from "@candlehouse/shared/core/archive-key";
import { sha256Hex } from "@candlehouse/shared/hash/sha256";
import type { ChainRow } from "@candlehouse/shared/d1/archive-chain";
import type { PartitionState } from "@candlehouse/shared/d1/archive-manifest";
import type { CandleFile } from "@candlehouse/shared/r2/candle-file";

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

/** Whether a file is one that the archiver wrote itself, as part of the history. */
export function isArchiveFile({ format, key }: ArchiveFile): boolean {
  return format !== 0 && parseArchiveKey(key)?.folder === "candles";
}

/**
 * What is wrong with the place in `chain` that a file of the archiver names: each says in its
 * metadata after which change it was written, and that change's hash, so that a history which was
 * rewritten as a whole is not the one that its files follow. A file that a rebuild catalogued, or
 * that was adopted, may be of a history that was lost.
 */
export function findFollowFault(
  chain: readonly ChainRow[],
  { key }: ArchiveFile,
  { sequence, previous }: Pick<CandleFile, "sequence" | "previous">,
): string | undefined {
  const isCatalogued = chain.some(
    ({ kind, added }) =>
      (kind === "rebuild" || kind === "register") && added.some((file) => file.key === key),
  );
  const change = chain.find((row) => row.sequence === sequence);
  const hash = sequence === CHAIN_START.sequence ? CHAIN_START.hash : change?.afterHash;
  return isCatalogued || hash === previous
    ? undefined
    : `${key} follows another change ${sequence} than the history has`;
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
