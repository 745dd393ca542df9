import { CandlehouseProblem } from "@candlehouse/client";
import { openTimeOf } from "@candlehouse/shared/core/timeframe";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CandleWindow } from "./candle-window.ts";
import type { PageQuery } from "./page-query.ts";
import type { CandlesPage } from "./window-pages.ts";

const NOW = openTimeOf(1_680_000_000, "1m");
const MINUTE = 60;

/** Minutes that are stored, each with a price of its own. */
class Store {
  readonly queries: PageQuery[] = [];
  readonly signals: AbortSignal[] = [];
  times: number[];
  isDown = false;

  constructor(count: number) {
    this.times = Array.from({ length: count }, (_, index) => NOW - (count - index) * MINUTE);
  }

  readonly load = async (query: PageQuery, signal: AbortSignal): Promise<CandlesPage> => {
    this.queries.push(query);
    this.signals.push(signal);
    await Promise.resolve();
    if (this.isDown) {
      throw new Error("nothing answers");
    }
    const { start, end = Infinity, limit } = query;
    const found = this.times.filter((time) => time >= (start ?? 0) && time < end);
    const page = start === undefined ? found.slice(-limit) : found.slice(0, limit);
    return {
      columns: {
        timestamp: page,
        open: page,
        high: page,
        low: page,
        close: page,
        volume: page,
        trades: page,
        missing: page.map(() => 0),
        closed: page.map(() => true),
        indicators: {},
      },
      hasMore: start !== undefined && found.length > limit,
    };
  };
}

function openWindow(store: Store): CandleWindow {
  const window = new CandleWindow("1m", store.load, () => NOW);
  onTestFinished(() => window.close());
  return window;
}

const loadedBy = (window: CandleWindow) => window.content.value?.columns.timestamp ?? [];

async function untilLoaded(window: CandleWindow): Promise<void> {
  await vi.waitFor(() => {
    expect(window.isLoading.value).toBe(false);
    expect(window.content.value).not.toBeNull();
  });
}

