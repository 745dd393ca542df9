/** How the process ends; docs/command-line.md tells its users. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  usage: 2,
  /** It ran to its end, but what it lists is not right: gaps are left, files were rejected. */
  problems: 3,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Ends the command with a sentence that says what is wrong and what to do next. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(sentence: string, exitCode: ExitCode = EXIT_CODES.failed, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

/** The command line or the configuration cannot be meant. */
export function usageError(sentence: string): CommandError {
  return new CommandError(sentence, EXIT_CODES.usage);
}

/** What a failure says for itself. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
