import type { Command } from "commander";
import { createClient, type Client } from "./client.ts";
import type { ExitCode } from "./command-error.ts";
import { readConnection, type ConnectionFlags } from "./connection.ts";
import { createOutput, type Output } from "./output.ts";

/** What every command works with. */
export interface Session {
  readonly client: Client;
  readonly out: Output;
}

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/**
 * Runs `command` with its flags and those of the program, and ends the process with the exit
 * code that `run` returns.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the flags are those that the command declares
export async function runCommand<Flags extends object>(
  command: Command,
  run: (session: Session, flags: Flags) => Promise<ExitCode>,
): Promise<void> {
  // Not those of the commands between: they are commands of their own, with defaults of their own.
  const flags = { ...rootOf(command).opts<GlobalFlags>(), ...command.opts<Flags>() };
  const client = createClient(readConnection(flags, process.env));
  process.exitCode = await run({ client, out: createOutput(flags.json === true) }, flags);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
