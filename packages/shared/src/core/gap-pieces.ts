import type { ErrorCode } from "./errors.ts";
import type { Run } from "./missing.ts";
import { closeTimeOf, openTimeAtOrAfter, type Timeframe } from "./timeframe.ts";

/** That a source was asked for a range, as far as a class rests on it. Times are unix seconds. */
export interface Asked extends Run {
  readonly outcome: "answered" | "beyond_reach" | "failed";
  /** Candles of the range in the answer. */
  readonly found: number;
  /** Open times of candles that came and can never be stored, ascending. */
  readonly rejected: readonly number[];
  readonly code: ErrorCode | null;
  readonly reason: string | null;
  readonly askedAt: number;
}

/** When a market can have candles. Unix seconds; null is "not known". */
export interface MarketValidity {
  /** Inclusive. */
  readonly validFrom: number | null;
  /** Exclusive. */
  readonly validUntil: number | null;
}

/** What decides where runs are cut. */
export interface PieceFacts {
  readonly timeframe: Timeframe;
  readonly asks: readonly Asked[];
  readonly market: MarketValidity | null;
  /** Open time of the oldest candle that the source still gives; null where it gives all. */
  readonly reachStart: number | null;
}

/** The evidence that a piece of a run rests on, the strongest that there is. */
export type PieceKind =
  | "rejected"
  | "before_market"
  | "after_market"
  | "answered"
  | "beyond_reach"
  | "failed"
  | "not_asked";

/** A run, or a part of one, of which all open times rest on the same kind of evidence. */
export interface Piece extends Run {
  readonly kind: PieceKind;
  /** What decided it, by their start; none where nobody asked. */
  readonly asks: readonly Asked[];
}

/** A stretch of time of one kind; what lies in no stretch was not asked for. */
interface Stretch extends Run {
  readonly kind: PieceKind;
  readonly ask: Asked | undefined;
}

/**
 * `runs` (ascending, apart) cut so that each piece rests on one kind of evidence, ascending. Where
 * several asks meet, an answer counts more than a refusal, and the later more than the earlier. A
 * piece goes on over the edges of asks that came out alike: a backfill asks window by window.
 */
export function cutIntoPieces(runs: readonly Run[], facts: PieceFacts): Piece[] {
  const stretches = stretchesOf(facts);
  const pieces: Piece[] = [];
  let place = 0;
  for (const run of runs) {
    while ((stretches[place]?.end ?? Infinity) <= run.start) {
      place += 1;
    }
    let { start } = run;
    for (let index = place; start < run.end; index += 1) {
      const next = stretches[index];
      const until = Math.min(run.end, next?.start ?? Infinity);
      if (until > start) {
        append(pieces, { start, end: until, kind: "not_asked", asks: [] });
        start = until;
      }
      if (next !== undefined && start < run.end) {
        const end = Math.min(run.end, next.end);
        const asks = next.ask === undefined ? [] : [next.ask];
        append(pieces, { start, end, kind: next.kind, asks });
        start = end;
      }
    }
  }
  return pieces;
}

/** Adds `piece`, joined to the last one where it goes on with the same kind of evidence. */
function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  if (last === undefined || last.end !== piece.start || !isAlike(last, piece)) {
    pieces.push(piece);
    return;
  }
  const more = piece.asks.filter((ask) => !last.asks.includes(ask));
  pieces[pieces.length - 1] = {
    start: last.start,
    end: piece.end,
    kind: last.kind,
    asks: more.length === 0 ? last.asks : [...last.asks, ...more],
  };
}

function isAlike(a: Piece, b: Piece): boolean {
  return a.kind === b.kind && (a.asks[0]?.code ?? null) === (b.asks[0]?.code ?? null);
}

/** Stretches that something is known of, ascending and apart, on the grid of the timeframe. */
function stretchesOf(facts: PieceFacts): Stretch[] {
  const { timeframe, asks, reachStart } = facts;
  const snap = (time: number): number => openTimeAtOrAfter(time, timeframe);
  const validFrom = facts.market?.validFrom ?? -Infinity;
  const validUntil = facts.market?.validUntil ?? Infinity;
  const edges = new Set<number>([-Infinity, Infinity]);
  for (const { start, end, rejected } of asks) {
    edges.add(snap(start)).add(snap(end));
    for (const time of rejected) {
      edges.add(snap(time)).add(closeTimeOf(snap(time), timeframe));
    }
  }
  for (const time of [validFrom, validUntil, reachStart ?? -Infinity]) {
    edges.add(Number.isFinite(time) ? snap(time) : time);
  }
  const cuts = [...edges].toSorted((a, b) => a - b);
  const sorted = asks.toSorted((a, b) => a.start - b.start);
  const stretches: Stretch[] = [];
  let open: Asked[] = [];
  let taken = 0;
  for (const [index, end] of cuts.entries()) {
    const start = cuts[index - 1];
    if (start === undefined) {
      continue;
    }
    for (; taken < sorted.length && snap(sorted[taken]?.start ?? Infinity) <= start; taken += 1) {
      open.push(...sorted.slice(taken, taken + 1));
    }
    open = open.filter((ask) => snap(ask.end) > start);
    const ask = decidingAsk(open);
    const kind = kindOf(start, ask, { validFrom, validUntil, reachStart });
    if (kind !== "not_asked") {
      stretches.push({ start, end, kind, ask });
    }
  }
  return stretches;
}

function decidingAsk(asks: readonly Asked[]): Asked | undefined {
  const answered = asks.filter(({ outcome }) => outcome === "answered");
  return (answered.length > 0 ? answered : asks).toSorted((a, b) => b.askedAt - a.askedAt)[0];
}

function kindOf(
  start: number,
  ask: Asked | undefined,
  {
    validFrom,
    validUntil,
    reachStart,
  }: { validFrom: number; validUntil: number; reachStart: number | null },
): PieceKind {
  if (ask?.outcome === "answered" && ask.rejected.includes(start)) {
    return "rejected";
  }
  if (start < validFrom) {
    return "before_market";
  }
  if (start >= validUntil) {
    return "after_market";
  }
  if (ask?.outcome === "answered") {
    return "answered";
  }
  if (ask?.outcome === "beyond_reach" || start < (reachStart ?? -Infinity)) {
    return "beyond_reach";
  }
  return ask === undefined ? "not_asked" : "failed";
}
