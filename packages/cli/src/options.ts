import { isSourceId, SOURCES, type SourceId } from "@candlehouse/shared/core/source";
import { isSymbol } from "@candlehouse/shared/core/symbol";
import { parseTime } from "@candlehouse/shared/core/time";
import { isTimeframe, TIMEFRAMES, type Timeframe } from "@candlehouse/shared/core/timeframe";
import { parseSeries, type Series } from "@candlehouse/shared/core/series";
import { InvalidArgumentError, Option, type Command } from "commander";

/** The options that several commands have, and how their values are read. */

export interface SelectionFlags {
  readonly tier?: number;
  readonly asset?: readonly string[];
  readonly source?: readonly SourceId[];
  readonly symbol?: readonly string[];
  readonly timeframe?: readonly Timeframe[];
}

export interface RangeFlags {
  /** Unix seconds, inclusive. */
  readonly start?: number;
  /** Unix seconds, exclusive. */
  readonly end?: number;
  readonly days?: number;
}

export const TIERS = ["1", "2", "3", "4"];

/** `--tier`, `--asset`, `--source`, `--symbol` and `--timeframe`. */
export function addSelectionOptions(command: Command): Command {
  return command
    .addOption(new Option("--tier <n>", "series of this tier").choices(TIERS).argParser(readTier))
    .addOption(listOption("--asset <base>", "markets of this base asset, such as BTC", readAsset))
    .addOption(listOption("--source <source>", "series of this source", readSource, SOURCES))
    .addOption(listOption("--symbol <symbol>", "this market, such as BTC-USDT", readSymbol))
    .addOption(
      listOption("--timeframe <timeframe>", "candles of this length", readTimeframe, TIMEFRAMES),
    );
}

/** `--start`, `--end` and `--days`. */
export function addRangeOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--start <time>",
        "first open time, inclusive: 2026-10-01, unix seconds",
      ).argParser(readTime),
    )
    .addOption(new Option("--end <time>", "last open time, exclusive; now").argParser(readTime))
    .addOption(
      new Option("--days <n>", "the last n days")
        .argParser(readPositive)
        .conflicts(["start", "end"]),
    );
}

/** `--yes` */
export function addYesOption(command: Command): Command {
  return command.option("-y, --yes", "do it without asking");
}

/** `--dry-run` */
export function addDryRunOption(command: Command): Command {
  return command.option("--dry-run", "show what would be done, and do nothing");
}

/** `--limit`, most rows of a list. */
export function addLimitOption(command: Command, byDefault: number): Command {
  return command.addOption(
    new Option("--limit <n>", "most rows").argParser(readPositive).default(byDefault),
  );
}

/** The series that operands name. Throws InvalidArgumentError. */
export function collectSeries(text: string, before: readonly Series[] = []): Series[] {
  const [source = "", symbol = "", ...rest] = text.split(":");
  const series = parseSeries([source, canonical(symbol), ...rest].join(":"));
  if (series === undefined) {
    throw new InvalidArgumentError(
      `A series is source:SYMBOL:timeframe, such as binance:BTC-USDT:1m. Sources are ${SOURCES.join(", ")}.`,
    );
  }
  return [...before, series];
}

/** An option that may be given several times, or once with commas between. */
function listOption(
  flags: string,
  description: string,
  read: (text: string) => unknown,
  choices?: readonly string[],
): Option {
  const option = new Option(flags, `${description}; several by commas`);
  if (choices !== undefined) {
    // For the completion of shells; the parser below is the one that reads.
    option.choices(choices);
  }
  return option.argParser((text: string, before?: readonly unknown[]) => [
    ...(before ?? []),
    ...text.split(",").map((one) => read(one.trim())),
  ]);
}

function readTier(text: string): number {
  if (!TIERS.includes(text)) {
    throw new InvalidArgumentError(`A tier is one of ${TIERS.join(", ")}.`);
  }
  return Number(text);
}

function readAsset(text: string): string {
  const asset = text.toUpperCase();
  if (!/^[A-Z0-9]{1,20}$/.test(asset)) {
    throw new InvalidArgumentError("An asset is a ticker, such as BTC.");
  }
  return canonical(asset);
}

/** In upper case, with this system's names of the two assets that sources call otherwise. */
function canonical(symbol: string): string {
  return symbol
    .toUpperCase()
    .replaceAll(/\bXBT\b/g, "BTC")
    .replaceAll(/\bXDG\b/g, "DOGE");
}

function readSource(text: string): SourceId {
  if (!isSourceId(text)) {
    throw new InvalidArgumentError(`A source is one of ${SOURCES.join(", ")}.`);
  }
  return text;
}

function readSymbol(text: string): string {
  const symbol = canonical(text);
  if (!isSymbol(symbol)) {
    throw new InvalidArgumentError("A symbol is BASE-QUOTE, such as BTC-USDT.");
  }
  return symbol;
}

function readTimeframe(text: string): Timeframe {
  if (!isTimeframe(text)) {
    throw new InvalidArgumentError(`A timeframe is one of ${TIMEFRAMES.join(", ")}.`);
  }
  return text;
}

/** Unix seconds. */
export function readTime(text: string): number {
  const seconds = parseTime(text);
  if (seconds === undefined) {
    throw new InvalidArgumentError(
      "A time is ISO 8601, such as 2026-10-01 or 2026-10-01T12:00Z, or unix seconds.",
    );
  }
  return seconds;
}

export function readPositive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError("It is a whole number from 1.");
  }
  return Number(text);
}
