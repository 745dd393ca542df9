import type { BackfillOrder } from "@candlehouse/client";
import { parseSeries } from "@candlehouse/shared/core/series";
import { isSourceId, type SourceId } from "@candlehouse/shared/core/source";
import { isTier, type Tier } from "@candlehouse/shared/core/tier";
import { parseTime } from "@candlehouse/shared/core/time";
import { isTimeframe, TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { symbolsIn } from "../ui/symbols-text.ts";

/** A backfill as its form has it, before it is asked for. */
export interface BackfillDraft {
  readonly source: SourceId;
  /** Whether symbols are named, or all enabled series of a tier are meant. */
  readonly of: "symbols" | "tier";
  /** As they were typed. */
  readonly symbols: string;
  readonly tier: Tier;
  /** Of a tier, none means all that its series have. */
  readonly timeframes: readonly Timeframe[];
  /** Whether it reaches so many days back, or from one time to another. */
  readonly by: "days" | "range";
  /** As they were typed. */
  readonly days: string;
  /** Unix seconds, inclusive; null where none is given. */
  readonly start: number | null;
  /** Unix seconds, exclusive; null means now. */
  readonly end: number | null;
}

const DAYS_BY_DEFAULT = "30";

/** The names of the form's fields that can be wrong. */
export type DraftField = "source" | "symbols" | "tier" | "timeframes" | "days" | "start" | "end";

/**
 * The draft that a link asks for: `series` any number of times, or `source`, `symbols`, `tier` and
 * `timeframes`; `from` and `to`, or `days`. What cannot be meant is left out. Series of several
 * sources are those of the first one's: a backfill is of one source.
 */
export function draftOf(query: URLSearchParams): BackfillDraft {
  const named = query.getAll("series").flatMap((text) => parseSeries(text) ?? []);
  const asked = query.get("source") ?? "";
  const source = named[0]?.source ?? (isSourceId(asked) ? asked : "binance");
  const series = named.filter((one) => one.source === source);
  const symbols = [...series.map(({ symbol }) => symbol), ...symbolsIn(query.get("symbols") ?? "")];
  const timeframes = new Set([
    ...series.map(({ timeframe }) => timeframe),
    ...(query.get("timeframes") ?? "").split(",").filter(isTimeframe),
  ]);
  const tier = Number(query.get("tier"));
  const start = timeOf(query.get("from"));
  return {
    source,
    of: symbols.length === 0 && isTier(tier) ? "tier" : "symbols",
    symbols: [...new Set(symbols)].join(", "),
    tier: isTier(tier) ? tier : 1,
    timeframes: TIMEFRAMES.filter((timeframe) => timeframes.has(timeframe)),
    by: start === null ? "days" : "range",
    days: query.get("days") ?? DAYS_BY_DEFAULT,
    start,
    end: timeOf(query.get("to")),
  };
}

function timeOf(text: string | null): number | null {
  return text === null ? null : (parseTime(text) ?? null);
}

/** What is missing in `draft` before it can be asked for, by field; empty where nothing is. */
export function faultsOf(draft: BackfillDraft): Partial<Record<DraftField, string>> {
  const { of, symbols, timeframes, by, days, start, end } = draft;
  return {
    ...(of === "symbols" && symbolsIn(symbols).length === 0
      ? { symbols: "Name at least one symbol." }
      : {}),
    ...(of === "symbols" && timeframes.length === 0
      ? { timeframes: "Choose at least one timeframe." }
      : {}),
    ...(by === "days" && !/^[1-9]\d{0,4}$/.test(days.trim())
      ? { days: "Give a whole number of days, 1 or more." }
      : {}),
    ...(by === "range" && start === null ? { start: "Say from when on." } : {}),
    ...(by === "range" && start !== null && end !== null && end <= start
      ? { end: "The end must be after the start." }
      : {}),
  };
}

/** The body of `POST /v1/backfills` for a `draft` without faults. */
export function orderOf(draft: BackfillDraft, isDry: boolean): BackfillOrder {
  const { source, of, symbols, tier, timeframes, by, days, start, end } = draft;
  return {
    source,
    ...(of === "symbols" ? { symbols: [...symbolsIn(symbols)] } : { tier }),
    ...(timeframes.length === 0 ? {} : { timeframes: [...timeframes] }),
    ...(by === "days"
      ? { days: Number(days) }
      : { ...(start === null ? {} : { start }), ...(end === null ? {} : { end }) }),
    ...(isDry ? { dry_run: true } : {}),
  };
}

const FIELDS: Readonly<Record<string, DraftField>> = {
  source: "source",
  symbol: "symbols",
  symbols: "symbols",
  tier: "tier",
  timeframe: "timeframes",
  timeframes: "timeframes",
  days: "days",
  start: "start",
  end: "end",
};

/** The field that a refusal is about; undefined where it is about no field. */
export function fieldOf(
  parameter: string | undefined,
  code: string | undefined,
): DraftField | undefined {
  return code === "source_unknown_symbol" ? "symbols" : FIELDS[parameter ?? ""];
}
