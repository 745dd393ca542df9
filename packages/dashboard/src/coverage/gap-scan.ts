import type { GapRepair, GapScan, GapScanOrder } from "@candlehouse/client";
import { formatNumber } from "../ui/format.ts";
import { count } from "./day-words.ts";
import type { Tell } from "./work.ts";

/** Sends an order; its answer. */
export type Send<Order, Answer> = (order: Order) => Promise<Answer>;

/** What scans found together. */
export interface Found {
  readonly series: number;
  readonly missing: number;
  /** Missing at the scan before, and held now. */
  readonly filled: number;
  /** Series that could not be read whole. */
  readonly errors: number;
}

/** Scans all that `order` names, call after call; returns what it found in a sentence. */
export async function scan(
  send: Send<GapScanOrder, GapScan>,
  order: GapScanOrder,
  tell: Tell,
): Promise<string> {
  const { series, missing, filled, errors } = await scanAll(send, order, (looked) =>
    tell(`${formatNumber(looked)} series looked at so far.`, null),
  );
  const came = filled === 0 ? "" : ` ${count(filled, "candle")} came since the last scan.`;
  const lacking = missing === 0 ? "nothing is missing" : `${count(missing, "candle")} missing`;
  return `${formatNumber(series)} series looked at: ${lacking}.${came}${errorText(errors)}`;
}

/** Scans all that `order` names; `onPage` is told how many series were looked at so far. */
export async function scanAll(
  send: Send<GapScanOrder, GapScan>,
  order: GapScanOrder,
  onPage: (series: number) => void,
): Promise<Found> {
  let found: Found = { series: 0, missing: 0, filled: 0, errors: 0 };
  let after: string | null | undefined;
  while (after !== null) {
    const answer: GapScan = await send(after === undefined ? order : { ...order, after });
    found = {
      series: found.series + answer.series,
      missing: found.missing + answer.candles_missing,
      filled: found.filled + answer.candles_filled,
      errors: found.errors + answer.errors.length,
    };
    after = answer.next;
    onPage(found.series);
  }
  return found;
}

function errorText(errors: number): string {
  return errors === 0 ? "" : ` ${formatNumber(errors)} series could not be read whole.`;
}

/** What came of a repair, once all it began has ended. */
export function outcomeOf(
  begun: GapRepair,
  { missing, errors }: Pick<Found, "missing" | "errors">,
): string {
  const [first] = begun.errors;
  const refused =
    first === undefined
      ? ""
      : ` ${count(begun.errors.length, "backfill")} could not be begun: ${first.reason}.`;
  const still =
    missing === 0 ? "Nothing is missing now." : `${count(missing, "candle")} still missing.`;
  return `${count(begun.candles, "candle")} in ${count(begun.gaps, "gap")} asked for again. ${still}${refused}${errorText(errors)}`;
}
