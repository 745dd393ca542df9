import type { CallKind, Fate } from "./fates.ts";

/**
 * What became of an invocation that a fault struck: it went on to its end, messages went back to the
 * queue, it failed, or it was killed.
 */
export type Outcome = "went on" | "failed" | "sent back" | "killed";

/** What was counted at one point: an invocation's call. */
export interface PointRecord {
  readonly kind: CallKind;
  hits: number;
  /** How often each fate was met, and what became of the invocation. */
  readonly fates: Map<Fate, Map<Outcome, number>>;
}

/** How an invocation ended, for the record. */
interface Struck {
  readonly struck: readonly { readonly point: string; readonly fate: Fate }[];
}

/** Counts which calls met which fates over all schedules, and what came of it. */
export class FaultRecord {
  readonly points = new Map<string, PointRecord>();
  readonly totals = new Map<string, number>();

  addHit(point: string, kind: CallKind, fate: Fate): void {
    const record = this.points.get(point) ?? { kind, hits: 0, fates: new Map() };
    record.hits += 1;
    this.points.set(point, record);
    if (fate !== "works" && !record.fates.has(fate)) {
      record.fates.set(fate, new Map());
    }
  }

  addEnding(
    { struck }: Struck,
    ending: { readonly how: "done" | "failed" | "killed"; readonly value?: unknown },
  ): void {
    const outcome: Outcome =
      ending.how === "done" ? (ending.value === "sent back" ? "sent back" : "went on") : ending.how;
    for (const { point, fate } of struck) {
      const outcomes = this.points.get(point)?.fates.get(fate);
      outcomes?.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }

  /** Counts something that happened over all schedules. */
  count(what: string, times = 1): void {
    this.totals.set(what, (this.totals.get(what) ?? 0) + times);
  }
}
