import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderTable, type Column } from "../src/terminal/table.ts";

interface Row {
  readonly name: string;
  readonly count: number;
  readonly why: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: "name", text: ({ name }) => name },
  { name: "count", align: "right", text: ({ count }) => String(count) },
  { name: "why", mayShrink: true, leaveOut: 1, text: ({ why }) => why },
];

const ROWS: readonly Row[] = [
  { name: "kraken:BTC-USD:1h", count: 5, why: "the source was asked and has none" },
  { name: "binance:BTC-USDT:1m", count: 12_000, why: "nobody asked" },
];

describe("a table", () => {
  test("aligns its columns below their names", () => {
    expect(renderTable(COLUMNS, ROWS, 120).split("\n")).toEqual([
      "name                 count  why",
      "kraken:BTC-USD:1h        5  the source was asked and has none",
      "binance:BTC-USDT:1m  12000  nobody asked",
    ]);
  });

  test("cuts the text that may shrink where the terminal is narrow", () => {
    expect(renderTable(COLUMNS, ROWS, 48).split("\n")).toEqual([
      "name                 count  why",
      "kraken:BTC-USD:1h        5  the source was aske…",
      "binance:BTC-USDT:1m  12000  nobody asked",
    ]);
  });

  test("leaves columns out where that is not enough", () => {
    expect(renderTable(COLUMNS, ROWS, 30).split("\n")).toEqual([
      "name                 count",
      "kraken:BTC-USD:1h        5",
      "binance:BTC-USDT:1m  12000",
    ]);
  });

  test("tells a reason below its row on a terminal, and beside it elsewhere", () => {
    const columns = [
      ...COLUMNS.slice(0, 2),
      { name: "why", isBelow: true, text: ({ why }: Row) => why },
    ];
    expect(renderTable(columns, ROWS.slice(0, 1), 30).split("\n")).toEqual([
      "name               count",
      "kraken:BTC-USD:1h      5",
      "  the source was asked and ha…",
    ]);
    expect(renderTable(columns, ROWS.slice(0, 1), Number.POSITIVE_INFINITY).split("\n")).toEqual([
      "name               count  why",
      "kraken:BTC-USD:1h      5  the source was asked and has none",
    ]);
  });

  test("has a line a row and none that is wider than the terminal, whatever the texts", () => {
    const text = fc.string({ unit: "grapheme-ascii", maxLength: 60 });
    const row = fc.record({ name: fc.constant("x"), count: fc.nat(), why: text });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 20, max: 130 }),
        (rows, width) => {
          const lines = renderTable(COLUMNS, rows, width).split("\n");
          expect(lines.length).toBeLessThanOrEqual(rows.length + 1);
          expect(lines.every((line) => line.length <= width)).toBe(true);
        },
      ),
    );
  });
});
