import { GAP_CLASSES, GAP_STATES } from "@candlehouse/shared/core/gap";
import type { Series } from "@candlehouse/shared/core/series";
import { Option, type Command } from "commander";
import type { Gap } from "../answers/gap.ts";
import { EXIT_CODES, usageError, type ExitCode } from "../command-error.ts";
import { saveGaps } from "../save-gaps.ts";
import { listGaps, type GapQuery } from "../list-gaps.ts";
import {
  addLimitOption,
  addRangeOptions,
  addSelectionOptions,
  collectSeries,
  type RangeFlags,
  type SelectionFlags,
} from "../options.ts";
import { scan } from "../scan-gaps.ts";
import { filtersOf, rangeOf } from "../select-series.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import { colourState } from "../terminal/state-colour.ts";
import type { Column } from "../terminal/table.ts";

interface ListFlags extends SelectionFlags, RangeFlags {
  readonly class?: string;
  readonly state?: string;
  readonly showUnfillableOnly?: boolean;
  readonly csv?: string;
  readonly limit: number;
}

/** `candlehouse gaps` */
export function addGapsCommand(program: Command): void {
  const gaps = program
    .command("gaps")
    .description("what is missing and why: list, write as CSV, scan")
    .enablePositionalOptions();
  addListOptions(gaps);
  addListOptions(gaps.command("list", { hidden: true }).description("what is missing and why"));
  const scanning = gaps
    .command("scan")
    .description("look for missing candles now, and find out why they are missing")
    .argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries);
  addSelectionOptions(scanning);
  addRangeOptions(scanning).action((named: Series[] | undefined, _options, command: Command) =>
    runCommand<SelectionFlags & RangeFlags>(command, (session, flags) =>
      scan(session, named ?? [], flags),
    ),
  );
}

function addListOptions(command: Command): void {
  command.argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries);
  addSelectionOptions(command);
  addRangeOptions(command);
  addLimitOption(command, 100)
    .addOption(new Option("--class <class>", "why they are missing").choices(GAP_CLASSES))
    .addOption(
      new Option("--state <state>", "only those in this state; open and failed").choices([
        ...GAP_STATES,
        "any",
      ]),
    )
    .addOption(
      new Option("--show-unfillable-only", "those that asking again cannot fill").conflicts(
        "state",
      ),
    )
    .option("--csv <file>", "write all of them as CSV; - is standard output")
    .action((named: Series[] | undefined, _options, self: Command) =>
      runCommand<ListFlags>(self, (session, flags) => list(session, named ?? [], flags)),
    );
}

async function list(
  session: Session,
  named: readonly Series[],
  flags: ListFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  if (flags.csv === "-" && out.isJson) {
    throw usageError("--csv - and --json both want standard output: choose one");
  }
  const filters = await filtersOf(client, named, flags);
  const range = await rangeOf(client, flags);
  const queries = filters.flatMap((filter) =>
    statesOf(flags).map((state): GapQuery => ({
      ...filter,
      ...range,
      ...state,
      class: flags.class,
    })),
  );
  if (flags.csv !== undefined) {
    const rows = await saveGaps(session, queries, flags.csv);
    out.json({ file: flags.csv, gaps: rows });
    if (flags.csv !== "-") {
      out.line(`wrote ${formatCount(rows, "gap")} to ${flags.csv}`);
    }
    return EXIT_CODES.done;
  }
  const { gaps, hasMore } = await listGaps(client, queries, flags.limit);
  out.json({ gaps, has_more: hasMore });
  out.table(COLUMNS, gaps);
  out.line(summaryOf(gaps, hasMore, flags.limit));
  return EXIT_CODES.done;
}

/** Without a word about the state, those that are not settled: open, and tried in vain. */
function statesOf({ state, showUnfillableOnly }: ListFlags): readonly GapQuery[] {
  if (showUnfillableOnly === true) {
    return [{ fillable: false, state: "unfillable" }];
  }
  if (state === undefined) {
    return [{ state: "open" }, { state: "failed" }];
  }
  return [state === "any" ? {} : { state }];
}

function summaryOf(gaps: readonly Gap[], hasMore: boolean, limit: number): string {
  const candles = gaps.reduce((sum, { missing }) => sum + missing, 0);
  const fillable = gaps.filter((gap) => gap.fillable).length;
  const counted = `${formatCount(gaps.length, "gap")}, ${formatCount(candles, "missing candle")}`;
  if (hasMore) {
    return `${counted}; there are more: --limit ${limit * 10} shows them, --csv FILE writes all`;
  }
  return fillable === 0
    ? counted
    : `${counted}; candlehouse repair tries ${formatNumber(fillable)}`;
}

const COLUMNS: readonly Column<Gap>[] = [
  { name: "series", text: ({ series }) => series },
  { name: "from", text: ({ start }) => formatTime(start) },
  { name: "until", leaveOut: 2, text: ({ end }) => formatTime(end) },
  { name: "missing", align: "right", text: ({ missing }) => formatNumber(missing) },
  { name: "class", text: (gap) => gap.class },
  { name: "state", text: ({ state }) => colourState(state) },
  { name: "tries", align: "right", leaveOut: 3, text: ({ attempts }) => formatNumber(attempts) },
  { name: "why", isBelow: true, text: ({ evidence }) => evidence.reason ?? "" },
];
