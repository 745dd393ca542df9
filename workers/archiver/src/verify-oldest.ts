import { shownSeconds } from "@candlehouse/shared/core/clock";
import { listUnverified } from "@candlehouse/shared/d1/archive-inventory";
import { log } from "@candlehouse/shared/log/log";
import type { ArchiverContext } from "./context.ts";
import { inspectAndRecord } from "./verify-file.ts";

/** A file that was read back so long ago is read back again. */
const VERIFY_AFTER_SECONDS = 30 * 86_400;

/** Files of one night: each is a billed row written and some reads of R2. */
const FILES_MAX = 200;

/** Bytes after which a night ends: some eight seconds of reading, hashing and decoding. */
const BYTES_MAX = 64 * 1_024 * 1_024;

/** How many files were read back. */
export interface OldestVerified {
  readonly files: number;
  readonly damaged: number;
}

/**
 * Reads back the current files that were not read for longest, as far as a night's share reaches, and
 * tells the manifest what is wrong with them, or that nothing is. Throws StorageUnavailableError where
 * D1 or R2 does not answer: the next night goes on.
 */
export async function verifyOldest(context: ArchiverContext): Promise<OldestVerified> {
  const startedMs = context.realNowMs();
  const before = shownSeconds(context) - VERIFY_AFTER_SECONDS;
  const found = await listUnverified(context.db, before, FILES_MAX);
  let [files, bytes, damaged] = [0, 0, 0];
  for (const file of found) {
    const damage = await inspectAndRecord(context, file);
    files += 1;
    bytes += file.bytes;
    damaged += damage === undefined ? 0 : 1;
    if (bytes >= BYTES_MAX) {
      break;
    }
  }
  log("archive.verified", {
    partitions: files,
    files,
    bytes,
    damaged,
    chains: 0,
    durationMs: context.realNowMs() - startedMs,
  });
  return { files, damaged };
}
