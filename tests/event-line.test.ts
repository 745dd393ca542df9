import { beforeEach, describe, expect, test, vi } from "vitest";
import { createEventPrinter, type EventPrinter } from "../scripts/event-line.ts";

describe("what npm start shows of the Workers' log", () => {
  let lines: string[];
  let printer: EventPrinter;

  beforeEach(() => {
    lines = [];
    printer = createEventPrinter((line) => lines.push(line.replace(/^\d\d:\d\d:\d\d /, "")));
  });

  test("is one line an event, without the counts that are 0", () => {
    printer.take(
      '[candlehouse-producer] {"event":"source.failed","source":"kraken","reason":"HTTP 520 from api.kraken.com","series":0}',
    );
    expect(lines).toEqual([
      'source.failed       source=kraken reason="HTTP 520 from api.kraken.com"',
    ]);
  });

  test("is nothing of wrangler's own talk", () => {
    printer.take("[wrangler:info] POST /__tick 200 OK (2326ms)");
    expect(lines).toEqual([]);
  });

  test("is a line as it stands where it only looks like an event", () => {
    printer.take('{"event":"cut off in the mid}');
    expect(lines).toEqual(['{"event":"cut off in the mid}']);
  });

  test("gathers the batches of a second in one line with their sums", () => {
    vi.useFakeTimers();
    try {
      const batch = { event: "candles.stored", queue: "candles", durationMs: 50, dead: 0 };
      printer.take(JSON.stringify({ ...batch, candles: 1_000, rowsPerSecond: 20_000 }));
      printer.take(JSON.stringify({ ...batch, candles: 500, rowsPerSecond: 10_000 }));
      expect(lines).toEqual([]);
      vi.advanceTimersByTime(1_000);
      expect(lines).toEqual([
        "candles.stored      batches=2 candles=1500 durationMs=100 rowsPerSecond=15000",
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("shows what it holds back when it is told to", () => {
    printer.take('{"event":"candles.stored","candles":7,"durationMs":1}');
    printer.flush();
    printer.flush();
    expect(lines).toEqual([
      "candles.stored      batches=1 candles=7 durationMs=1 rowsPerSecond=7000",
    ]);
  });
});
