import { styleText } from "node:util";
import { formatDuration, formatNumber, formatRate, formatShort } from "./format.ts";

/** How far one thing is. */
export interface Bar {
  /** Stands before the bar. */
  readonly label?: string;
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** What is counted, such as `partitions verified`. */
  readonly things: string;
  /** A word more, such as the date that was reached. */
  readonly note?: string | undefined;
  /** How a number of them reads; grouped digits where it is left out. */
  readonly format?: (number: number) => string;
  /** A second; where it is left out, what was done since the beginning by the time it took. */
  readonly rate?: number | null;
  /** Seconds left; from the rate where it is left out. */
  readonly etaSeconds?: number | null;
}

interface Look {
  readonly columns: number;
  /** Whether there is a bar before the words. */
  readonly isBar: boolean;
}

const BAR_WIDTH_MAX = 30;
const BAR_WIDTH_MIN = 10;
/** ` 42%` */
const PERCENT_WIDTH = 4;

/** How numbers read. */
interface Wording {
  number(this: void, number: number): string;
  readonly perSecond: string;
}

const LONG_WORDS: Wording = { number: formatNumber, perSecond: " a second" };
const SHORT_WORDS: Wording = { number: formatShort, perSecond: "/s" };

/** The words that are kept, ever fewer: the percentage says what is counted, so that goes first. */
const KEPT = [
  ["counted", "note", "rate", "left"],
  ["note", "rate", "left"],
  ["rate", "left"],
] as const satisfies readonly (readonly WordName[])[];

/** A line for each of `bars`, at most `columns` characters long; all bars are as long as each other. */
export function renderBars(bars: readonly Bar[], elapsedMs: number, look: Look): string[] {
  const wording = look.isBar ? SHORT_WORDS : LONG_WORDS;
  const lines = bars.map((bar) => {
    const share = bar.total === null || bar.total === 0 ? null : Math.min(1, bar.done / bar.total);
    return { label: bar.label ?? "", share, words: wordsOf(bar, elapsedMs, wording) };
  });
  if (!look.isBar) {
    return lines.map(({ label, words }) =>
      [...(label === "" ? [] : [label]), choose(words, KEPT[0]).join(", ")].join("  "),
    );
  }
  const labelWidth = Math.max(0, ...lines.map(({ label }) => label.length));
  const before = labelWidth === 0 ? 0 : labelWidth + 2;
  const textsOf = (kept: readonly WordName[]) =>
    lines.map(({ words }) => choose(words, kept).join(" · "));
  const roomFor = (texts: readonly string[]) =>
    look.columns - before - PERCENT_WIDTH - 2 - Math.max(...texts.map((text) => text.length));
  const texts =
    KEPT.map(textsOf).find((some) => roomFor(some) >= BAR_WIDTH_MIN) ?? textsOf(["left"]);
  const width = Math.max(0, Math.min(BAR_WIDTH_MAX, roomFor(texts)));
  return lines.map(({ label, share }, index) => {
    const percent = share === null ? "" : `${Math.floor(share * 100)}%`.padStart(PERCENT_WIDTH);
    const bar = share === null ? "" : drawBar(share, width);
    const name = labelWidth === 0 ? "" : `${label.padEnd(labelWidth)}  `;
    const taken = name.length + percent.length + (share === null ? 0 : width) + 2;
    return `${name}${bar}${percent}  ${(texts[index] ?? "").slice(0, Math.max(0, look.columns - taken))}`;
  });
}

/** Those of `words` that are kept; what is counted where nothing else is known. */
function choose(words: Words, kept: readonly WordName[]): string[] {
  const chosen = kept.flatMap((name) => words[name] ?? []);
  return chosen.length === 0 ? [words.counted] : chosen;
}

function drawBar(share: number, width: number): string {
  if (width === 0) {
    return "";
  }
  const full = Math.floor(share * width);
  const rest = styleText("dim", "━".repeat(width - full), { stream: process.stderr });
  return `${styleText("cyan", "━".repeat(full), { stream: process.stderr })}${rest}`;
}

/** What is said beside a bar. */
interface Words {
  /** `120 of 480 partitions` */
  readonly counted: string;
  readonly note: string | undefined;
  /** `12.0 a second` */
  readonly rate: string | undefined;
  /** `30 s left` */
  readonly left: string | undefined;
}

type WordName = keyof Words;

function wordsOf(bar: Bar, elapsedMs: number, wording: Wording): Words {
  const { done, total, things, note } = bar;
  const format = bar.format ?? wording.number;
  const counted =
    total === null ? `${format(done)} ${things}` : `${format(done)} of ${format(total)} ${things}`;
  const rate = bar.rate === undefined ? (done * 1_000) / Math.max(elapsedMs, 1) : bar.rate;
  if (rate === null || rate === 0) {
    return { counted, note, rate: undefined, left: undefined };
  }
  const formatted = bar.format === undefined ? formatRate(rate) : bar.format(rate);
  const left = bar.etaSeconds ?? (total === null ? null : (total - done) / rate);
  return {
    counted,
    note,
    rate: `${formatted}${wording.perSecond}`,
    left: left === null ? undefined : `${formatDuration(left)} left`,
  };
}
