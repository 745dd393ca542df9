import { useState } from "preact/hooks";
import { DataTable, type Column } from "../ui/data-table.tsx";
import { formatNumber } from "../ui/format.ts";
import { addDays, nameOfDay, type DayCoverage, type DayTotals } from "./day-coverage.ts";

interface MonthRow extends DayTotals {
  /** `2023-03` */
  readonly month: string;
}

interface MonthTableProps {
  readonly name: string;
  readonly days: readonly DayCoverage[];
}

/** The calendar in numbers, for who cannot or would not look at cells. */
export function MonthTable({ name, days }: MonthTableProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      class="coverage-months"
      open={isOpen}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>The same as a table of months</summary>
      {isOpen ? (
        <DataTable
          caption={`Months of ${name}`}
          rows={rowsOf(days)}
          columns={COLUMNS}
          rowId={({ month }) => month}
          pageRows={12}
        />
      ) : null}
    </details>
  );
}

function rowsOf(days: readonly DayCoverage[]): MonthRow[] {
  const months = Map.groupBy(days, ({ day }) => nameOfDay(day).slice(0, 7));
  return [...months].map(([month, members]) => ({ month, ...addDays(members) })).toReversed();
}

function numberColumn(
  id: "days" | "wholeDays" | "expected" | "held" | "missing" | "explained" | "hotDays" | "coldDays",
  header: string,
): Column<MonthRow> {
  return {
    id,
    header,
    value: (row) => row[id],
    cell: (row) => formatNumber(row[id]),
    isNumber: true,
  };
}

const COLUMNS: readonly Column<MonthRow>[] = [
  { id: "month", header: "Month", value: ({ month }) => month },
  numberColumn("days", "Days"),
  numberColumn("wholeDays", "Without a miss"),
  numberColumn("expected", "Due"),
  numberColumn("held", "Held"),
  numberColumn("missing", "Missing"),
  numberColumn("explained", "Will not come"),
  numberColumn("hotDays", "Days in D1"),
  numberColumn("coldDays", "In the archive"),
];
