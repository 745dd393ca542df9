import { GAP_STATES, type Gap, type GapClass, type GapState } from "../core/gap.ts";
import type { Series } from "../core/series.ts";
import type { SourceId } from "../core/source.ts";
import type { Timeframe } from "../core/timeframe.ts";
import { askPage, compareSeries, type PageOrder } from "./ask-databases.ts";
import { ownerOf } from "./databases.ts";
import { GAP_COLUMNS, gapOf, type GapRow } from "./gap-row.ts";
import { read, type Found } from "./read-series.ts";

/** Which gaps are meant; a member that is undefined excludes none. Times are unix seconds. */
export interface GapFilter {
  readonly source?: SourceId | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly tier?: number | undefined;
  readonly class?: GapClass | undefined;
  /** Gaps of any other class. */
  readonly notClass?: GapClass | undefined;
  readonly state?: GapState | undefined;
  /** Gaps in any of these states. */
  readonly states?: readonly GapState[] | undefined;
  /** Whether asking the source again may fill it. */
  readonly fillable?: boolean | undefined;
  /** Gaps that end after it. */
  readonly start?: number | undefined;
  /** Gaps that start at it or after it. */
  readonly startFrom?: number | undefined;
  /** Gaps that start before it. */
  readonly end?: number | undefined;
  /** Gaps of series that are collected. */
  readonly enabled?: boolean | undefined;
  /** Gaps for which fewer repairs were begun. */
  readonly attemptsBelow?: number | undefined;
}

/** Gaps that are still there; where nothing was traded, nothing is missing. */
export const STILL_MISSING = {
  states: GAP_STATES.filter((state) => state !== "filled"),
  notClass: "no_trades",
} as const satisfies GapFilter;

/** Where a page of gaps ended. */
export interface GapPosition extends Series {
  readonly start: number;
}

/** A gap, and the tier of its series; null where that is not in the table of series. */
export interface ListedGap extends Gap {
  readonly tier: number | null;
}

const FILLABLE = `(g.class IN ('collector_miss', 'rejected', 'unknown') AND g.state IN ('open', 'failed'))`;

/** A gap and its tier, by the filter that is set in between. */
const SELECT_GAPS = `
SELECT ${GAP_COLUMNS.map((column) => `g.${column}`).join(", ")}, s.tier
FROM gaps AS g LEFT JOIN series AS s
  ON s.source = g.source AND s.symbol = g.symbol AND s.timeframe = g.timeframe`;

/**
 * Up to `limit` gaps behind `after`, by source, symbol, timeframe and start. Throws
 * StorageUnavailableError.
 */
export async function listGaps(
  db: D1Database,
  filter: GapFilter,
  after: GapPosition | undefined,
  limit: number,
): Promise<Found<ListedGap>> {
  const { conditions, values } = conditionsOf(filter);
  if (after !== undefined) {
    conditions.push("(g.source, g.symbol, g.timeframe, g.start) > (?, ?, ?, ?)");
    values.push(after.source, after.symbol, after.timeframe, after.start);
  }
  return select(meantBy(db, filter), conditions, {
    sql: "g.source, g.symbol, g.timeframe, g.start",
    compare: (a, b) => compareSeries(a.series, b.series) || a.start - b.start,
    values,
    limit,
  });
}

/**
 * Up to `limit` gaps behind `after`, those that start last first; of one start by source, symbol and
 * timeframe. Of one series it goes backwards through the key. Throws StorageUnavailableError.
 */
export async function listNewestGaps(
  db: D1Database,
  filter: GapFilter,
  after: GapPosition | undefined,
  limit: number,
): Promise<Found<ListedGap>> {
  const { conditions, values } = conditionsOf(filter);
  if (after !== undefined) {
    conditions.push(
      "g.start <= ? AND (g.start < ? OR (g.source, g.symbol, g.timeframe) > (?, ?, ?))",
    );
    values.push(after.start, after.start, after.source, after.symbol, after.timeframe);
  }
  return select(meantBy(db, filter), conditions, {
    sql: "g.start DESC, g.source, g.symbol, g.timeframe",
    compare: (a, b) => b.start - a.start || compareSeries(a.series, b.series),
    values,
    limit,
  });
}

/**
 * Up to `limit` gaps that asking again may fill: first those that were tried least, and of them those
 * that were left alone longest. So what never comes keeps nothing else waiting. Throws
 * StorageUnavailableError.
 */
export function listRepairs(
  db: D1Database,
  filter: GapFilter,
  limit: number,
): Promise<Found<ListedGap>> {
  const { conditions, values } = conditionsOf({ ...filter, fillable: true });
  return select(meantBy(db, filter), conditions, {
    sql: "g.attempts, g.updated_at, g.source, g.symbol, g.timeframe, g.start",
    compare: (a, b) =>
      a.attempts - b.attempts ||
      a.updatedAt - b.updatedAt ||
      compareSeries(a.series, b.series) ||
      a.start - b.start,
    values,
    limit,
  });
}

/** A page of gaps: the same order, said to D1 and to who joins what several databases have. */
interface GapPage extends PageOrder<ListedGap> {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

function select(
  db: D1Database,
  conditions: readonly string[],
  { sql, values, ...order }: GapPage,
): Promise<Found<ListedGap>> {
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return askPage(db, order, async (one) => {
    const found = await read<GapRow & { tier: number | null }>(
      one,
      `${SELECT_GAPS} ${where} ORDER BY ${sql} LIMIT ?`,
      [...values, order.limit],
    );
    return { ...found, rows: found.rows.map((row) => ({ ...gapOf(row), tier: row.tier })) };
  });
}

/** The databases in which `filter` can find something: of one series, the one that has it. */
function meantBy(db: D1Database, { source, symbol, timeframe }: GapFilter): D1Database {
  return source === undefined || symbol === undefined || timeframe === undefined
    ? db
    : ownerOf(db, { source, symbol, timeframe });
}

function conditionsOf(filter: GapFilter): {
  conditions: string[];
  values: (string | number)[];
} {
  const { start, startFrom, end, states, fillable, enabled, attemptsBelow } = filter;
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ["g.source = ?", filter.source],
    ["g.symbol = ?", filter.symbol],
    ["g.timeframe = ?", filter.timeframe],
    ["s.tier = ?", filter.tier],
    ["g.class = ?", filter.class],
    ["g.class <> ?", filter.notClass],
    ["g.state = ?", filter.state],
    // One value, whatever their number.
    [
      "g.state IN (SELECT value FROM json_each(?))",
      states === undefined ? undefined : JSON.stringify(states),
    ],
    ['g."end" > ?', start],
    ["g.start >= ?", startFrom],
    ["g.start < ?", end],
    ["s.enabled = ?", enabled === undefined ? undefined : Number(enabled)],
    ["g.attempts < ?", attemptsBelow],
  ];
  const set = given.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const conditions = set.map(({ sql }) => sql);
  if (fillable !== undefined) {
    conditions.push(fillable ? FILLABLE : `NOT ${FILLABLE}`);
  }
  return { conditions, values: set.map(({ value }) => value) };
}
