import tab from "@bomb.sh/tab/commander";
import { Command, CommanderError } from "commander";
import { addAlertsCommand } from "./commands/alerts.ts";
import { addArchiveCommands } from "./commands/archive.ts";
import { addAssetsCommand } from "./commands/assets.ts";
import { addAuditCommand } from "./commands/audit.ts";
import { addBackfillCommand } from "./commands/backfill.ts";
import { addCompletenessCommand } from "./commands/completeness.ts";
import { addCostCommand } from "./commands/cost.ts";
import { addDeadLettersCommand } from "./commands/dead-letters.ts";
import { addExportCommand } from "./commands/export.ts";
import { addGapsCommand } from "./commands/gaps.ts";
import { addImportCommand } from "./commands/import.ts";
import { addKeysCommand } from "./commands/keys.ts";
import { addRepairCommand } from "./commands/repair.ts";
import { addSeriesCommand } from "./commands/series.ts";
import { addStatsCommand } from "./commands/stats.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addTriggerCommand } from "./commands/trigger.ts";

const COMMANDS = [
  addStatusCommand,
  addStatsCommand,
  addCostCommand,
  addSeriesCommand,
  addAssetsCommand,
  addTriggerCommand,
  addBackfillCommand,
  addGapsCommand,
  addRepairCommand,
  addCompletenessCommand,
  addImportCommand,
  addExportCommand,
  addArchiveCommands,
  addDeadLettersCommand,
  addAlertsCommand,
  addKeysCommand,
  addAuditCommand,
];

const EPILOGUE = `
Where the system answers and the key to show come from the options, else from
CANDLEHOUSE_URL and CANDLEHOUSE_KEY, else from ~/.config/candlehouse/config.json.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with problems, 130 interrupted.`;

/** The command line as a whole. Nothing is read or asked before it is parsed. */
export function createProgram(): Command {
  const program = new Command("candlehouse")
    .description("a warehouse of market candles: collect, backfill, import, check, export")
    .option("--url <url>", "where the system answers; http://localhost:8787")
    .option("--key <key>", "the key to show")
    .option("--config <file>", "configuration file, JSON with url and key")
    .option("--json", "answer with one JSON document on standard output")
    .enablePositionalOptions()
    .exitOverride()
    .helpOption("-h, --help", "this text")
    .helpCommand(false)
    .configureHelp({ optionDescription: describeOption, subcommandTerm: (one) => one.name() })
    .configureOutput({ outputError: (text, write) => write(toSentence(text)) })
    .addHelpText("after", EPILOGUE)
    .showSuggestionAfterError();
  for (const add of COMMANDS) {
    add(program);
  }
  tab(program, { completionCommandName: "completion" });
  program.commands
    .find((one) => one.name() === "completion")
    ?.description("print a script that completes words: zsh, bash, fish, powershell");
  return program;
}

/**
 * `commandLine` with the options of `program` itself at its front: they may stand anywhere, while
 * those of each command are its own, and not those of the commands below it.
 */
export function hoistOptions(program: Command, commandLine: readonly string[]): string[] {
  const hoisted: string[] = [];
  const rest: string[] = [];
  const end = commandLine.includes("--") ? commandLine.indexOf("--") : commandLine.length;
  for (let at = 0; at < end; at += 1) {
    const word = commandLine[at] ?? "";
    const [name = ""] = word.split("=");
    const option = program.options.find(({ long }) => long === name);
    const hasValue = option?.required === true && !word.includes("=") && at + 1 < end;
    const words = commandLine.slice(at, at + (hasValue ? 2 : 1));
    (option === undefined ? rest : hoisted).push(...words);
    at += words.length - 1;
  }
  return [...hoisted, ...rest, ...commandLine.slice(end)];
}

/** Whether `error` is Commander's way to end: help was shown, or what is wrong was told. */
export function isToldAlready(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}

/** Choices are for completion; in the help they would be most of it. */
function describeOption({
  description,
  argChoices = [],
}: {
  readonly description: string;
  readonly argChoices?: string[];
}): string {
  return argChoices.length === 0 || argChoices.length > 8
    ? description
    : `${description} (${argChoices.join(", ")})`;
}

/** Commander's `error: …` and what it suggests, in one line like all of ours. */
function toSentence(text: string): string {
  const [first = "", ...more] = text.trim().split("\n");
  const sentence = first
    .replace(/^error: /, "")
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\. /, "'$1' is no $2: ")
    .replace(/^option '(.*?)' argument '(.*)' is invalid\. /, "$1 cannot be '$2': ")
    .replace(/\.$/, "");
  return `candlehouse: ${[sentence, ...more].join(" ")}; --help tells more\n`;
}
