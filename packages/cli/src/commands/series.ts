import type { Series } from "@candlehouse/shared/core/series";
import { Option, type Command } from "commander";
import { seriesAdded, type SeriesEntry } from "../answers/series.ts";
import { changeSeries, type ChangeFlags, type SeriesChange } from "../change-series.ts";
import { EXIT_CODES, usageError, type ExitCode } from "../command-error.ts";
import {
  addDryRunOption,
  addSelectionOptions,
  addYesOption,
  collectSeries,
  TIERS,
  type SelectionFlags,
} from "../options.ts";
import { isTroubled } from "../late-series.ts";
import { findSeries, namesOf } from "../select-series.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatDuration, formatTime } from "../terminal/format.ts";
import { colourState } from "../terminal/state-colour.ts";
import type { Column } from "../terminal/table.ts";

interface ListFlags extends SelectionFlags {
  readonly enabled?: boolean;
  readonly late?: boolean;
}

interface AddFlags {
  readonly tier?: string;
  readonly nativeSymbol?: string;
  readonly disabled?: boolean;
}

/** `candlehouse series` */
export function addSeriesCommand(program: Command): void {
  const series = program
    .command("series")
    .description("what is collected: list, add, enable, disable, tier")
    .enablePositionalOptions();
  addListOptions(series);
  addListOptions(series.command("list", { hidden: true }).description("what is collected"));
  series
    .command("add")
    .description("add series, to be collected from now on")
    .argument("<series...>", "such as binance:BTC-USDT:1m", collectSeries)
    .addOption(new Option("--tier <n>", "1 is collected first").choices(TIERS))
    .option("--native-symbol <name>", "the source's own name of the market, where it differs")
    .option("--disabled", "note it, but do not collect it")
    .action((names: Series[], _options, command: Command) =>
      runCommand<AddFlags>(command, (session, flags) => add(session, names, flags)),
    );
  addChange(series, "enable", "collect series again", { enabled: true });
  addChange(series, "disable", "collect series no more; their candles stay", { enabled: false });
  const tier = series
    .command("tier")
    .description("give series a tier: 1 is collected first, 4 last")
    .addArgument(tierArgument(series));
  addChangeOptions(tier).action(
    (text: string, names: Series[] | undefined, _options, command: Command) =>
      runCommand<ChangeFlags>(command, (session, flags) =>
        changeSeries(
          session,
          names ?? [],
          flags,
          { tier: text === "asset" ? null : Number(text) },
          `give the tier ${text === "asset" ? "of the asset" : text}`,
        ),
      ),
  );
}

function addListOptions(command: Command): void {
  addSelectionOptions(command)
    .option("--enabled", "only those that are collected")
    .option("--late", "only those that are late or fail")
    .action((_options, self: Command) => runCommand(self, listAll));
}

function tierArgument(command: Command) {
  return command
    .createArgument("<n>", "the tier, or asset for that of its asset")
    .choices([...TIERS, "asset"]);
}

function addChange(parent: Command, name: string, description: string, set: SeriesChange): void {
  const command = parent.command(name).description(description);
  addChangeOptions(command).action((names: Series[] | undefined, _options, self: Command) =>
    runCommand<ChangeFlags>(self, (session, flags) =>
      changeSeries(session, names ?? [], flags, set, name),
    ),
  );
}

function addChangeOptions(command: Command): Command {
  command.argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries);
  return addYesOption(addDryRunOption(addSelectionOptions(command)));
}

async function listAll({ client, out }: Session, flags: ListFlags): Promise<ExitCode> {
  const { enabled, late } = flags;
  const found = await findSeries(client, flags, enabled === undefined ? {} : { enabled });
  const series = late === true ? found.filter(isTroubled) : found;
  out.json({ series });
  out.table(COLUMNS, series);
  const lateCount = series.filter(isTroubled).length;
  out.line(
    found.length === 0
      ? "no series: candlehouse series add adds one"
      : `${formatCount(found.length, "series")}, ${lateCount === 0 ? "none" : lateCount} late or failing`,
  );
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column<SeriesEntry>[] = [
  { name: "series", text: ({ id }) => id },
  { name: "tier", align: "right", text: ({ tier }) => String(tier) },
  { name: "state", text: (series) => colourState(stateOf(series)) },
  { name: "first", leaveOut: 2, text: ({ first_timestamp }) => formatTime(first_timestamp) },
  { name: "newest", text: ({ last_timestamp }) => formatTime(last_timestamp) },
  {
    name: "late",
    align: "right",
    text: ({ late_seconds }) =>
      late_seconds === null ? "–" : late_seconds === 0 ? "no" : formatDuration(late_seconds),
  },
  {
    name: "last error",
    isBelow: true,
    text: ({ last_error }) => last_error?.message ?? last_error?.code ?? "",
  },
];

function stateOf({ enabled, failure_count, catch_up }: SeriesEntry): string {
  if (!enabled) {
    return "disabled";
  }
  return failure_count > 0 ? "failing" : catch_up === null ? "ok" : "catching up";
}

async function add(
  { client, out }: Session,
  names: readonly Series[],
  { tier, nativeSymbol, disabled }: AddFlags,
): Promise<ExitCode> {
  if (nativeSymbol !== undefined && new Set(names.map(({ symbol }) => symbol)).size > 1) {
    throw usageError("--native-symbol is the name of one market: add them one by one");
  }
  const answer = await client.ask(seriesAdded, {
    method: "POST",
    path: "/v1/series",
    body: {
      series: namesOf(names),
      ...(tier === undefined ? {} : { tier: Number(tier) }),
      ...(nativeSymbol === undefined ? {} : { native_symbol: nativeSymbol }),
      ...(disabled === true ? { enabled: false } : {}),
    },
  });
  out.json(answer);
  for (const name of answer.added) {
    out.line(`added  ${name}`);
  }
  for (const name of answer.known) {
    out.line(`known  ${name}`);
  }
  out.line(answer.message);
  return EXIT_CODES.done;
}
