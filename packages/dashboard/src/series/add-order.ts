import type { CandlehouseProblem } from "@candlehouse/client";
import type { SourceId } from "@candlehouse/shared/core/source";
import type { Tier } from "@candlehouse/shared/core/tier";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { symbolsIn } from "../ui/symbols-text.ts";

/** Series that are to be collected, as their form has them. */
export interface AddDraft {
  readonly source: SourceId;
  /** As they were typed. */
  readonly symbols: string;
  readonly timeframes: readonly Timeframe[];
  /** Null: that of the base asset. */
  readonly tier: Tier | null;
}

/** Most series in one order. */
export const ORDER_SERIES_MAX = 1_000;

export interface AddFaults {
  readonly symbols?: string;
  readonly timeframes?: string;
}

/** What is wrong with `draft` before it is sent; empty where nothing is. */
export function addFaultsOf({ symbols, timeframes }: AddDraft): AddFaults {
  const named = symbolsIn(symbols).length;
  return {
    ...(named === 0 ? { symbols: "Name at least one symbol." } : {}),
    ...(named * timeframes.length > ORDER_SERIES_MAX
      ? { symbols: `That is ${named * timeframes.length} series: at most 1,000 at a time.` }
      : {}),
    ...(timeframes.length === 0 ? { timeframes: "Choose at least one timeframe." } : {}),
  };
}

/** Names of the series of `symbols` in each timeframe of `draft`. */
export function namesOf(
  { source, timeframes }: AddDraft,
  symbols: readonly string[],
): readonly string[] {
  return symbols.flatMap((symbol) =>
    timeframes.map((timeframe) => `${source}:${symbol}:${timeframe}`),
  );
}

/** What became of the symbols of an order. */
export interface AddOutcome {
  readonly added: readonly string[];
  readonly known: readonly string[];
  readonly refused: readonly { readonly symbol: string; readonly why: string }[];
  /** What the system had to say beside that. */
  readonly messages: readonly string[];
}

/** What one request is answered. */
export interface Added {
  readonly added: readonly string[];
  readonly known: readonly string[];
  readonly message: string;
}

/**
 * Sends all of `draft` in one order; where a series of it is refused, symbol by symbol, so that each
 * has an answer of its own and those without fault are added. Throws what is no matter of a series.
 */
export async function addEach(
  draft: AddDraft,
  send: (names: readonly string[]) => Promise<Added>,
  isRefusal: (error: unknown) => error is CandlehouseProblem,
): Promise<AddOutcome> {
  const symbols = symbolsIn(draft.symbols);
  try {
    return outcomeOf([await send(namesOf(draft, symbols))], []);
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    if (symbols.length === 1) {
      return outcomeOf(
        [],
        symbols.map((symbol) => ({ symbol, why: error.message })),
      );
    }
  }
  const answers: Added[] = [];
  const refused: { symbol: string; why: string }[] = [];
  for (const symbol of symbols) {
    try {
      answers.push(await send(namesOf(draft, [symbol])));
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      refused.push({ symbol, why: error.message });
    }
  }
  return outcomeOf(answers, refused);
}

function outcomeOf(answers: readonly Added[], refused: AddOutcome["refused"]): AddOutcome {
  return {
    added: answers.flatMap(({ added }) => added),
    known: answers.flatMap(({ known }) => known),
    refused,
    messages: messagesOf(answers),
  };
}

/** The sentence that the system begins with: how many were added. */
const COUNTS = /^Added [^.]*\.\s*/;

/** What the system said; of several answers, their counts are one sentence. */
function messagesOf(answers: readonly Added[]): readonly string[] {
  if (answers.length <= 1) {
    return answers.map(({ message }) => message);
  }
  const added = answers.flatMap((answer) => answer.added).length;
  const known = answers.flatMap((answer) => answer.known).length;
  const rest = answers.map(({ message }) => message.replace(COUNTS, ""));
  return [
    `Added ${added} series${known === 0 ? "" : `; ${known} were there already`}.`,
    ...new Set(rest.filter((text) => text !== "")),
  ];
}

/** Path and query string of the form that fetches the history of `names`. */
export function backfillLink(draft: AddDraft, names: readonly string[]): string {
  const symbols = new Set(names.map((name) => name.split(":")[1] ?? ""));
  const query = new URLSearchParams({
    start: "backfill",
    source: draft.source,
    symbols: [...symbols].join(","),
    timeframes: draft.timeframes.join(","),
  });
  return `/jobs?${query.toString()}`;
}
