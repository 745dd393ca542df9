import type { GapClass } from "./gap.ts";
import type { MarketValidity, Piece } from "./gap-pieces.ts";
import type { SiblingEvidence } from "./sibling-evidence.ts";

/** What a reason may name. */
interface ReasonFacts {
  readonly market: MarketValidity | null;
  readonly firstHeld: number | null;
  readonly siblings: SiblingEvidence | null;
}

/** Why `piece` is of the class `name`, as one sentence for people. */
export function reasonOf(name: GapClass, piece: Piece, facts: ReasonFacts): string {
  const told = piece.asks.find(({ reason }) => reason !== null)?.reason ?? null;
  switch (name) {
    case "rejected":
      return `The source gave these candles, but they can never be stored${because(told)}.`;
    case "not_listed":
      return piece.kind === "before_market"
        ? `The market opened on ${dateOf(facts.market?.validFrom)}.`
        : `The source was asked and has nothing before ${dateOf(facts.firstHeld)}, the first candle that is held.`;
    case "delisted":
      return piece.kind === "after_market"
        ? `The market closed on ${dateOf(facts.market?.validUntil)}.`
        : `The source was asked and has nothing, while ${siblingsText(facts.siblings)}.`;
    case "source_outage":
      return `The source was asked and has nothing, and ${siblingsText(facts.siblings)}.`;
    case "no_trades":
      return "The source was asked and has nothing: it has no candle for an interval without a trade.";
    case "unknown":
      return facts.siblings === null || facts.siblings.series === 0
        ? "The source was asked and has nothing, and no other series of it was collected around that time."
        : `The source was asked and has nothing, while ${siblingsText(facts.siblings)}.`;
    case "source_limit":
      return `This is older than the source still gives${because(told)}.`;
    case "collector_miss":
      return piece.kind === "failed"
        ? `The source was asked and did not give them${because(told)}.`
        : "Nobody has asked the source for these candles by a backfill.";
  }
}

function siblingsText(siblings: SiblingEvidence | null): string {
  const { series, expected, found } = siblings ?? { series: 0, expected: 0, found: 0 };
  return `${series} other series of it had ${found} of ${expected} candles that were due`;
}

function because(told: string | null): string {
  return told === null ? "" : `: ${told.replace(/\.$/, "")}`;
}

function dateOf(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined
    ? "a day that is not known"
    : new Date(seconds * 1_000).toISOString().slice(0, 10);
}
