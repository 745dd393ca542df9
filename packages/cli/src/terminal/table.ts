import { stripVTControlCharacters, styleText } from "node:util";
import { getBorderCharacters, table } from "table";

/** A column of a table. */
export interface Column<Row> {
  readonly name: string;
  readonly align?: "left" | "right";
  /** Whether the text is cut where the terminal is too narrow for all. */
  readonly mayShrink?: boolean;
  /** Whether the column is left out where the terminal is too narrow; the highest number first. */
  readonly leaveOut?: number;
  /** Whether the text stands in a line of its own below its row where the width is limited. */
  readonly isBelow?: boolean;
  text(row: Row): string;
}

/** Between two columns. */
const SPACES = 2;
const DETAIL_INDENT = "  ";
/** A column that shrinks keeps this many characters. */
const SHRUNK_MIN = 12;

/**
 * `rows` as lines of at most `width` characters, below the names of their columns. Columns that may
 * be left out go first, then those that may shrink become narrower.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string {
  const isNarrow = Number.isFinite(width);
  const beside = columns.filter(({ isBelow }) => !isNarrow || isBelow !== true);
  const below = columns.filter(({ isBelow }) => isNarrow && isBelow === true);
  const [header = "", ...lines] = renderLines(beside, rows, width);
  const detailed = lines.flatMap((line, index) => {
    const row = rows[index];
    const details = row === undefined ? [] : below.map((column) => column.text(row));
    return [line, ...details.filter((text) => text !== "").map((text) => detailOf(text, width))];
  });
  return [header, ...detailed].join("\n");
}

/** `text` below its row, in one line of the terminal. */
function detailOf(text: string, width: number): string {
  const room = width - DETAIL_INDENT.length;
  const cut = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
  return `${DETAIL_INDENT}${styleText("dim", cut, { stream: process.stdout })}`;
}

/** The header and a line for each of `rows`. */
function renderLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  let shown = columns.map((column) => ({
    column,
    cells: [column.name, ...rows.map((row) => column.text(row))],
  }));
  const least = () =>
    shown.reduce((sum, { column, cells }) => {
      const full = widthOf(cells);
      return sum + SPACES + (column.mayShrink === true ? Math.min(full, SHRUNK_MIN) : full);
    }, -SPACES);
  while (least() > width && shown.some(({ column }) => column.leaveOut !== undefined)) {
    const worst = Math.max(...shown.map(({ column }) => column.leaveOut ?? 0));
    shown = shown.filter(({ column }) => column.leaveOut !== worst);
  }
  const widths = shrink(
    shown.map(({ column, cells }) => ({
      width: widthOf(cells),
      mayShrink: column.mayShrink === true,
    })),
    width,
  );
  const lines = [0, ...rows.map((_, index) => index + 1)].map((line) =>
    shown.map(({ cells }) => {
      const text = cells[line] ?? "";
      return line === 0 ? styleText("dim", text, { stream: process.stdout }) : text;
    }),
  );
  return table(lines, {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: SPACES },
    columns: shown.map(({ column }, index) => ({
      alignment: column.align ?? "left",
      width: widths[index] ?? 0,
      truncate: widths[index] ?? 0,
      paddingRight: index === shown.length - 1 ? 0 : SPACES,
    })),
    drawHorizontalLine: () => false,
  })
    .split("\n")
    .slice(0, lines.length)
    .map((line) => line.trimEnd());
}

function widthOf(cells: readonly string[]): number {
  return Math.max(1, ...cells.map((cell) => stripVTControlCharacters(cell).length));
}

/** Widths that fit, as far as columns may shrink: the widest one gives way first. */
function shrink(
  columns: readonly { readonly width: number; readonly mayShrink: boolean }[],
  width: number,
): number[] {
  const widths = columns.map((column) => column.width);
  const total = () => widths.reduce((sum, one) => sum + one + SPACES, -SPACES);
  while (total() > width) {
    const widest = widths.reduce(
      (best, one, index) =>
        columns[index]?.mayShrink === true && one > (widths[best] ?? 0) ? index : best,
      columns.findIndex(({ mayShrink }) => mayShrink),
    );
    const current = widths[widest];
    if (current === undefined || current <= SHRUNK_MIN) {
      break;
    }
    widths[widest] = current - 1;
  }
  return widths;
}
