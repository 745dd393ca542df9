import { parseSeries } from "@candlehouse/shared/core/series";
import { InvalidArgumentError, Option, type Command } from "commander";
import { rebuildCatalog, runArchive, verifyArchive, type Outcome } from "../archive-work.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { runCommand, type Session } from "../session.ts";
import type { Progress } from "../terminal/progress.ts";

interface SeriesFlag {
  readonly series?: string;
}

interface PartitionFlags extends SeriesFlag {
  readonly partition?: string;
}

/** `candlehouse archive`, `candlehouse verify` and `candlehouse rebuild-catalog` */
export function addArchiveCommands(program: Command): void {
  program
    .command("archive")
    .description("move what has left the hot window to Parquet files")
    .addOption(seriesOption())
    .action((_options, command: Command) =>
      runCommand<SeriesFlag>(command, (session, { series }) =>
        work(session, (progress) => runArchive(session.client, series, progress)),
      ),
    );
  program
    .command("verify")
    .description("read the archive again, byte by byte")
    .addOption(seriesOption())
    .option("--partition <partition>", "one partition of the series only, such as 2026-10")
    .action((_options, command: Command) =>
      runCommand<PartitionFlags>(command, (session, flags) =>
        work(session, (progress) => verifyArchive(session.client, flags, progress)),
      ),
    );
  program
    .command("rebuild-catalog")
    .description("rebuild the manifest from the files alone")
    .action((_options, command: Command) =>
      runCommand(command, (session) =>
        work(session, (progress) => rebuildCatalog(session.client, progress)),
      ),
    );
}

function seriesOption(): Option {
  return new Option("--series <series>", "one series only, such as binance:BTC-USDT:1m").argParser(
    (text: string) => {
      if (parseSeries(text) === undefined) {
        throw new InvalidArgumentError("A series is such as binance:BTC-USDT:1m.");
      }
      return text;
    },
  );
}

/** Problems are told on standard error, a line each; the sentence is the answer. */
async function work(
  { out }: Session,
  run: (progress: Progress) => Promise<Outcome>,
): Promise<ExitCode> {
  const progress = out.progress();
  const { problems, sentence, sums } = await run(progress).finally(() => progress.end());
  out.json({ ...sums, problems });
  for (const problem of problems) {
    out.note(problem);
  }
  if (problems.length === 0) {
    out.line(sentence);
    return EXIT_CODES.done;
  }
  out.note(`candlehouse: ${sentence}`);
  return EXIT_CODES.problems;
}
