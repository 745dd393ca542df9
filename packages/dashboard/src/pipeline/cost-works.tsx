import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatCompact, formatDuration, formatNumber } from "../ui/format.ts";
import { Empty } from "../ui/states.tsx";
import type { WorkCounts } from "./answers.ts";

const NAMES: Readonly<Record<WorkCounts["work"], string>> = {
  collect: "Collecting",
  trigger: "Triggers",
  backfill: "Backfills",
  serve: "Serving",
  store: "Storing",
  archive: "Archiving",
  import: "Imports",
  monitor: "Monitoring",
  dead_letters: "Dead letters",
};

/** What is billed, in the order of the bill. */
const BILLED = [
  ["runs", "Runs"],
  ["candles", "Candles"],
  ["rows_written", "Rows written"],
  ["queue_operations", "Queue operations"],
  ["rows_read", "Rows read"],
  ["requests", "Requests"],
  ["steps", "Steps"],
  ["class_a", "R2 writes"],
  ["class_b", "R2 reads"],
  ["object_requests", "Limiter calls"],
  ["object_rows_written", "Limiter rows"],
] as const;

const COLUMNS: readonly Column<WorkCounts>[] = [
  { id: "work", header: "Work", value: ({ work }) => NAMES[work] },
  ...BILLED.map(([id, header]) => ({
    id,
    header,
    isNumber: true,
    value: (one: WorkCounts) => one[id],
    cell: (one: WorkCounts) => <span title={formatNumber(one[id])}>{formatCompact(one[id])}</span>,
  })),
  {
    id: "duration",
    header: "Time",
    isNumber: true,
    value: ({ duration_ms }) => duration_ms,
    cell: ({ duration_ms }) => formatDuration(duration_ms / 1_000),
  },
];

/** What each kind of work did in the month. */
export function CostWorks({ works }: { readonly works: readonly WorkCounts[] }) {
  return works.length === 0 ? (
    <Empty title="No work was counted in this month." />
  ) : (
    <DataTable
      caption="What each kind of work did"
      rows={works}
      columns={COLUMNS}
      rowId={({ work }) => work}
      sortedBy={{ id: "rows_written", desc: true }}
    />
  );
}
