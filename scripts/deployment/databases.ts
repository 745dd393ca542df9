import { shardStatement } from "../shard-config.ts";
import { executeOnDatabase, queryDatabase } from "./account.ts";
import type { RunWrangler } from "./wrangler.ts";

/** A migrated database among those of an installation. */
export interface PlacedDatabase {
  readonly name: string;
  /** 0 is the first. */
  readonly index: number;
  readonly count: number;
  /** A configuration that binds it. */
  readonly configFile: string;
}

/**
 * Marks the database as the one that it is, where there are several. Throws a sentence where it is
 * marked otherwise, or holds series by other rules.
 */
export async function markDatabase(run: RunWrangler, database: PlacedDatabase): Promise<void> {
  const { name, index, count, configFile } = database;
  if (count > 1) {
    await executeOnDatabase(run, name, configFile, shardStatement(index, count));
  }
  await assertMark(run, database);
}

/** Throws a sentence where the database is another one of several than it should be. */
export async function assertMark(
  run: RunWrangler,
  { name, index, count, configFile }: PlacedDatabase,
): Promise<void> {
  const [row] = await queryDatabase(run, name, configFile, "SELECT number, count FROM shard");
  const found = placeOf(Number(row?.["number"] ?? 0), Number(row?.["count"] ?? 1));
  const wanted = placeOf(index, count);
  if (found !== wanted) {
    throw new Error(
      `${name} is ${found}, and not ${wanted}: give --databases as it was first deployed`,
    );
  }
}

function placeOf(index: number, count: number): string {
  return count === 1 ? "the only database" : `database ${index + 1} of ${count}`;
}
