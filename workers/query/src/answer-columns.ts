import type { StoredDecimal } from "@candlehouse/shared/core/decimal";
import type { ServedCandle } from "@candlehouse/shared/core/served-candle";
import type { ServeQuery } from "./serve/serve-query.ts";

/** Which fields candles of an answer have beside those of every candle. */
export interface ExtraColumns {
  /** `missing` and `closed`, of candles that were rolled up. */
  readonly rolled: boolean;
  /** `filled`, where missing candles were to be filled. */
  readonly filled: boolean;
  /** Names of the indicators' columns. */
  readonly indicators: readonly string[];
}

/** What the candles have that answer `query`; `indicators` are the names of its columns. */
export function extraColumnsOf(
  { wanted, fill }: Pick<ServeQuery, "wanted" | "fill">,
  indicators: readonly string[],
): ExtraColumns {
  return {
    rolled: wanted.some(({ timeframe, finest }) => timeframe !== finest),
    filled: fill !== "none",
    indicators,
  };
}

interface Column<Kind extends string, Value> {
  readonly name: string;
  readonly kind: Kind;
  of(candle: ServedCandle): Value | null;
}

/** A column of an answer: prices and volumes are exact, what is computed is a double. */
export type AnswerColumn =
  | Column<"time", number>
  | Column<"price" | "volume", StoredDecimal>
  | Column<"count", number>
  | Column<"flag", boolean>
  | Column<"double", number>;

const CANDLE_COLUMNS: readonly AnswerColumn[] = [
  { name: "timestamp", kind: "time", of: ({ timestamp }) => timestamp },
  { name: "open", kind: "price", of: ({ open }) => open },
  { name: "high", kind: "price", of: ({ high }) => high },
  { name: "low", kind: "price", of: ({ low }) => low },
  { name: "close", kind: "price", of: ({ close }) => close },
  { name: "volume_from", kind: "volume", of: ({ volume_from }) => volume_from },
  { name: "volume_to", kind: "volume", of: ({ volume_to }) => volume_to },
  { name: "trades", kind: "count", of: ({ trades }) => trades },
];

/** Where the source's own candle of the interval is stored, nothing of it is missing or open. */
const ROLLED_COLUMNS: readonly AnswerColumn[] = [
  {
    name: "missing",
    kind: "count",
    of: ({ missing, filled }) => missing ?? (filled === true ? null : 0),
  },
  {
    name: "closed",
    kind: "flag",
    of: ({ closed, filled }) => closed ?? (filled === true ? null : true),
  },
];

const FILLED_COLUMNS: readonly AnswerColumn[] = [
  { name: "filled", kind: "flag", of: ({ filled }) => filled ?? null },
];

/** All columns of an answer, in their order. */
export function answerColumns(extra: ExtraColumns): readonly AnswerColumn[] {
  return [...CANDLE_COLUMNS, ...extraColumnList(extra)];
}

/** The columns of `extra`, in their order. */
export function extraColumnList({ rolled, filled, indicators }: ExtraColumns): AnswerColumn[] {
  return [
    ...(rolled ? ROLLED_COLUMNS : []),
    ...(filled ? FILLED_COLUMNS : []),
    ...indicators.map((name, index): AnswerColumn => ({
      name,
      kind: "double",
      of: (candle) => candle.indicators?.[index] ?? null,
    })),
  ];
}
