import type { GapClass, GapState } from "@candlehouse/shared/core/gap";
import { GAP_WORDS } from "../chart/overlays/gap-words.ts";
import { formatNumber } from "../ui/format.ts";
import type { Tone } from "../ui/tag.tsx";
import { levelOf, placeOf, type DayCoverage, type GapRecord, type Place } from "./day-coverage.ts";

/** Classes whose candles may come when they are asked for again. */
const UNSETTLED: ReadonlySet<GapClass> = new Set(["collector_miss", "rejected", "unknown"]);

/** What the reader can do about missing candles of a class. */
const ADVICE: Readonly<Record<GapClass, string>> = {
  no_trades: "There is nothing to do.",
  source_outage: "To fill it, import a file of another source.",
  source_limit: "To fill it, import a file.",
  not_listed: "There is nothing to do.",
  delisted: "There is nothing to do; see whether another market took its place.",
  collector_miss: "Repair it: the source is asked for it.",
  rejected: "Repair it once the source has mended its values.",
  unknown: "Repair it to ask the source once more.",
};

/** What to do about `gap`, in a sentence or two. */
export function adviceFor({ class: name, evidence }: GapRecord): string {
  const isAlone = name === "unknown" && (evidence.siblings?.series ?? 0) === 0;
  return isAlone
    ? `${ADVICE[name]} Collect another series of the source too: then a scan can tell whether it was silent.`
    : ADVICE[name];
}

export const STATE_TONES: Readonly<Record<GapState, Tone>> = {
  open: "warning",
  filled: "good",
  unfillable: "plain",
  failed: "bad",
};

/** In a word, where there is no room for more. */
export const STATE_NAMES: Readonly<Record<GapState, string>> = {
  open: "Open",
  filled: "Filled",
  unfillable: "Explained",
  failed: "Tried in vain",
};

export const PLACE_WORDS: Readonly<Record<Place, string>> = {
  hot: "hot, in D1",
  cold: "cold, in the archive",
  both: "in D1 and in the archive",
  nowhere: "nowhere",
};

const longDays = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** `Friday 24 March 2023`, of days since 1970-01-01. */
export function longDay(day: number): string {
  return longDays.format(day * 86_400_000);
}

/** How many, and of what: `1 candle`, `1,360 candles`. */
export function count(amount: number, what: string): string {
  return `${formatNumber(amount)} ${what}${amount === 1 ? "" : "s"}`;
}

/** What a day holds, in short sentences. */
export function describeDay(day: DayCoverage): string[] {
  if (levelOf(day) === "idle") {
    return ["No candle is due yet."];
  }
  const { expected, held, explained, missing } = day;
  const place = PLACE_WORDS[placeOf(day)];
  return [
    ...(held === 0 ? [`None of ${count(expected, "candle")} is held.`] : []),
    ...(held > 0 && held < expected
      ? [`${formatNumber(held)} of ${count(expected, "candle")}; ${place}.`]
      : []),
    // Of today some are held that have closed too lately to be missed.
    ...(held >= expected ? [`${count(held, "candle")}, all that are due; ${place}.`] : []),
    ...(missing === 0 ? [] : [`${count(missing, "candle")} missing${classesOf(day, false)}.`]),
    ...(explained === 0
      ? []
      : [`${count(explained, "candle")} will not come${classesOf(day, true)}.`]),
  ];
}

function classesOf({ classes }: DayCoverage, isSettled: boolean): string {
  const names = classes
    .filter(({ name }) => UNSETTLED.has(name) !== isSettled)
    .map(({ name }) => GAP_WORDS[name].name.toLowerCase());
  if (names.length > 0) {
    return `: ${names.join(", ")}`;
  }
  return isSettled ? "" : ": no scan has looked at it yet";
}

/** The same for a screen reader, with the date before it. */
export function readOutDay(day: number, coverage: DayCoverage | undefined): string {
  const words =
    coverage === undefined ? ["No candle opens on it, or none is due."] : describeDay(coverage);
  return [`${longDay(day)}.`, ...words].join(" ");
}

/** First second of a UTC day, and of the next one. */
export function boundsOf(day: number): { readonly start: number; readonly end: number } {
  return { start: day * 86_400, end: (day + 1) * 86_400 };
}
