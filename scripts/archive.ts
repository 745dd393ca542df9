/**
 * The archive's commands, over HTTP: `npm run archive -- run | verify | rebuild-catalog`. Ends with
 * one sentence, and with exit code 1 where something is damaged or could not be done.
 */
import { createClient, type ArchiveClient } from "./archive-client.ts";
import { startProgress } from "./archive-progress.ts";
import { rebuildCatalog, runArchive, verifyArchive, type Outcome } from "./archive-commands.ts";
import { readArchiveSettings, USAGE, type ArchiveSettings } from "./archive-settings.ts";

function main(client: ArchiveClient, settings: ArchiveSettings): Promise<Outcome> {
  const progress = startProgress((line) => process.stdout.write(`${line}\n`), Date.now);
  switch (settings.command) {
    case "run":
      return runArchive(client, settings, progress);
    case "verify":
      return verifyArchive(client, settings, progress);
    case "rebuild-catalog":
      return rebuildCatalog(client, progress);
  }
}

try {
  const settings = readArchiveSettings(process.argv.slice(2), process.env);
  if (settings === undefined) {
    process.stdout.write(`${USAGE}\n`);
  } else {
    const { problems, sentence } = await main(createClient(settings), settings);
    for (const problem of problems) {
      process.stderr.write(`${problem}\n`);
    }
    (problems.length === 0 ? process.stdout : process.stderr).write(`candlehouse: ${sentence}\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  }
} catch (error) {
  process.stderr.write(`candlehouse: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
