import { monthAt, RECENT_SECONDS, type Spending } from "../core/budget-input.ts";
import { BILLED_ITEMS } from "../core/cost.ts";
import { LEDGER_COUNTS, type LedgerCount, type LedgerCounts } from "../core/ledger.ts";
import { throwStorageError } from "./d1-error.ts";
import { allDatabases } from "./databases.ts";

/** The counts that are billed, and the runs. */
const COUNTS: readonly LedgerCount[] = LEDGER_COUNTS.filter(
  (name) => name === "runs" || BILLED_ITEMS.some(({ item }) => item === name),
);

/** The sums that are told apart, and the rows that each is of. */
const PARTS = {
  month: "hour >= ?1",
  backfilled: "hour >= ?1 AND work = 'backfill'",
  recent: "hour >= ?2 AND work IN ('collect', 'store', 'archive', 'monitor', 'serve')",
  recentBackfilled: "hour >= ?2 AND work = 'backfill'",
} as const;
type Part = keyof typeof PARTS;

function columnsOf(part: Part): string {
  return COUNTS.map(
    (name) => `coalesce(sum(${name}) FILTER (WHERE ${PARTS[part]}), 0) AS ${part}_${name}`,
  ).join(", ");
}

/** One row a row of the ledger: nothing is grouped. */
const SUM_SPENDING = `
SELECT ${columnsOf("month")}, ${columnsOf("backfilled")}, ${columnsOf("recent")},
  ${columnsOf("recentBackfilled")}, min(hour) FILTER (WHERE hour >= ?2) AS since
FROM cost_ledger WHERE hour >= min(?1, ?2) AND hour <= ?3`;

const COUNT_RUNNING = `
SELECT count(*) AS running FROM jobs
WHERE kind = 'backfill' AND finished_at IS NULL AND state = 'running'`;

type SpendingRow = Readonly<Record<string, number | null>>;

/**
 * What the running month and the last days have cost up to `nowSeconds`, unix seconds. A row is read
 * for each hour and work: some 6,700 at a month's end. Throws StorageUnavailableError.
 */
export async function readSpending(db: D1Database, nowSeconds: number): Promise<Spending> {
  const { start } = monthAt(nowSeconds);
  const recent = nowSeconds - RECENT_SECONDS;
  const [first = db, ...others] = allDatabases(db);
  const [[sums, jobs], ...sizes] = await Promise.all([
    first
      .batch<SpendingRow>([
        first.prepare(SUM_SPENDING).bind(start, recent, nowSeconds),
        first.prepare(COUNT_RUNNING),
      ])
      .catch(throwStorageError),
    ...others.map((one) => one.batch([one.prepare("SELECT 1")]).catch(throwStorageError)),
  ]);
  const row = sums?.results[0] ?? {};
  const part = (name: Part): LedgerCounts =>
    Object.fromEntries(COUNTS.map((count) => [count, row[`${name}_${count}`] ?? 0]));
  return {
    month: part("month"),
    backfilled: part("backfilled"),
    recent: part("recent"),
    recentBackfilled: part("recentBackfilled"),
    since: row["since"] ?? null,
    running: jobs?.results[0]?.["running"] ?? 0,
    databaseBytes: [sums, ...sizes.flat()].reduce(
      (sum, found) => sum + (found?.meta.size_after ?? 0),
      0,
    ),
  };
}
