import { ImportRejectedError } from "../core/errors.ts";
import { BlockRow } from "./block-row.ts";
import { planColumns, type FirstLinePlan, type PlanRequest } from "./column-plan.ts";
import { readLine, readOpenTime, type RowRules } from "./read-cells.ts";
import { RowScanner } from "./scan-row.ts";

/** What becomes of the rows of a file. */
export interface RowSink {
  /** `row` is used again for the next row. */
  readonly accept: (row: BlockRow, line: number) => void;
  /** `timestamp` is the open time that the row names; undefined where it is none. */
  readonly reject: (line: number, reason: string, timestamp: number | undefined) => void;
}

/** Longest line that is read, in bytes; a row of candles has a hundred. */
const LINE_BYTES_MAX = 4_096;

const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/**
 * Reads a CSV file from its bytes, in pieces as they come, a row at a time. Lines are counted from
 * `firstLine`, and empty ones are passed over. Throws ImportRejectedError where it is no such file.
 */
export class CsvReader {
  /** Rows of candles that were read, the rejected ones too. */
  rows = 0;
  private readonly request: PlanRequest;
  private readonly rules: RowRules;
  private readonly sink: RowSink;
  private readonly row = new BlockRow();
  /** The start of a line whose end is in a piece to come. */
  private rest = new Uint8Array();
  private plan: FirstLinePlan | undefined;
  private scanner: RowScanner | undefined;
  private line: number;
  private isFirst = true;

  constructor(request: PlanRequest, rules: RowRules, firstLine: number, sink: RowSink) {
    this.request = request;
    this.rules = rules;
    this.line = firstLine - 1;
    this.sink = sink;
  }

  /** Columns that the header names and nothing reads; none as long as no line was read. */
  get unused(): readonly string[] {
    return this.plan?.unused ?? [];
  }

  /** Reads the lines that end in `piece`. */
  push(piece: Uint8Array): void {
    let start = 0;
    if (this.rest.length > 0) {
      const newline = piece.indexOf(NEWLINE);
      const end = newline < 0 ? piece.length : newline + 1;
      this.rest = concat(this.rest, piece.subarray(0, end));
      if (newline < 0) {
        this.expectLineLength(this.rest.length);
        return;
      }
      this.takeLine(this.rest, 0, this.rest.length - 1);
      this.rest = new Uint8Array();
      start = end;
    }
    for (;;) {
      const newline = piece.indexOf(NEWLINE, start);
      if (newline < 0) {
        break;
      }
      this.takeLine(piece, start, newline);
      start = newline + 1;
    }
    this.expectLineLength(piece.length - start);
    this.rest = piece.slice(start);
  }

  /** Reads a last line that does not end. */
  finish(): void {
    if (this.rest.length > 0) {
      this.takeLine(this.rest, 0, this.rest.length);
      this.rest = new Uint8Array();
    }
  }

  private takeLine(bytes: Uint8Array, from: number, to: number): void {
    this.line += 1;
    this.expectLineLength(to - from);
    let start = from;
    let end = to;
    if (this.isFirst) {
      this.isFirst = false;
      start += BYTE_ORDER_MARK.every((byte, at) => bytes[from + at] === byte) ? 3 : 0;
    }
    while (end > start && bytes[end - 1] === RETURN) {
      end -= 1;
    }
    if (start === end) {
      return;
    }
    if (this.plan === undefined) {
      const text = textOf(bytes, start, end);
      if (text.trim() !== "" && this.beginWith(text)) {
        return;
      }
    }
    this.rows += 1;
    if (this.scanner?.scan(bytes, start, end, this.row) === true) {
      this.sink.accept(this.row, this.line);
    } else {
      this.takeSlowly(textOf(bytes, start, end));
    }
  }

  private takeSlowly(text: string): void {
    const { plan, rules } = this;
    if (plan === undefined || text.trim() === "") {
      this.sink.reject(this.line, "the line is blank", undefined);
      return;
    }
    const candle = readLine(text, plan, rules);
    if (typeof candle === "string") {
      this.sink.reject(this.line, candle, readOpenTime(text, plan, rules));
    } else {
      this.row.setCandle(candle);
      this.sink.accept(this.row, this.line);
    }
  }

  /** Plans the columns by the first line, and says whether it is a header. */
  private beginWith(text: string): boolean {
    const plan = planColumns(text, this.request);
    if (typeof plan === "string") {
      throw new ImportRejectedError(plan);
    }
    this.plan = plan;
    this.scanner = new RowScanner(plan, this.rules);
    return plan.hasHeader;
  }

  private expectLineLength(length: number): void {
    if (length > LINE_BYTES_MAX) {
      throw new ImportRejectedError(
        `a line behind line ${this.line} has more than ${LINE_BYTES_MAX} bytes: this is no CSV file of candles`,
      );
    }
  }
}

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
