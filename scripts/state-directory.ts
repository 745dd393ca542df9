import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** A directory that this process has for itself until it releases it or ends. */
export interface StateDirectory {
  /** Notes whose candles it holds from now on, and in how many databases. */
  keep(): void;
  release(): void;
}

/** What is kept in a state directory. */
interface Kept {
  /** Whose candles. */
  readonly market: string;
  /** Over how many databases they are spread. */
  readonly databases: number;
}

/**
 * Makes `directory` if need be and takes it for this process alone. One that holds candles of another
 * market is refused, since simulated and real candles of the same series could not be told apart; so
 * is one whose candles are spread over another number of databases, where most would not be found.
 * Throws a sentence.
 */
export function takeStateDirectory(directory: string, { market, databases }: Kept): StateDirectory {
  mkdirSync(directory, { recursive: true });
  const lock = lockDirectory(directory);
  const marketFile = `${directory}/market.txt`;
  const keptMarket = readNote(marketFile);
  if (keptMarket !== undefined && keptMarket !== market) {
    throw new Error(
      `STATE_DIR ${directory} holds candles of ${keptMarket}, not of ${market}: set STATE_DIR to another folder`,
    );
  }
  const databasesFile = `${directory}/databases.txt`;
  // Without the note, the databases' own marks tell the Workers.
  const keptDatabases = readNote(databasesFile);
  if (keptDatabases !== undefined && keptDatabases !== String(databases)) {
    throw new Error(
      `STATE_DIR ${directory} was started with D1_SHARDS ${keptDatabases}, not ${databases}, and the number stays: start with D1_SHARDS=${keptDatabases}, or set STATE_DIR to another folder`,
    );
  }
  return {
    keep: () => {
      writeFileSync(marketFile, `${market}\n`);
      writeFileSync(databasesFile, `${databases}\n`);
    },
    release: () => lock.close(),
  };
}

function readNote(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
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
