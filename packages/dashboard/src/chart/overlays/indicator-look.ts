import {
  INDICATORS_MAX,
  parseIndicators,
  type Indicator,
  type IndicatorKind,
} from "@candlehouse/shared/core/indicator";
import type { ColourName } from "./css-colour.ts";

/** How indicators are offered and drawn. */

/** price: on the prices. volume: on the volume. own: in a pane of its own. */
export type IndicatorScale = "price" | "volume" | "own";

interface Part {
  /** Which of the indicator's columns. */
  readonly column: number;
  /** Added to the indicator's name where it has several columns. */
  readonly name: string;
  readonly look: "line" | "thin" | "dashed" | "histogram";
}

interface Look {
  readonly name: string;
  readonly meaning: string;
  /** Names of its parameters, in their order. */
  readonly parameters: readonly string[];
  readonly scale: IndicatorScale;
  readonly parts: readonly Part[];
  /** Lines across its pane. */
  readonly levels?: readonly number[];
  /** What its scale reaches from and to; where it is not given, what the values do. */
  readonly bounds?: Bounds;
}

interface Bounds {
  readonly minValue: number;
  readonly maxValue: number;
}

const ONE_LINE: readonly Part[] = [{ column: 0, name: "", look: "line" }];

export const LOOKS: Readonly<Record<IndicatorKind, Look>> = {
  sma: {
    name: "SMA",
    meaning: "Mean of the last closes",
    parameters: ["Candles"],
    scale: "price",
    parts: ONE_LINE,
  },
  ema: {
    name: "EMA",
    meaning: "Average in which newer closes weigh more",
    parameters: ["Candles"],
    scale: "price",
    parts: ONE_LINE,
  },
  vwap: {
    name: "VWAP",
    meaning: "Average price by volume, since the day or the month began",
    parameters: [],
    scale: "price",
    parts: ONE_LINE,
  },
  bollinger: {
    name: "Bollinger bands",
    meaning: "Mean of the closes, and some standard deviations around it",
    parameters: ["Candles", "Deviations"],
    scale: "price",
    parts: [
      { column: 0, name: "lower", look: "thin" },
      { column: 1, name: "middle", look: "dashed" },
      { column: 2, name: "upper", look: "thin" },
    ],
  },
  rsi: {
    name: "RSI",
    meaning: "How much of the change was upward, from 0 to 100",
    parameters: ["Candles"],
    scale: "own",
    parts: ONE_LINE,
    levels: [30, 70],
    bounds: { minValue: 0, maxValue: 100 },
  },
  macd: {
    name: "MACD",
    meaning: "A fast average less a slow one, and the average of that",
    parameters: ["Fast", "Slow", "Signal"],
    scale: "own",
    parts: [
      { column: 2, name: "histogram", look: "histogram" },
      { column: 0, name: "line", look: "line" },
      { column: 1, name: "signal", look: "line" },
    ],
    levels: [0],
  },
  atr: {
    name: "ATR",
    meaning: "How far prices move in a candle, on average",
    parameters: ["Candles"],
    scale: "own",
    parts: ONE_LINE,
  },
  volume_sma: {
    name: "Volume SMA",
    meaning: "Mean of the last volumes",
    parameters: ["Candles"],
    scale: "volume",
    parts: ONE_LINE,
  },
};

/** Colours of lines, in the order in which they are taken; overlays.css has them for both themes. */
const COLOURS: readonly ColourName[] = [
  "--plot-1",
  "--plot-2",
  "--plot-3",
  "--plot-4",
  "--plot-5",
  "--plot-6",
  "--plot-7",
  "--plot-8",
];

/** A column of values as it is drawn. */
export interface Plot {
  /** Of the answer: `macd_12_26_9_signal`. */
  readonly column: string;
  readonly name: string;
  readonly look: Part["look"];
  readonly colour: ColourName;
}

/** An indicator as it is drawn. */
export interface DrawnIndicator {
  /** As the API has it: `sma:20`. */
  readonly text: string;
  readonly name: string;
  readonly scale: IndicatorScale;
  readonly plots: readonly Plot[];
  readonly levels: readonly number[];
  /** Null where its scale follows its values. */
  readonly bounds: Bounds | null;
}

/** Those of `texts` that are indicators, with their colours: no two lines of a few have the same. */
export function lookOf(texts: readonly string[]): DrawnIndicator[] {
  let taken = 0;
  return known(texts).map(({ text, indicator }): DrawnIndicator => {
    const { name, scale, parts, levels = [], bounds = null } = LOOKS[indicator.kind];
    const { parameters } = indicator;
    const first = taken;
    taken += scale === "own" || indicator.kind !== "bollinger" ? parts.length : 1;
    return {
      text,
      name: parameters.length === 0 ? name : `${name} ${parameters.join(" ")}`,
      scale,
      levels,
      bounds,
      plots: parts.map((part, index) => ({
        column: indicator.columns[part.column] ?? "",
        name: part.name,
        look: part.look,
        colour: colourOf(indicator.kind === "bollinger" ? first : first + index),
      })),
    };
  });
}

/** Why `texts` cannot be asked for together, as a sentence; null where they can. */
export function refusalOf(texts: readonly string[]): string | null {
  if (texts.length === 0) {
    return null;
  }
  try {
    parseIndicators(texts.join(","));
    return null;
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    return /is not allowed: (?<allowed>.*)$/s.exec(message)?.groups?.["allowed"] ?? message;
  }
}

/** Those of `texts` that can be asked for together, in their order: the others cannot be meant. */
export function askableOf(texts: readonly string[]): string[] {
  const kept: string[] = [];
  for (const text of texts) {
    if (refusalOf([...kept, text]) === null) {
      kept.push(text);
    }
  }
  return kept;
}

/** `kind` with `parameters` as the API has it. */
export function textOf(kind: IndicatorKind, parameters: readonly number[]): string {
  return [kind, ...parameters].join(":");
}

/** What `text` says, all parameters named; null where it is no indicator. */
export function indicatorOf(text: string): Indicator | null {
  try {
    return parseIndicators(text)[0] ?? null;
  } catch {
    return null;
  }
}

/** `kind` as it is added to `texts`: with its usual parameters, or others where those are there. */
export function nextOf(kind: IndicatorKind, texts: readonly string[]): string | null {
  const usual = indicatorOf(kind)?.parameters ?? [];
  if (texts.length >= INDICATORS_MAX) {
    return null;
  }
  const [first, ...rest] = usual;
  const candidates =
    first === undefined
      ? [kind]
      : MULTIPLES.map((times) => textOf(kind, [Math.round(first * times), ...rest]));
  return candidates.find((text) => refusalOf([...texts, text]) === null) ?? null;
}

/** Lengths that a second one of a kind begins with, in multiples of the usual one. */
const MULTIPLES = [1, 2.5, 5, 10, 0.5, 1.5, 2, 3, 4, 6];

function known(texts: readonly string[]) {
  return texts.flatMap((text) => {
    const indicator = indicatorOf(text);
    return indicator === null ? [] : [{ text, indicator }];
  });
}

function colourOf(index: number): ColourName {
  return COLOURS[index % COLOURS.length] ?? "--plot-1";
}
