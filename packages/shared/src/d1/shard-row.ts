import { StorageUnavailableError } from "../core/errors.ts";
import { overlay } from "../core/overlay.ts";
import { throwStorageError } from "./d1-error.ts";
import { markStatement, type ShardPlace } from "./mark-statement.ts";

const SELECT_PLACE = "SELECT number, count FROM shard";

/** What this isolate has found each database to be. */
const checked = new WeakMap<D1Database, string>();

/** The statement that a guarded one stands for: a batch takes D1's own alone. */
const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

/**
 * `db`, which is used only once it is known to be the one at `place`: one row is read for that, in
 * an isolate. One of several that says nothing of itself and holds no series is marked. Where it is
 * another, or holds series without a mark, each call fails with StorageUnavailableError.
 */
export function guardDatabase(db: D1Database, place: ShardPlace): D1Database {
  const isChecked = (): boolean => checked.get(db) === nameOf(place);
  const check = async (): Promise<void> => {
    // Its answer alone is kept: an isolate's requests cannot wait for each other's calls.
    if (!isChecked()) {
      await assertPlace(db, place);
      checked.set(db, nameOf(place));
    }
  };
  return overlay(db, {
    prepare: (sql) => (isChecked() ? db.prepare(sql) : guardStatement(db.prepare(sql), check)),
    batch: async <Row>(statements: D1PreparedStatement[]) => {
      await check();
      return db.batch<Row>(statements.map((one) => originals.get(one) ?? one));
    },
  });
}

function guardStatement(
  statement: D1PreparedStatement,
  check: () => Promise<void>,
): D1PreparedStatement {
  const guarded = overlay(statement, {
    bind: (...values) => guardStatement(statement.bind(...values), check),
    all: async <Row>() => {
      await check();
      return statement.all<Row>();
    },
    run: async <Row>() => {
      await check();
      return statement.run<Row>();
    },
    first: async <Row>(column?: string): Promise<Row | null> => {
      await check();
      return column === undefined ? statement.first<Row>() : statement.first<Row>(column);
    },
  });
  originals.set(guarded, statement);
  return guarded;
}

async function assertPlace(db: D1Database, place: ShardPlace): Promise<void> {
  const found = await db.prepare(SELECT_PLACE).first<ShardPlace>().catch(throwStorageError);
  if (found !== null) {
    assertSame(found, place);
    return;
  }
  if (place.count === 1) {
    return;
  }
  await db.prepare(markStatement(place)).run().catch(throwStorageError);
  // Another isolate may have been first, with another place.
  const marked = await db.prepare(SELECT_PLACE).first<ShardPlace>().catch(throwStorageError);
  if (marked === null) {
    throw new StorageUnavailableError(
      `${bindingOf(place)} holds series already, as the only database: of ${place.count}, most of them would not be sought there. Deploy with D1_SHARDS 1; docs/capacity.md says how a warehouse comes to have several`,
    );
  }
  assertSame(marked, place);
}

function assertSame(found: ShardPlace, place: ShardPlace): void {
  if (found.number !== place.number || found.count !== place.count) {
    if (place.count === 1) {
      throw new StorageUnavailableError(
        `DB is ${nameOf(found)}, but this Worker knows one alone: most series would seem to be lost. Deploy with D1_SHARDS ${found.count} and its databases`,
      );
    }
    throw new StorageUnavailableError(
      `${bindingOf(place)} is ${nameOf(found)}, not ${nameOf(place)}: series would seem to be lost. Deploy with D1_SHARDS ${found.count} and its databases in their order`,
    );
  }
}

function nameOf({ number, count }: ShardPlace): string {
  return count === 1 ? "the only database" : `database ${number} of ${count}`;
}

function bindingOf({ number }: ShardPlace): string {
  return number === 0 ? "DB" : `DB_${number}`;
}
