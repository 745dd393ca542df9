import type { Outliers, Revisions } from "@candlehouse/client";
import type { OutlierField } from "@candlehouse/shared/core/outlier";
import { formatNumber, formatPrice, formatTime } from "../../ui/format.ts";

/** Candles to look at twice: those that their source changed later, and outliers. */

export type RevisionRecord = Revisions["revisions"][number];
export type OutlierRecord = Outliers["outliers"][number];

/** What is said against one candle. */
export interface Mark {
  /** Its open time, unix seconds. */
  readonly timestamp: number;
  /** By when they were seen. */
  readonly revisions: readonly RevisionRecord[];
  readonly outliers: readonly OutlierRecord[];
}

/** Revisions and outliers by candle, ascending. */
export function marksOf(
  revisions: readonly RevisionRecord[],
  outliers: readonly OutlierRecord[],
): Mark[] {
  const revised = Map.groupBy(revisions, ({ timestamp }) => timestamp);
  const marked = Map.groupBy(outliers, ({ timestamp }) => timestamp);
  return [...new Set([...revised.keys(), ...marked.keys()])]
    .toSorted((a, b) => a - b)
    .map((timestamp) => ({
      timestamp,
      revisions: revised.get(timestamp) ?? [],
      outliers: marked.get(timestamp) ?? [],
    }));
}

const FIELD_WORDS: Readonly<Record<OutlierField, string>> = {
  open: "open",
  high: "high",
  low: "low",
  close: "close",
  upper_wick: "upper wick",
  lower_wick: "lower wick",
};

const PERCENT = 100;
const VALUE_DIGITS = 8;

/** What is unusual of a candle, as a sentence. */
export function outlierText({ field, value, expected, score }: OutlierRecord): string {
  const isWick = field === "upper_wick" || field === "lower_wick";
  const told = (one: number) =>
    isWick
      ? `${formatNumber(one * PERCENT)} % of the price`
      : formatPrice(Number(one.toPrecision(VALUE_DIGITS)));
  const far = `${formatNumber(Math.abs(score))} times the usual scatter ${score < 0 ? "below" : "above"}`;
  return `${FIELD_WORDS[field]} ${told(value)}, where the candles around say ${told(expected)}: ${far}`;
}

const VALUES = [
  ["open", "open"],
  ["high", "high"],
  ["low", "low"],
  ["close", "close"],
  ["volume_from", "volume"],
  ["volume_to", "volume in quote"],
  ["trades", "trades"],
] as const;

/** A value that a source gave otherwise later. */
export interface RevisedValue {
  readonly name: string;
  readonly stored: string;
  readonly revised: string;
}

/** The values in which `revision` differs from what is stored. */
export function revisedValues({ stored, revised }: RevisionRecord): RevisedValue[] {
  return VALUES.flatMap(([field, name]) => {
    const before = stored?.[field] ?? null;
    const after = revised[field];
    return before === after ? [] : [{ name, stored: write(before), revised: write(after) }];
  });
}

function write(value: number | null): string {
  return value === null ? "not given" : formatPrice(value);
}

/** What a source changed, and when that was seen, as a sentence. */
export function revisionText(revision: RevisionRecord, zone: string): string {
  const changes = revisedValues(revision).map(
    ({ name, stored, revised }) => `${name} from ${stored} to ${revised}`,
  );
  const seen = formatTime(Math.floor(revision.seen_at), zone);
  return `${changes.length === 0 ? "the same values again" : changes.join(", ")}; seen on ${seen}`;
}