describe("a window on candles", () => {
  it("asks for nothing that it has", async () => {
    const store = new Store(5_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    expect(loadedBy(window)).toEqual(store.times.slice(-1_500));
    window.show({ range: null, count: 210 });
    window.show({ range: { start: NOW - 400 * MINUTE, end: NOW - 200 * MINUTE }, count: 200 });
    await untilLoaded(window);
    expect(store.queries).toEqual([{ limit: 1_500 }]);
  });

  it("grows to where it is looked at", async () => {
    const store = new Store(20_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    window.show({ range: { start: NOW - 9_000 * MINUTE, end: NOW - 8_800 * MINUTE }, count: 200 });
    await untilLoaded(window);
    const { length } = loadedBy(window);
    expect(length).toBeGreaterThan(9_000);
    expect(loadedBy(window)).toEqual(store.times.slice(-length));
  });

  it("gives up what is no longer wanted", async () => {
    const store = new Store(100_000);
    const window = openWindow(store);
    window.show({
      range: { start: NOW - 90_000 * MINUTE, end: NOW - 89_900 * MINUTE },
      count: 100,
    });
    window.show({ range: null, count: 100 });
    await untilLoaded(window);
    expect(store.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(loadedBy(window).at(-1)).toBe(NOW - MINUTE);
  });

  it("tells what failed, keeps what it has, and asks again when it is told to", async () => {
    const store = new Store(20_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    store.isDown = true;
    window.show({ range: { start: NOW - 3_000 * MINUTE, end: NOW - 2_800 * MINUTE }, count: 200 });
    await vi.waitFor(() => expect(window.failure.value).toEqual(new Error("nothing answers")));
    expect(loadedBy(window)).toHaveLength(1_500);
    store.isDown = false;
    window.retry();
    await untilLoaded(window);
    expect(window.failure.value).toBeNull();
    expect(loadedBy(window)).toContain(NOW - 3_000 * MINUTE);
  });

  it("adds new candles behind those that it has, which stay as they are", async () => {
    const store = new Store(5_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    const version = window.content.value?.version;
    store.times.push(NOW);
    await window.readTail();
    expect(loadedBy(window).at(-1)).toBe(NOW);
    expect(loadedBy(window)).toHaveLength(1_501);
    expect(window.content.value?.version).toBe(version);
  });

  it("takes in a candle that came late", async () => {
    const store = new Store(5_000);
    const late = NOW - 30 * MINUTE;
    store.times = store.times.filter((time) => time !== late);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    const version = window.content.value?.version ?? 0;
    store.times = [...store.times, late].toSorted((a, b) => a - b);
    await window.readTail(late);
    expect(loadedBy(window)).toContain(late);
    expect(window.content.value?.version).toBe(version + 1);
  });

  it("begins anew where more was missed than a page holds", async () => {
    const store = new Store(40_000);
    const all = store.times;
    store.times = all.slice(0, 30_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    store.times = all;
    await window.readTail();
    await vi.waitFor(() => expect(loadedBy(window)).toEqual(all.slice(-1_500)));
  });

  it("has each candle once where one came late before all that it has", async () => {
    const store = new Store(20_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    await window.readTail(NOW - 9_000 * MINUTE);
    window.show({ range: { start: NOW - 1_600 * MINUTE, end: NOW - 1_400 * MINUTE }, count: 200 });
    await untilLoaded(window);
    const { length } = loadedBy(window);
    expect(length).toBeGreaterThan(1_600);
    expect(loadedBy(window)).toEqual(store.times.slice(-length));
  });

  it("finds what came before all that was stored", async () => {
    const store = new Store(1_000);
    const all = store.times;
    store.times = all.slice(500);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    expect(window.content.value?.range.isComplete).toBe(true);
    store.times = all;
    await window.readTail(all[0]);
    window.show({ range: { start: NOW - 600 * MINUTE, end: NOW - 400 * MINUTE }, count: 200 });
    await untilLoaded(window);
    expect(loadedBy(window)).toEqual(all);
  });

  it("asks for a time that there is where nothing is stored yet", async () => {
    const store = new Store(0);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    await window.readTail();
    expect(store.queries.every(({ start = 0 }) => Number.isFinite(start))).toBe(true);
    store.times = [NOW];
    await window.readTail(NOW);
    expect(loadedBy(window)).toEqual([NOW]);
  });

  it("loads what is looked at anew when it is told to", async () => {
    const store = new Store(20_000);
    const all = store.times;
    const range = { start: NOW - 9_000 * MINUTE, end: NOW - 8_800 * MINUTE };
    store.times = all.filter((time) => time < range.start || time >= range.end);
    const window = openWindow(store);
    window.show({ range, count: 200 });
    await untilLoaded(window);
    const version = window.content.value?.version ?? 0;
    store.times = all;
    window.readAgain();
    await untilLoaded(window);
    expect(window.content.value?.version).toBeGreaterThan(version);
    expect(loadedBy(window)).toContain(range.start);
  });

  it("asks by itself again after a failure, but not for what is refused", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const refusal = new CandlehouseProblem(404, { detail: "no such series" }, undefined);
    const failures = [new Error("nothing answers"), refusal];
    let asked = 0;
    const window = new CandleWindow(
      "1m",
      async () => {
        asked += 1;
        throw failures.shift() ?? refusal;
      },
      () => NOW,
    );
    onTestFinished(() => window.close());
    window.show({ range: null, count: 200 });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(asked).toBe(2);
    expect(window.failure.value).toBe(refusal);
  });

  it("shows a bar that is told until it is stored", async () => {
    const store = new Store(5_000);
    const window = openWindow(store);
    window.show({ range: null, count: 200 });
    await untilLoaded(window);
    const bar = { timestamp: NOW, open: 1, high: 4, low: 1, close: 3, volume: null };
    window.tell([bar]);
    expect(window.content.value?.columns.close.at(-1)).toBe(3);
    expect(window.content.value?.columns.closed.at(-1)).toBe(false);
    store.times.push(NOW);
    await window.readTail();
    expect(window.content.value?.columns.close.at(-1)).toBe(NOW);
    expect(window.content.value?.columns.closed.at(-1)).toBe(true);
  });

  it("shows no told bar where it ends in the past", async () => {
    const store = new Store(100_000);
    const window = openWindow(store);
    window.show({
      range: { start: NOW - 90_000 * MINUTE, end: NOW - 89_900 * MINUTE },
      count: 100,
    });
    await untilLoaded(window);
    window.tell([{ timestamp: NOW, open: 1, high: 4, low: 1, close: 3, volume: null }]);
    expect(loadedBy(window)).not.toContain(NOW);
  });
});
