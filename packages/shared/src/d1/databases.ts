import { StorageUnavailableError } from "../core/errors.ts";
import { shardOf, SHARDS_MAX, type SeriesName } from "../core/shard.ts";
import { overlay } from "../core/overlay.ts";
import { guardDatabase } from "./shard-row.ts";

/**
 * Series can be spread over several databases. Each of them has all tables, and a series lies
 * wholly in one: its row, its candles, revisions, counts, gaps, asks and files. So what is of one
 * series is one transaction, as in a single database. What is of no series (jobs, the ledger, dead
 * letters, alerts, the states of sources, keys) lies in the first one alone; `assets` and `markets`
 * are in each, since statements join them, and are read from the first.
 *
 * All of them are handed on as one D1Database: the first, which knows of the others. The functions
 * of this folder ask it for the one that a series is in (`ownerOf`), or for all. A statement that
 * names a table of series without having asked is refused. A single database costs nothing of this
 * but the look at its mark.
 */
const joined = new WeakMap<D1Database, readonly D1Database[]>();

/** Where the bindings of a Worker are: the first database, `DB_1` and so on, and `D1_SHARDS`. */
export interface DatabaseBindings {
  readonly DB: D1Database;
}

const BINDING = /^DB_(\d+)$/;

/** The tables in which each row is of a series. */
const SERIES_TABLES =
  /\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(?:series|price_data|candle_revisions|coverage|gaps|asked_ranges|archive_files|archive_changes)\b/i;

const opened = new WeakMap<D1Database, D1Database>();

/**
 * The databases that `env` binds, as one. Where D1_SHARDS is not as many as there are bindings, each
 * call of what is returned fails with a StorageUnavailableError that says so.
 */
export function databasesOf(env: DatabaseBindings): D1Database {
  if (joined.has(env.DB)) {
    return env.DB;
  }
  const before = opened.get(env.DB);
  if (before !== undefined) {
    return before;
  }
  const found = openDatabases(env);
  opened.set(env.DB, found);
  return found;
}

function openDatabases(env: DatabaseBindings): D1Database {
  const count = countOf(Reflect.get(env, "D1_SHARDS"));
  const names = Object.keys(env).filter((name) => BINDING.test(name));
  if (count === undefined) {
    return refusing(env.DB, `D1_SHARDS has to be a number of databases from 1 to ${SHARDS_MAX}`);
  }
  const others = Array.from({ length: count - 1 }, (_, index) => `DB_${index + 1}`);
  if (names.length !== others.length || others.some((name) => !names.includes(name))) {
    const bound = ["DB", ...names.toSorted()].join(", ");
    return refusing(
      env.DB,
      `D1_SHARDS is ${count}, but the databases that are bound are ${bound}: both come from one setting, so deploy again with the number of databases that hold the series`,
    );
  }
  return joinDatabases([env.DB, ...others.map((name): D1Database => Reflect.get(env, name))]);
}

/** How many databases a setting means, one where it is not given; undefined where it means none. */
function countOf(setting: unknown): number | undefined {
  if (setting === undefined || setting === "") {
    return 1;
  }
  const count = Number(setting);
  return Number.isInteger(count) && count >= 1 && count <= SHARDS_MAX ? count : undefined;
}

/** `env` with the databases that it binds as one. */
export function bindDatabases<Env extends DatabaseBindings>(env: Env): Env {
  const db = databasesOf(env);
  return db === env.DB ? env : { ...env, DB: db };
}

/**
 * `databases`, the first one first, as one. Each is looked at before its first use in this isolate:
 * one that is marked as another, or that held series before there were several, is not used. So an
 * installation of several that is deployed with fewer answers nothing, and not a part.
 */
export function joinDatabases(databases: readonly D1Database[]): D1Database {
  return several(
    databases.map((db, number) => guardDatabase(db, { number, count: databases.length })),
  );
}

function several(all: readonly D1Database[]): D1Database {
  const [first] = all;
  if (first === undefined) {
    throw new RangeError("there is no database");
  }
  const db = all.length === 1 ? first : requireOwner(first, all.length);
  joined.set(db, all);
  return db;
}

/** `first` of `count` databases, which takes statements about series from nobody. */
function requireOwner(first: D1Database, count: number): D1Database {
  return overlay<D1Database>(first, {
    prepare: (sql) => {
      if (SERIES_TABLES.test(sql)) {
        throw new StorageUnavailableError(
          `a statement about series does not say which of ${count} databases it means: ${sql.trim().slice(0, 100)}`,
        );
      }
      return first.prepare(sql);
    },
  });
}

function refusing(db: D1Database, reason: string): D1Database {
  const fail = (): never => {
    throw new StorageUnavailableError(reason);
  };
  return overlay(db, { prepare: fail, batch: async () => fail(), exec: async () => fail() });
}

/** All databases that `db` stands for, the first one first: itself, where it is the only one. */
export function allDatabases(db: D1Database): readonly D1Database[] {
  return joined.get(db) ?? [db];
}

/** The database that holds `series`. */
export function ownerOf(db: D1Database, series: SeriesName): D1Database {
  const all = allDatabases(db);
  return all[shardOf(series, all.length)] ?? db;
}

/** `db`, or each of the databases that it stands for, as `change` makes it. */
export function mapDatabases(db: D1Database, change: (one: D1Database) => D1Database): D1Database {
  const all = joined.get(db);
  return all === undefined ? change(db) : several(all.map(change));
}

/** Some of several things, and the database that holds their series. */
export interface OwnedGroup<Item> {
  readonly db: D1Database;
  readonly items: readonly Item[];
  /** Where each of them stood among all. */
  readonly places: readonly number[];
}

/** `items` by the database that holds the series of each, in their order; of one database, all. */
export function groupByOwner<Item>(
  db: D1Database,
  items: readonly Item[],
  seriesOf: (item: Item) => SeriesName,
): readonly OwnedGroup<Item>[] {
  const all = allDatabases(db);
  if (all.length === 1) {
    return [{ db, items, places: [...items.keys()] }];
  }
  const shards = items.map((item) => shardOf(seriesOf(item), all.length));
  return all.flatMap((one, shard) => {
    const places = [...items.keys()].filter((place) => shards[place] === shard);
    const own = places.flatMap((place) => items.slice(place, place + 1));
    return own.length === 0 ? [] : [{ db: one, items: own, places }];
  });
}
