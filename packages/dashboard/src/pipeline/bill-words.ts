import {
  formatBytes,
  formatCompact,
  formatDollars,
  formatNumber,
  formatRatio,
} from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";
import type { BillLine } from "./answers.ts";

/** From this share of what is included on, a projection is worth a look. */
const NEAR_RATIO = 0.8;

/** `41M`, `812 MB`: an amount of `unit`, which is told once beside several. */
export function amountText(amount: number, unit: string): string {
  return unit === "bytes" ? formatBytes(amount) : formatCompact(amount);
}

/** `41M of 50M rows`. */
export function usedText({ used, included, unit }: BillLine): string {
  const text = `${amountText(used, unit)} of ${amountText(included, unit)}`;
  return unit === "bytes" ? text : `${text} ${unit}`;
}

/** The least share that is told in numbers: a hundredth of a percent. */
const SHARE_MIN = 0.0001;

/** A share of what is included: what is used is never 0 %. */
export function shareText(ratio: number): string {
  return ratio > 0 && ratio < SHARE_MIN ? `under ${formatRatio(SHARE_MIN)}` : formatRatio(ratio);
}

/** What one line of the bill comes to, and how near it is to what is included. */
export function lineState({ projected_ratio: ratio }: BillLine): {
  readonly tone: Tone;
  readonly word: string;
} {
  if (ratio > 1) {
    return { tone: "bad", word: "Beyond" };
  }
  return ratio >= NEAR_RATIO
    ? { tone: "warning", word: "Near" }
    : { tone: "good", word: "Included" };
}

/** Where the parts of a line's bar end, from 0 to 1 of its width. */
export function barOf({ used_ratio: used, projected_ratio: projected }: BillLine): {
  readonly used: number;
  readonly projected: number;
  /** Where what is included ends. */
  readonly included: number;
} {
  const width = Math.max(1, used, projected);
  return { used: used / width, projected: projected / width, included: 1 / width };
}

/** `$1.00 for 1,000,000 rows`. */
export function priceText({ price, unit }: BillLine): string {
  const amount = unit === "bytes" ? formatBytes(price.per) : `${formatNumber(price.per)} ${unit}`;
  // Some units cost a tenth of a cent.
  const usd = price.usd < 0.01 ? `$${price.usd}` : formatDollars(price.usd);
  return `${usd} for ${amount}`;
}
