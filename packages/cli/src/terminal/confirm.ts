import { CommandError, EXIT_CODES, usageError } from "../command-error.ts";

/** Whether somebody sits there who can be asked. */
function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Passes where the user says yes, or said --yes. Throws a CommandError where they say no, and where
 * nobody can be asked: what changes much is not begun on a guess.
 */
export async function confirmChange(change: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) {
    return;
  }
  if (!canAsk()) {
    throw usageError(
      `this would ${change}, and there is no terminal to ask at: add --yes to do it, or --dry-run to see more`,
    );
  }
  // Loaded where somebody is asked: every other start is faster without it.
  const { confirm, isCancel } = await import("@clack/prompts");
  process.stderr.write(`This would ${change}.\n`);
  const answer = await confirm({
    message: "Go on?",
    initialValue: false,
    output: process.stderr,
    withGuide: false,
  });
  if (isCancel(answer)) {
    throw new CommandError("nothing was changed", EXIT_CODES.interrupted);
  }
  if (!answer) {
    throw new CommandError("nothing was changed: the answer was no");
  }
}
