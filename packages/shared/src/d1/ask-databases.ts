import type { SeriesName } from "../core/shard.ts";
import { allDatabases, groupByOwner } from "./databases.ts";
import type { Found } from "./read-series.ts";

/** Negative, zero or positive, as `a` comes before `b`, with it or after it. */
export type Compare<Row> = (a: Row, b: Row) => number;

/** Whom a page is asked of, the order of its rows, and how many it has at most. */
export interface PageOrder<Row> {
  readonly compare: Compare<Row>;
  readonly limit: number;
}

/** What `ask` finds in each database, one after the other; of one database, its own answer. */
export async function askEach<Answer>(
  db: D1Database,
  ask: (one: D1Database) => Promise<Answer>,
): Promise<readonly Answer[]> {
  return Promise.all(allDatabases(db).map(ask));
}

/** The rows that `ask` finds in all databases, those of the first one first. */
export async function askAll<Row>(
  db: D1Database,
  ask: (one: D1Database) => Promise<Found<Row>>,
): Promise<Found<Row>> {
  return joinFound(await askEach(db, ask));
}

/**
 * A page of the rows of all databases. Each is asked for a page as long, behind the same row, in the
 * same order: the first rows of all are among them.
 */
export async function askPage<Row>(
  db: D1Database,
  { compare, limit }: PageOrder<Row>,
  ask: (one: D1Database) => Promise<Found<Row>>,
): Promise<Found<Row>> {
  const answers = await askEach(db, ask);
  const found = joinFound(answers);
  return answers.length === 1
    ? found
    : { ...found, rows: found.rows.toSorted(compare).slice(0, limit) };
}

/**
 * What `ask` finds of `items` in the database that holds the series of each: one answer an item, in
 * the order of the items. `ask` gives as many rows as it gets items, in their order.
 */
export async function askOwners<Item, Row>(
  db: D1Database,
  items: readonly Item[],
  seriesOf: (item: Item) => SeriesName,
  ask: (one: D1Database, items: readonly Item[]) => Promise<Found<Row>>,
): Promise<Found<Row>> {
  const groups = groupByOwner(db, items, seriesOf);
  const answers = await Promise.all(groups.map((group) => ask(group.db, group.items)));
  const [only] = answers;
  if (only !== undefined && answers.length === 1) {
    return only;
  }
  const placed = groups.flatMap(({ places }, index) =>
    places.flatMap((place, at) =>
      (answers[index]?.rows.slice(at, at + 1) ?? []).map((row) => ({ place, row })),
    ),
  );
  const rows = placed.toSorted((a, b) => a.place - b.place).map(({ row }) => row);
  return { ...joinFound(answers), rows };
}

function joinFound<Row>(answers: readonly Found<Row>[]): Found<Row> {
  const [only] = answers;
  return only !== undefined && answers.length === 1
    ? only
    : {
        rows: answers.flatMap(({ rows }) => rows),
        rowsRead: answers.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
        durationMs: answers.reduce((sum, { durationMs }) => sum + durationMs, 0),
      };
}

/** The order of text in D1 where it is plain ASCII, as all names here are. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The order of the key of each table of series: by source, symbol and timeframe. */
export function compareSeries(a: SeriesName, b: SeriesName): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.symbol, b.symbol) ||
    compareText(a.timeframe, b.timeframe)
  );
}
