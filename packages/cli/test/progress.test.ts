import { describe, expect, test } from "vitest";
import { renderBars } from "../src/terminal/bar.ts";
import { formatBytes } from "../src/terminal/format.ts";
import { printLines } from "../src/terminal/progress.ts";

const LINES = { columns: Number.POSITIVE_INFINITY, isBar: false };

describe("progress without a terminal", () => {
  test("is told every two seconds at first, once two seconds have passed, then rarer", () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = printLines({ write: (text) => lines.push(text) }, () => nowMs);
    for (const [time, done] of [
      [500, 1],
      [1_900, 2],
      [2_000, 10],
      [3_900, 15],
      [4_000, 20],
      [50_000, 50],
      [59_000, 60],
      [60_000, 80],
    ] as const) {
      nowMs = time;
      progress.report({ done, total: 100, things: "partitions verified" });
    }
    expect(lines).toEqual([
      "10 of 100 partitions verified, 5.0 a second, 18 s left\n",
      "20 of 100 partitions verified, 5.0 a second, 16 s left\n",
      "50 of 100 partitions verified, 1.0 a second, 50 s left\n",
      "80 of 100 partitions verified, 1.3 a second, 15 s left\n",
    ]);
  });

  test.each([
    [{ done: 5, total: null }, 10_000, "5 files, 0.50 a second"],
    [{ done: 0, total: 7 }, 3_000, "0 of 7 files"],
    [{ done: 1, total: 201 }, 1_000, "1 of 201 files, 1.0 a second, 3 min 20 s left"],
    [{ done: 1, total: 7_501 }, 1_000, "1 of 7,501 files, 1.0 a second, 2 h 5 min left"],
    [{ done: 5, total: 9, rate: null }, 1_000, "5 of 9 files"],
    [{ done: 5, total: 9, rate: 2, etaSeconds: 7 }, 1_000, "5 of 9 files, 2.0 a second, 7 s left"],
  ])("of %o reads as a sentence", (bar, elapsedMs, line) => {
    expect(renderBars([{ ...bar, things: "files" }], elapsedMs, LINES)).toEqual([line]);
  });

  test("counts bytes as bytes", () => {
    const bar = { done: 3e6, total: 12e6, things: "sent", format: formatBytes };
    expect(renderBars([bar], 1_000, LINES)).toEqual([
      "3.0 MB of 12.0 MB sent, 3.0 MB a second, 3 s left",
    ]);
  });
});

describe("progress on a terminal", () => {
  const bars = [
    { label: "1 of 2 series", done: 900_000, total: 1_051_200, things: "candles", rate: 41_200 },
    {
      label: "binance:BTC-USDT:1m",
      done: 1,
      total: 3,
      things: "candles",
      note: "at 2026-10-01",
      rate: 2,
    },
  ];

  test.each([40, 60, 80, 120, 200])("fits into %i columns", (columns) => {
    const lines = renderBars(bars, 10_000, { columns, isBar: true });
    expect(lines).toHaveLength(2);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
  });

  test("draws how much is done beside what is counted", () => {
    const [line = ""] = renderBars(bars.slice(0, 1), 10_000, { columns: 120, isBar: true });
    expect(line).toContain("━ 85%  900.0K of 1.1M candles · 41,200/s · 4 s left");
  });
});
