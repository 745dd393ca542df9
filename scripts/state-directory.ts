import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** A directory that this process has for itself until it releases it or ends. */
export interface StateDirectory {
  /** Notes whose candles it holds from now on. */
  keepMarket(): void;
  release(): void;
}

/**
 * Makes `directory` if need be and takes it for this process alone. `market` says whose candles
 * are to be kept there: one that holds those of another market is refused, since simulated and
 * real candles of the same series could not be told apart. Throws a sentence.
 */
export function takeStateDirectory(directory: string, market: string): StateDirectory {
  mkdirSync(directory, { recursive: true });
  const lock = lockDirectory(directory);
  const file = `${directory}/market.txt`;
  const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  if (kept !== undefined && kept !== market) {
    throw new Error(
      `STATE_DIR ${directory} holds candles of ${kept}, not of ${market}: set STATE_DIR to another folder`,
    );
  }
  return {
    keepMarket: () => writeFileSync(file, `${market}\n`),
    release: () => lock.close(),
  };
}

/** SQLite's lock on a file goes with the process, so that none is left behind by a crash. */
function lockDirectory(directory: string): DatabaseSync {
  const database = new DatabaseSync(`${directory}/in-use.sqlite`);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new Error(`STATE_DIR ${directory} is in use by another \`npm start\``, {
        cause: error,
      });
    }
    throw error;
  }
  return database;
}
