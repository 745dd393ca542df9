import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** A file system in memory, on Linux. Containers often have one of 64 MB. */
const IN_MEMORY = "/dev/shm";
/** What the databases and files of all tests may need at a time. */
const NEEDED_BYTES = 3 * 2 ** 30;

/**
 * Makes a directory for what tests write, in memory where there is room: a local database waits for
 * the disk at each transaction. A killed process leaves the same behind in either. It is removed when
 * this process ends.
 */
export function makeScratchDirectory(): string {
  const directory = mkdtempSync(`${hasRoomInMemory() ? IN_MEMORY : tmpdir()}/candlehouse-`);
  process.on("exit", () => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
  return directory;
}

/** Whether files of that size leave as much memory to the tests themselves. */
function hasRoomInMemory(): boolean {
  if (!existsSync(IN_MEMORY) || process.availableMemory() < 2 * NEEDED_BYTES) {
    return false;
  }
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= NEEDED_BYTES;
}
