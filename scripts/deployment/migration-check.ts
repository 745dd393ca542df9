import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { root } from "../check-command.ts";

const directory = `${root}migrations`;

/** A migration, as it lies in its file. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** All migrations, in the order in which they are applied. */
export function readMigrations(): Migration[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((name) => ({ name, sql: readFileSync(`${directory}/${name}`, "utf8") }));
}

/** A line that says that no deployed Worker uses what the migration takes away, and why. */
const CONTRACT_MARK = /^-- contract: \S/m;

/** Statements after which a Worker that ran before them may fail, and what they take away. */
const CONTRACTIONS: readonly RegExp[] = [
  /\bDROP\s+(?:TABLE|VIEW)\s+(?:IF\s+EXISTS\s+)?"?(?<name>\w+)"?/gi,
  /\bALTER\s+TABLE\s+"?(?<name>\w+)"?\s+(?:DROP|RENAME)\b/gi,
  /\bCREATE\s+UNIQUE\s+INDEX\s+(?:IF\s+NOT\s+EXISTS\s+)?"?\w+"?\s+ON\s+"?(?<name>\w+)"?/gi,
];

/**
 * What the migration takes away from the Workers that run while it is applied: tables and columns
 * that are dropped or renamed, and tables that refuse rows from then on that they took before. A
 * table that the migration itself has made is nobody's yet. Empty where it is marked as a contract.
 */
export function findContractions({ sql }: Migration): string[] {
  if (CONTRACT_MARK.test(sql)) {
    return [];
  }
  const statements = sql.replaceAll(/--.*$/gm, "");
  const made = new Set(
    [...statements.matchAll(/\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?/gi)].map(
      ([, name]) => name,
    ),
  );
  return CONTRACTIONS.flatMap((pattern) =>
    [...statements.matchAll(pattern)]
      .filter(({ groups }) => !made.has(groups?.["name"] ?? ""))
      .map(([statement]) => statement.replaceAll(/\s+/g, " ")),
  );
}

/** Throws a sentence where a migration may break the Workers that run while it is applied. */
export function assertExpandOnly(migrations: readonly Migration[]): void {
  const [broken] = migrations.flatMap((migration) =>
    findContractions(migration).map((statement) => ({ name: migration.name, statement })),
  );
  if (broken !== undefined) {
    throw new Error(
      `migrations/${broken.name} has ${broken.statement}: the Workers that run while it is applied may still use that. Deploy a version that does not, then mark the migration with a line "-- contract: why"; docs/deployment.md tells more`,
    );
  }
}

/** Tables and indices that a database has once all `migrations` are applied. */
export function tablesAfter(migrations: readonly Migration[]): string[] {
  const database = new DatabaseSync(":memory:");
  try {
    migrations.forEach(({ sql }) => database.exec(sql));
    return database
      .prepare("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
      .all()
      .map(({ name }) => String(name));
  } finally {
    database.close();
  }
}
