import { createLogUpdate } from "log-update";
import { renderBars, type Bar } from "./bar.ts";

/** Tells how far something is, once it takes longer than a moment. */
export interface Progress {
  /** What is done now: one bar, or several below each other, the one for all first. */
  report(...bars: readonly Bar[]): void;
  /** Takes the bars away; what was printed as lines stays. */
  end(): void;
}

/** Where progress is shown: standard error. */
export interface ProgressTarget {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What ends within this is told by its result alone. */
const MOMENT_MS = 2_000;
/** Between two pictures on a terminal. */
const FRAME_MS = 100;
/** Between two lines where there is no terminal: at first, and at most. */
const LINE_MS_MIN = 2_000;
const LINE_MS_MAX = 30_000;
const COLUMNS_DEFAULT = 80;

/** Progress from now on: bars on a terminal, and lines that become rarer where there is none. */
export function startProgress(
  target: ProgressTarget & NodeJS.WritableStream,
  nowMs: () => number = Date.now,
): Progress {
  return target.isTTY === true ? showBars(target, nowMs) : printLines(target, nowMs);
}

function showBars(target: ProgressTarget & NodeJS.WritableStream, nowMs: () => number): Progress {
  const startMs = nowMs();
  const update = createLogUpdate(target);
  let lastMs = startMs + MOMENT_MS - FRAME_MS;
  return {
    report(...bars) {
      const now = nowMs();
      if (now - lastMs >= FRAME_MS) {
        lastMs = now;
        const columns = target.columns ?? COLUMNS_DEFAULT;
        update(renderBars(bars, now - startMs, { columns, isBar: true }).join("\n"));
      }
    },
    end() {
      update.clear();
      update.done();
    },
  };
}

/** Lines of the first bar alone, the one for all. */
export function printLines(target: ProgressTarget, nowMs: () => number): Progress {
  const startMs = nowMs();
  let nextMs = startMs + MOMENT_MS;
  return {
    report(...bars) {
      const now = nowMs();
      if (now >= nextMs) {
        const elapsedMs = now - startMs;
        nextMs = now + Math.min(LINE_MS_MAX, Math.max(LINE_MS_MIN, elapsedMs / 5));
        const lines = renderBars(bars.slice(0, 1), elapsedMs, {
          columns: Number.POSITIVE_INFINITY,
          isBar: false,
        });
        target.write(`${lines.join("\n")}\n`);
      }
    },
    end() {},
  };
}
