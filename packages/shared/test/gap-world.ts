import * as fc from "fast-check";
import type { Asked } from "../src/core/gap-pieces.ts";
import type { GapClass } from "../src/core/gap.ts";
import type { Run } from "../src/core/missing.ts";
import type { Sibling } from "../src/core/sibling-evidence.ts";
import type { SourceId } from "../src/core/source.ts";

/** Candles of an hour. */
export const STEP = 3_600;

/** Where the worlds begin, unix seconds: a UTC day. */
const ORIGIN = 1_600_000_000 - (1_600_000_000 % 86_400);

/** Siblings that were not collected around a cause lack so many candles before and after it too. */
const UNSEEN_AROUND = 10;

/** Normal candles between two causes: more than siblings are looked at around a run. */
const CALM = 60;

/** A market's history in which each missing candle has a cause that is known. */
export interface GapWorld {
  readonly source: SourceId;
  readonly held: readonly number[];
  readonly siblings: readonly Sibling[];
  readonly asks: readonly Asked[];
  readonly reachStart: number;
  readonly range: Run;
  /** The true class of each missing candle, by its open time. */
  readonly truth: ReadonlyMap<number, GapClass>;
}

/** `unseen`: its siblings were not collected around it, and nobody asked for them there. */
type Cause =
  | Exclude<GapClass, "no_trades" | "source_limit" | "not_listed">
  | "refused"
  | "unseen"
  | "asked_outage";

interface Segment {
  readonly cause: Cause;
  readonly candles: number;
}

const candles = (min: number, max: number) => fc.integer({ min, max });

/** How long silences of a cause are: a delisting longer than a market is ever quiet. */
function segment(cause: Cause, quiet: "absent" | "flat"): fc.Arbitrary<Segment> {
  const flat = quiet === "flat";
  const lengths: Record<Cause, fc.Arbitrary<number>> = {
    source_outage: flat ? candles(1, 40) : candles(4, 40),
    unknown: candles(1, 40),
    collector_miss: candles(1, 100),
    refused: candles(1, 100),
    rejected: candles(1, 5),
    unseen: candles(1, 100),
    asked_outage: flat ? candles(1, 40) : candles(4, 40),
    delisted: flat ? candles(48, 400) : candles(200, 400),
  };
  return lengths[cause].map((length) => ({ cause, candles: length }));
}

const CAUSES: readonly Cause[] = [
  "source_outage",
  "collector_miss",
  "refused",
  "rejected",
  "delisted",
  "unseen",
  "asked_outage",
];

/** Worlds of a source that has a candle for each interval, and of one that has none for quiet ones. */
export const worlds: fc.Arbitrary<GapWorld> = fc
  .constantFrom<"absent" | "flat">("absent", "flat")
  .chain((quiet) => {
    const causes: readonly Cause[] = quiet === "flat" ? [...CAUSES, "unknown"] : CAUSES;
    return fc.record({
      quiet: fc.constant(quiet),
      seed: fc.integer(),
      segments: fc
        .tuple(...causes.map((cause) => segment(cause, quiet)))
        .chain((all) => fc.shuffledSubarray(all, { minLength: all.length })),
      beyondReach: candles(1, 200),
      unlisted: candles(1, 300),
      window: candles(20, 500),
    });
  })
  .map(buildWorld);

interface Sketch {
  readonly quiet: "absent" | "flat";
  readonly seed: number;
  readonly segments: readonly Segment[];
  readonly beyondReach: number;
  readonly unlisted: number;
  readonly window: number;
}

function buildWorld(sketch: Sketch): GapWorld {
  const { quiet, segments, beyondReach, unlisted } = sketch;
  const random = randomOf(sketch.seed);
  const truth = new Map<number, GapClass>();
  const held: number[] = [];
  const siblings: number[][] = [[], [], []];
  const asked: Run[] = [];
  const asks: Asked[] = [];
  const unseen: Run[] = [];
  const answered: Run[] = [];
  let now = ORIGIN;
  const forward = (count: number, each: (time: number, place: number) => void): Run => {
    const start = now;
    for (let place = 0; place < count; place += 1, now += STEP) {
      each(now, place);
    }
    return { start, end: now };
  };
  const others = (time: number): void =>
    siblings.forEach((times) => (quiet === "flat" || random() < 0.95) && times.push(time));

  forward(beyondReach, (time) => truth.set(time, "source_limit"));
  const reachStart = now;
  asked.push(
    forward(unlisted, (time) => {
      truth.set(time, "not_listed");
      others(time);
    }),
  );
  for (const { cause, candles: count } of [...segments, undefined].map(
    (one) => one ?? { cause: "rejected" as const, candles: 0 },
  )) {
    asked.push(
      forward(CALM, (time, place) => {
        others(time);
        // Beside a cause there is a candle: else the two would be one run.
        const isQuiet = quiet === "absent" && place > 0 && place < CALM - 1 && random() < 0.1;
        if (isQuiet) {
          truth.set(time, "no_trades");
        } else {
          held.push(time);
        }
      }),
    );
    const range = forward(count, (time) => {
      truth.set(time, classOf(cause, quiet));
      if (cause !== "source_outage" && cause !== "asked_outage") {
        others(time);
      }
    });
    if (cause === "unseen" || cause === "asked_outage") {
      unseen.push(around(range));
    }
    if (cause === "asked_outage") {
      answered.push(range);
    }
    asks.push(...asksOf(cause, range));
    if (cause !== "collector_miss" && cause !== "refused" && cause !== "rejected") {
      asked.push(range);
    }
  }
  return {
    source: quiet === "flat" ? "binance" : "coinbase",
    held,
    siblings: siblings.map((times) => ({
      held: times.filter((time) => !unseen.some(({ start, end }) => start <= time && time < end)),
      answered,
    })),
    asks: [...asks, ...asked.flatMap((range) => windowsOf(range, sketch.window))],
    reachStart,
    range: { start: ORIGIN, end: now },
    truth,
  };
}

function classOf(cause: Cause, quiet: "absent" | "flat"): GapClass {
  if (cause === "unseen") {
    return quiet === "flat" ? "unknown" : "no_trades";
  }
  if (cause === "asked_outage") {
    return "source_outage";
  }
  return cause === "refused" ? "collector_miss" : cause;
}

function around({ start, end }: Run): Run {
  return { start: start - UNSEEN_AROUND * STEP, end: end + UNSEEN_AROUND * STEP };
}

const ANSWERED = { outcome: "answered", found: 1, rejected: [], code: null, reason: null } as const;

function asksOf(cause: Cause, { start, end }: Run): Asked[] {
  if (cause === "refused") {
    const told = { code: "source_unavailable", reason: "HTTP 503" } as const;
    return [{ ...ANSWERED, ...told, start, end, outcome: "failed", askedAt: end }];
  }
  if (cause === "rejected" && end > start) {
    const rejected = Array.from({ length: (end - start) / STEP }, (_, at) => start + at * STEP);
    return [{ ...ANSWERED, start, end, rejected, askedAt: end }];
  }
  return [];
}

/** A backfill asks window by window. */
function windowsOf({ start, end }: Run, window: number): Asked[] {
  const asks: Asked[] = [];
  for (let from = start; from < end; from += window * STEP) {
    const to = Math.min(end, from + window * STEP);
    asks.push({ ...ANSWERED, start: from, end: to, askedAt: to });
  }
  return asks;
}

/** Numbers from 0 to 1 by a linear congruential generator: the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
