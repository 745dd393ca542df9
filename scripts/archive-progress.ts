/** Tells how far something is, once it takes longer than a moment. */
export interface Progress {
  /** `done` things of `left` more are done; `left` is null where nobody knows. */
  report(done: number, left: number | null, things: string): void;
}

/** What ends within this is told by its result alone. */
const MOMENT_MS = 2_000;
/** Between two lines. */
const LINE_MS = 2_000;

/** Progress from now on, in lines to `print`. */
export function startProgress(print: (line: string) => void, nowMs: () => number): Progress {
  const startMs = nowMs();
  let lastMs = startMs + MOMENT_MS - LINE_MS;
  return {
    report(done, left, things) {
      const now = nowMs();
      if (now - lastMs >= LINE_MS) {
        lastMs = now;
        print(progressLine({ done, left, things, elapsedMs: now - startMs }));
      }
    },
  };
}

/** `120 of 480 partitions, 12.0 a second, 30 s left` */
export function progressLine({
  done,
  left,
  things,
  elapsedMs,
}: {
  readonly done: number;
  readonly left: number | null;
  readonly things: string;
  readonly elapsedMs: number;
}): string {
  const rate = (done * 1_000) / Math.max(elapsedMs, 1);
  const perSecond = `${rate >= 1 ? rate.toFixed(1) : rate.toPrecision(2)} a second`;
  if (left === null) {
    return `${done} ${things}, ${perSecond}`;
  }
  const counted = `${done} of ${done + left} ${things}`;
  return rate === 0 ? counted : `${counted}, ${perSecond}, ${durationOf(left / rate)} left`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min` */
function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
