import { styleText } from "node:util";
import { startProgress, type Progress } from "./terminal/progress.ts";
import { renderTable, type Column } from "./terminal/table.ts";

/** What words may look like. */
export type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Where a command's answer goes: words and tables, or one JSON document, on standard output. */
export interface Output {
  /** Whether the answer is JSON: then nothing else goes to standard output. */
  readonly isJson: boolean;
  /** A line of the answer. Nothing where the answer is JSON. */
  line(text?: string): void;
  /** Rows below the names of their columns. Nothing where the answer is JSON. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void;
  /** The answer as JSON. Nothing where it is told in words. */
  json(answer: unknown): void;
  /** A line on standard error: beside the answer, whatever its form. */
  note(text: string): void;
  /** Progress on standard error. */
  progress(): Progress;
  /** `text` in a colour, where standard output shows colours. */
  colour(style: Style, text: string): string;
}

export function createOutput(isJson: boolean): Output {
  return {
    isJson,
    line(text = "") {
      if (!isJson) {
        process.stdout.write(`${text}\n`);
      }
    },
    table(columns, rows) {
      if (!isJson && rows.length > 0) {
        const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
        process.stdout.write(`${renderTable(columns, rows, width)}\n`);
      }
    },
    json(answer) {
      if (isJson) {
        process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      }
    },
    note(text) {
      process.stderr.write(`${text}\n`);
    },
    progress: () => startProgress(process.stderr),
    colour: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}
