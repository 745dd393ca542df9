import type { LedgerTally } from "../core/ledger.ts";
import { mapDatabases } from "../d1/databases.ts";
import { overlay } from "../core/overlay.ts";

/** The statement that a counted one stands for: a batch takes D1's own alone. */
const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>();

/**
 * `db`, which adds the rows that its statements read and write to `tally`, as D1 bills them. A
 * statement that fails says nothing of its rows and is not counted; neither are `raw` and `exec`,
 * whose answers say nothing of them.
 */
export function countD1(db: D1Database, tally: LedgerTally): D1Database {
  return mapDatabases(db, (one) =>
    overlay(one, {
      prepare: (sql) => countStatement(one.prepare(sql), tally),
      batch: async <Row>(statements: D1PreparedStatement[]) => {
        const results = await one.batch<Row>(statements.map((of) => originals.get(of) ?? of));
        results.forEach((result) => countResult(result, tally));
        return results;
      },
    }),
  );
}

function countStatement(statement: D1PreparedStatement, tally: LedgerTally): D1PreparedStatement {
  const counted = overlay(statement, {
    bind: (...values) => countStatement(statement.bind(...values), tally),
    all: async <Row>() => countResult(await statement.all<Row>(), tally),
    run: async <Row>() => countResult(await statement.run<Row>(), tally),
    // D1's own `first` does the same, and throws away what is billed.
    first: async <Row>(column?: string): Promise<Row | null> => {
      if (column === undefined) {
        const [row] = countResult(await statement.all<Row>(), tally).results;
        return row ?? null;
      }
      const [row] = countResult(await statement.all<Record<string, Row>>(), tally).results;
      return row === undefined ? null : valueOf(row, column);
    },
  });
  originals.set(counted, statement);
  return counted;
}

function countResult<Row>(result: D1Result<Row>, tally: LedgerTally): D1Result<Row> {
  tally.rows_read += result.meta.rows_read;
  tally.rows_written += result.meta.rows_written;
  return result;
}

function valueOf<Value>(row: Readonly<Record<string, Value>>, column: string): Value {
  const value = row[column];
  if (value === undefined) {
    throw new Error(`D1_ERROR: Column not found (${column})`);
  }
  return value;
}
