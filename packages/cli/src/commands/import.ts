import { IMPORT_FORMATS, type ImportFormat } from "@candlehouse/shared/import/recognise-file";
import { COLUMN_ROLES, TIME_UNITS } from "@candlehouse/shared/import/column-plan";
import { Option, type Command } from "commander";
import { assetsAnswer } from "../answers/series.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { estimateRows } from "../import/estimate-rows.ts";
import { findFiles } from "../import/find-files.ts";
import { Marks } from "../import/marks.ts";
import { planImport, type ImportAction, type PlannedFile } from "../import/plan-import.ts";
import { runImport } from "../import/run-import.ts";
import { exitCodeOfImport, tellPlan, tellResults } from "../import/tell-import.ts";
import {
  addDryRunOption,
  addSelectionOptions,
  addYesOption,
  type SelectionFlags,
} from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { confirmChange } from "../terminal/confirm.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";

interface ImportFlags extends SelectionFlags {
  readonly format?: ImportFormat;
  readonly columns?: string;
  readonly timeUnit?: string;
  readonly keep?: boolean;
  readonly again?: boolean;
  readonly stopOnError?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `candlehouse import` */
export function addImportCommand(program: Command): void {
  const command = program
    .command("import")
    .description("store candles of files: Kraken, Binance, CSV, Parquet")
    .argument("<path...>", "files, or folders with all that is in them");
  addSelectionOptions(command);
  addYesOption(addDryRunOption(command))
    .addOption(
      new Option("--format <format>", "of all files; by their names").choices(IMPORT_FORMATS),
    )
    .option(
      "--columns <map>",
      `where values stand in a CSV, such as time:0,open:1,high:2,low:3,close:4 or by header; ${COLUMN_ROLES.join(", ")}`,
    )
    .addOption(
      new Option("--time-unit <unit>", "of numbers in the time column; auto").choices(TIME_UNITS),
    )
    .addOption(new Option("--move", "move finished files to ingested/ beside them (default)"))
    .addOption(
      new Option("--keep", "leave finished files where they are, and mark them").conflicts("move"),
    )
    .option("--again", "read files again that were imported before")
    .option("--stop-on-error", "stop at the first file, or row, that is not taken")
    .action((paths: string[], _options, self: Command) =>
      runCommand<ImportFlags>(self, (session, flags) => importFiles(session, paths, flags)),
    );
}

async function importFiles(
  session: Session,
  paths: readonly string[],
  flags: ImportFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  const marks = new Marks(client.url);
  const found = await findFiles(paths);
  const plan = planImport(
    found,
    flags,
    await readTiers(session, flags),
    (file) => flags.again !== true && marks.has(file),
  );
  const due = plan.filter(({ action }) => action === "import" || action === "empty");
  const rows = new Map<string, number>();
  for (const file of due) {
    rows.set(file.path, await estimateRows(file));
  }
  if (flags.dryRun === true) {
    out.json({ dry_run: true, files: plan.map((file) => describe(file, rows)) });
    tellPlan(out, plan, rows);
    return EXIT_CODES.done;
  }
  if (due.length > 0 && flags.yes !== true) {
    tellPlan(out, plan, rows);
    await confirmChange(`import ${formatCount(due.length, "file")} (${extentOf(due)})`, false);
  }
  const settings = {
    keep: flags.keep === true,
    again: flags.again === true,
    stopOnError: flags.stopOnError === true,
    ...(flags.columns === undefined ? {} : { columns: flags.columns }),
    ...(flags.timeUnit === undefined ? {} : { timeUnit: flags.timeUnit }),
  };
  const progress = out.progress();
  const onInterrupt = (): void => {
    progress.end();
    out.note("candlehouse: interrupted; the same command goes on where this one stopped");
    process.exit(EXIT_CODES.interrupted);
  };
  process.once("SIGINT", onInterrupt);
  const results = await runImport(client, due, settings, marks, progress).finally(() => {
    process.off("SIGINT", onInterrupt);
    progress.end();
  });
  return tellAll(session, plan, results, due.length);
}

function tellAll(
  { out }: Session,
  plan: readonly PlannedFile[],
  results: Awaited<ReturnType<typeof runImport>>,
  due: number,
): ExitCode {
  const isStopped = results.length < due;
  const unknown = plan.filter(({ action }) => action === "unknown");
  out.json({
    files: results.map(({ shown: _shown, ...result }) => result),
    skipped: plan
      .filter(({ action }) => SKIPPED.has(action))
      .map(({ path, action, reason }) => ({ path, action, reason })),
    stopped: isStopped,
  });
  tellResults(out, plan, results, isStopped);
  return exitCodeOfImport(results, unknown.length, isStopped);
}

const SKIPPED: ReadonlySet<ImportAction> = new Set(["done", "left out", "unknown"]);

/** The tier of each asset, where tiers matter. */
async function readTiers({ client }: Session, { tier }: SelectionFlags) {
  if (tier === undefined) {
    return new Map<string, number>();
  }
  const { assets } = await client.ask(assetsAnswer, { path: "/v1/assets" });
  return new Map(assets.map(({ ticker, tier: of }) => [ticker, of]));
}

function describe(file: PlannedFile, rows: ReadonlyMap<string, number>) {
  const { path, bytes, format, series, action, reason } = file;
  return { path, action, reason, format, series, bytes, rows_estimated: rows.get(path) };
}

function extentOf(due: readonly PlannedFile[]): string {
  return formatBytes(due.reduce((sum, { bytes }) => sum + bytes, 0));
}
