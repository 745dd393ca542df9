import type { GapClass, GapEvidence, GapState } from "./gap.ts";
import type { MarketValidity, Piece } from "./gap-pieces.ts";
import { reasonOf } from "./gap-reason.ts";
import type { SiblingEvidence } from "./sibling-evidence.ts";
import { traitsOf } from "./source-traits.ts";
import type { SourceId } from "./source.ts";

const DAY_SECONDS = 86_400;

/** A silence of so many seconds can be a delisting, where a source has a candle for quiet times. */
const DELISTED_FLAT_SECONDS = 2 * DAY_SECONDS;

/** The same where it has none for quiet times. */
export const DELISTED_ABSENT_SECONDS = 7 * DAY_SECONDS;

/** And then only if it is so many times as long as the market was quiet before. */
const BEYOND_QUIET = 10;

/** Candles of siblings that must have been due before their absence means something. */
const EXPECTED_MIN: Readonly<Record<"absent" | "flat", number>> = { absent: 5, flat: 0.5 };

/** Siblings are silent where this share of what was due is there: markets do not stop as one. */
const SILENT_SHARE = 0.05;

/** Siblings go on where this share of what was due is there. */
const TALKING_SHARE = 0.5;

/** What is known of the series and its surroundings. Times are unix seconds. */
export interface GapFacts {
  readonly source: SourceId;
  readonly market: MarketValidity | null;
  /** Open times of the oldest and the newest candle that the series holds. */
  readonly firstHeld: number | null;
  readonly lastHeld: number | null;
  readonly reachStart: number | null;
  /** Null where nobody looked: `asksSiblings` says for which pieces somebody has to. */
  readonly siblings: SiblingEvidence | null;
  /**
   * How long the series is usually without a candle, by its days before the run; null where nobody
   * looked: `asksQuiet` says for which pieces somebody has to.
   */
  readonly quietSeconds: number | null;
}

/** A class, the state that a gap of it begins with, and what that rests on. */
export interface Verdict {
  readonly class: GapClass;
  readonly state: GapState;
  readonly evidence: GapEvidence;
}

/** Whether the class of `piece` depends on what other series of the source held. */
export function asksSiblings(
  piece: Piece,
  { source, firstHeld }: Pick<GapFacts, "source" | "firstHeld">,
): boolean {
  return (
    piece.kind === "answered" &&
    !isBefore(piece, firstHeld) &&
    (!traitsOf(source).sessions || isLong(piece, source))
  );
}

/** Whether the class of `piece` depends on how quiet the market is at other times. */
export function asksQuiet(piece: Piece, facts: Pick<GapFacts, "source" | "firstHeld">): boolean {
  return (
    asksSiblings(piece, facts) &&
    traitsOf(facts.source).quiet === "absent" &&
    isLong(piece, facts.source)
  );
}

/** Why the candles of `piece` are missing. The rules are those of docs/gaps.md, in their order. */
export function classifyPiece(piece: Piece, facts: GapFacts): Verdict {
  const [name, state] = classOf(piece, facts);
  const siblings =
    facts.siblings === null
      ? null
      : { ...facts.siblings, expected: Math.round(facts.siblings.expected) };
  const latest = piece.asks.toSorted((a, b) => b.askedAt - a.askedAt)[0];
  return {
    class: name,
    state,
    evidence: {
      asked_at: latest?.askedAt ?? null,
      outcome: latest?.outcome ?? null,
      found: latest === undefined ? null : piece.asks.reduce((sum, { found }) => sum + found, 0),
      siblings,
      first_held: facts.firstHeld,
      last_held: facts.lastHeld,
      reach_start: facts.reachStart,
      code: piece.kind === "failed" || piece.kind === "rejected" ? (latest?.code ?? null) : null,
      reason: reasonOf(name, piece, { ...facts, siblings }),
    },
  };
}

function classOf(piece: Piece, facts: GapFacts): readonly [GapClass, GapState] {
  switch (piece.kind) {
    case "rejected":
      return ["rejected", "failed"];
    case "before_market":
      return ["not_listed", "unfillable"];
    case "after_market":
      return ["delisted", "unfillable"];
    case "answered":
      return classOfAnswered(piece, facts);
    case "beyond_reach":
      return ["source_limit", "unfillable"];
    case "failed":
      return ["collector_miss", "failed"];
    case "not_asked":
      return ["collector_miss", "open"];
  }
}

function classOfAnswered(piece: Piece, facts: GapFacts): readonly [GapClass, GapState] {
  const { quiet, sessions } = traitsOf(facts.source);
  if (isBefore(piece, facts.firstHeld)) {
    return ["not_listed", "unfillable"];
  }
  const others = howSiblingsAre(facts.siblings, quiet);
  if (others === "silent" && !sessions) {
    return ["source_outage", "unfillable"];
  }
  if (others === "talking" && isDelisting(piece, facts)) {
    return ["delisted", "unfillable"];
  }
  return quiet === "absent" ? ["no_trades", "unfillable"] : ["unknown", "open"];
}

/** What the siblings show; undefined where too little of them was due, or they do not agree. */
function howSiblingsAre(
  siblings: SiblingEvidence | null,
  quiet: "absent" | "flat",
): "silent" | "talking" | undefined {
  if (siblings === null || siblings.series === 0 || siblings.expected < EXPECTED_MIN[quiet]) {
    return undefined;
  }
  const share = siblings.found / siblings.expected;
  if (share <= SILENT_SHARE) {
    return "silent";
  }
  return share >= TALKING_SHARE ? "talking" : undefined;
}

function isDelisting(piece: Piece, { source, quietSeconds, firstHeld }: GapFacts): boolean {
  if (!isLong(piece, source) || firstHeld === null) {
    return false;
  }
  return (
    traitsOf(source).quiet === "flat" ||
    (quietSeconds !== null && piece.end - piece.start >= BEYOND_QUIET * quietSeconds)
  );
}

function isLong({ start, end }: Piece, source: SourceId): boolean {
  const flat = traitsOf(source).quiet === "flat";
  return end - start >= (flat ? DELISTED_FLAT_SECONDS : DELISTED_ABSENT_SECONDS);
}

/** Whether `piece` lies before the first candle that is held: not where none is. */
function isBefore({ start }: Piece, firstHeld: number | null): boolean {
  return firstHeld !== null && start < firstHeld;
}
