import { SHARDS_MAX } from "../packages/shared/src/core/shard.ts";
import { markStatement } from "../packages/shared/src/d1/mark-statement.ts";

/** The part of a Wrangler configuration that says which databases there are. */
export interface DatabaseConfig {
  readonly vars?: Readonly<Record<string, string>> | undefined;
  readonly d1_databases?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/**
 * Names of `count` databases: the first keeps `name`, the others are `name`--1, `name`--2 and so on. No
 * environment has two hyphens in its name, so none has a database that another one's is called like.
 */
export function databaseNames(name: string, count: number): string[] {
  if (!Number.isInteger(count) || count < 1 || count > SHARDS_MAX) {
    throw new RangeError(`there can be 1 to ${SHARDS_MAX} databases, not ${count}`);
  }
  return Array.from({ length: count }, (_, index) => (index === 0 ? name : `${name}--${index}`));
}

/**
 * `config`, bound to `count` databases, as DB, DB_1, DB_2 and so on, made from its one entry of
 * d1_databases, and with the variable D1_SHARDS. `idOf` gives the database_id by name and number. A
 * configuration without a database is returned as it is. Throws RangeError where there can be no
 * such count.
 */
export function withDatabases<Config extends DatabaseConfig>(
  config: Config,
  count: number,
  idOf: (databaseName: string, index: number) => string,
): Config {
  const [entry] = config.d1_databases ?? [];
  if (entry === undefined) {
    return config;
  }
  const databases = databaseNames(String(entry["database_name"]), count).map((name, index) => ({
    ...entry,
    binding: bindingOf(index),
    database_name: name,
    database_id: idOf(name, index),
  }));
  return {
    ...config,
    d1_databases: databases,
    vars: { ...config.vars, D1_SHARDS: String(count) },
  };
}

/** What Workers call the database `index`, 0 for the first. */
export function bindingOf(index: number): string {
  return index === 0 ? "DB" : `DB_${index}`;
}

/**
 * SQL that marks a migrated database as number `index` (0 is the first) of `count`, two at least.
 * It changes nothing where a mark stands, or the database holds series: the Workers then refuse a
 * wrong count.
 */
export function shardStatement(index: number, count: number): string {
  return markStatement({ number: index, count });
}
