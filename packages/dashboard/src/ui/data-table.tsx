import {
  createPaginatedRowModel,
  createSortedRowModel,
  rowPaginationFeature,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from "@tanstack/preact-table";
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, ChevronsUpDown } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { formatNumber } from "./format.ts";

const features = tableFeatures({
  rowSortingFeature,
  rowPaginationFeature,
  sortedRowModel: createSortedRowModel(),
  paginatedRowModel: createPaginatedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

type Features = typeof features;

/** Rows of a page where the table does not say. */
const PAGE_ROWS = 25;

/** A column: what it is sorted by, and what is shown. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  /** Sorted by; numbers stand at the right. */
  readonly value: (row: Row) => string | number | null;
  /** What is shown in place of the value. */
  readonly cell?: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** False where sorting would say nothing, as with buttons. */
  readonly isSortable?: boolean;
}

interface DataTableProps<Row extends RowData> {
  /** What it lists; told to a screen reader. */
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowId: (row: Row) => string;
  readonly sortedBy?: { readonly id: string; readonly desc: boolean };
  readonly pageRows?: number;
}

/**
 * Rows to sort by any column and to page through. Rows keep their order until the reader sorts them.
 * On a narrow screen it scrolls sideways by itself.
 */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { caption, rows, columns, rowId, sortedBy, pageRows = PAGE_ROWS } = props;
  const table = useTable({
    features,
    data: rows,
    columns: columns.map((column) => columnOf(column)),
    getRowId: rowId,
    autoResetPageIndex: false,
    initialState: {
      sorting: sortedBy === undefined ? [] : [{ ...sortedBy }],
      pagination: { pageIndex: 0, pageSize: pageRows },
    },
  });
  // Fewer rows than before, as by a filter: the page that was looked at may be there no more.
  const lastPage = Math.max(0, Math.ceil(rows.length / pageRows) - 1);
  const { pageIndex } = table.state.pagination;
  useLayoutEffect(() => {
    if (pageIndex > lastPage) {
      table.setPageIndex(lastPage);
    }
  }, [pageIndex, lastPage]);
  const shown = new Map(columns.map((column) => [column.id, column]));
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  return (
    <div class="data-table">
      <div class="data-table-scroll" tabIndex={0} role="region" aria-label={caption}>
        <table>
          <caption class="only-read">{caption}</caption>
          <thead>
            <tr>
              {headers.map(({ id, column }) => (
                <HeadCell
                  key={id}
                  name={shown.get(id)?.header ?? id}
                  isNumber={shown.get(id)?.isNumber ?? false}
                  order={column.getIsSorted()}
                  onSort={column.getCanSort() ? () => column.toggleSorting() : undefined}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {table.getRowModel().rows.map((row) => (
              <tr key={row.id}>
                {columns.map((column) => (
                  <td key={column.id} class={column.isNumber === true ? "is-number" : ""}>
                    {column.cell === undefined
                      ? column.value(row.original)
                      : column.cell(row.original)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pages
        rows={rows.length}
        first={pageIndex * pageRows}
        pageRows={pageRows}
        onPage={(step) => (step < 0 ? table.previousPage() : table.nextPage())}
      />
    </div>
  );
}

interface HeadCellProps {
  readonly name: string;
  readonly isNumber: boolean;
  readonly order: false | "asc" | "desc";
  /** Undefined where it is not sorted by. */
  readonly onSort: (() => void) | undefined;
}

function HeadCell({ name, isNumber, order, onSort }: HeadCellProps) {
  return (
    <th scope="col" class={isNumber ? "is-number" : ""} aria-sort={ariaSortOf(order)}>
      {onSort === undefined ? (
        <span>{name}</span>
      ) : (
        <button type="button" class="sort-button" onClick={onSort}>
          {name}
          <SortIcon order={order} />
        </button>
      )}
    </th>
  );
}

function columnOf<Row extends RowData>(column: Column<Row>): ColumnDef<Features, Row> {
  return {
    id: column.id,
    header: column.header,
    accessorFn: (row) => column.value(row) ?? undefined,
    enableSorting: column.isSortable ?? true,
    sortUndefined: "last",
    sortFn: column.isNumber === true ? "basic" : "alphanumeric",
  };
}

function ariaSortOf(order: false | "asc" | "desc"): "none" | "ascending" | "descending" {
  if (order === false) {
    return "none";
  }
  return order === "asc" ? "ascending" : "descending";
}

function SortIcon({ order }: { readonly order: false | "asc" | "desc" }) {
  if (order === false) {
    return <ChevronsUpDown aria-hidden="true" />;
  }
  return order === "asc" ? <ArrowUp aria-hidden="true" /> : <ArrowDown aria-hidden="true" />;
}

interface PagesProps {
  readonly rows: number;
  readonly first: number;
  readonly pageRows: number;
  readonly onPage: (step: -1 | 1) => void;
}

function Pages({ rows, first, pageRows, onPage }: PagesProps) {
  if (rows <= pageRows) {
    return null;
  }
  const end = Math.min(rows, first + pageRows);
  return (
    <div class="data-table-pages">
      <span>
        {formatNumber(first + 1)} to {formatNumber(end)} of {formatNumber(rows)}
      </span>
      <IconButton label="Page before" disabled={first === 0} onClick={() => onPage(-1)}>
        <ChevronLeft aria-hidden="true" />
      </IconButton>
      <IconButton label="Next page" disabled={end >= rows} onClick={() => onPage(1)}>
        <ChevronRight aria-hidden="true" />
      </IconButton>
    </div>
  );
}
