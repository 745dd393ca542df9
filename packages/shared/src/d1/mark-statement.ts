/** Which of several databases one is. */
export interface ShardPlace {
  /** From 0, the first one, to `count - 1`. */
  readonly number: number;
  /** From 2 on where one is marked; 1 is the only one, which has no mark. */
  readonly count: number;
}

/** SQL: whether a database holds a series. */
export const HOLDS_SERIES = `(EXISTS (SELECT 1 FROM series) OR EXISTS (SELECT 1 FROM price_data)
  OR EXISTS (SELECT 1 FROM archive_files))`;

/**
 * SQL that marks a database as the one at a place, where nothing has marked it before and it holds no
 * series yet: what is there was put there by other rules.
 */
export function markStatement({ number, count }: ShardPlace): string {
  return `INSERT OR IGNORE INTO shard (one, number, count)
SELECT 1, ${number}, ${count} WHERE NOT ${HOLDS_SERIES}`;
}
