import { formatSeries } from "@candlehouse/shared/core/series";
import type { SourceId } from "@candlehouse/shared/core/source";
import { splitSymbol } from "@candlehouse/shared/core/symbol";
import type { Timeframe } from "@candlehouse/shared/core/timeframe";
import { recogniseFile, type ImportFormat } from "@candlehouse/shared/import/recognise-file";
import type { SelectionFlags } from "../options.ts";
import type { FoundFile } from "./find-files.ts";

/** What is to be done with a file. */
export type ImportAction =
  | "import"
  /** It has no bytes, so there is nothing to send. */
  | "empty"
  /** It was imported before, and says so. */
  | "done"
  /** Not of the series that were asked for. */
  | "left out"
  /** Nobody knows whose candles it holds, or it cannot be read. */
  | "unknown";

export interface PlannedFile extends FoundFile {
  readonly format: ImportFormat;
  readonly source: SourceId | undefined;
  readonly symbol: string | undefined;
  readonly timeframe: Timeframe | undefined;
  /** `kraken:BTC-USD:1h`; undefined where the file itself says it, or nobody does. */
  readonly series: string | undefined;
  readonly action: ImportAction;
  /** Why it is not to be imported. */
  readonly reason: string | undefined;
}

export interface ImportWishes extends SelectionFlags {
  readonly format?: ImportFormat;
}

/**
 * What is to be done with each of `files`. Options choose among files whose name says whose they are,
 * and name the series of those whose name does not. `tiers` is the tier of each asset; a file is done
 * where `isDone` says so.
 */
export function planImport(
  files: readonly FoundFile[],
  wishes: ImportWishes,
  tiers: ReadonlyMap<string, number>,
  isDone: (file: FoundFile) => boolean,
): PlannedFile[] {
  return files.map((file) => {
    const name = recogniseFile(file.path);
    const source = name.source ?? only(wishes.source);
    const symbol = name.symbol ?? only(wishes.symbol);
    const timeframe = name.timeframe ?? only(wishes.timeframe);
    const isNamed = source !== undefined && symbol !== undefined && timeframe !== undefined;
    const series = isNamed ? formatSeries({ source, symbol, timeframe }) : undefined;
    const format = wishes.format ?? name.format;
    const planned = { ...file, format, source, symbol, timeframe, series };
    const [action, reason] = decide(planned, name.market, wishes, tiers, isDone);
    return { ...planned, action, reason };
  });
}

function only<Value>(values: readonly Value[] | undefined): Value | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function decide(
  file: Omit<PlannedFile, "action" | "reason">,
  market: string | undefined,
  wishes: ImportWishes,
  tiers: ReadonlyMap<string, number>,
  isDone: (file: FoundFile) => boolean,
): readonly [ImportAction, string | undefined] {
  const other = whyLeftOut(file, wishes, tiers);
  if (other !== undefined) {
    return ["left out", other];
  }
  if (file.problem !== undefined) {
    return ["unknown", file.problem];
  }
  // A Parquet file of this system says itself whose candles it holds.
  if (file.series === undefined && file.format !== "parquet") {
    return [
      "unknown",
      market === undefined
        ? "its name says no series: give --source, --symbol and --timeframe"
        : `the market ${market} can be read in two ways: give --symbol`,
    ];
  }
  if (file.bytes === 0) {
    return ["empty", "it has no bytes"];
  }
  return isDone(file) ? ["done", "it was imported before"] : ["import", undefined];
}

function whyLeftOut(
  { source, symbol, timeframe }: Pick<PlannedFile, "source" | "symbol" | "timeframe">,
  wishes: ImportWishes,
  tiers: ReadonlyMap<string, number>,
): string | undefined {
  const base = symbol === undefined ? undefined : splitSymbol(symbol).base;
  if (isOther(wishes.source, source)) {
    return `of ${source}`;
  }
  if (isOther(wishes.symbol, symbol) || isOther(wishes.asset, base)) {
    return `of ${symbol}`;
  }
  if (isOther(wishes.timeframe, timeframe)) {
    return `of ${timeframe} candles`;
  }
  const tier = base === undefined ? undefined : tiers.get(base);
  if (wishes.tier !== undefined && tier !== wishes.tier) {
    return tier === undefined ? `${base ?? "its asset"} has no tier` : `${base} is of tier ${tier}`;
  }
  return undefined;
}

/** Whether `value` is known and none of those that were wished for. */
function isOther<Value>(wished: readonly Value[] | undefined, value: Value | undefined): boolean {
  return wished !== undefined && value !== undefined && !wished.includes(value);
}
