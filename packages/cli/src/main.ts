/** Reads the command line and does what it says. */
import { CommandError, EXIT_CODES, sentenceOf } from "./command-error.ts";
import { createProgram, hoistOptions, isToldAlready } from "./program.ts";

// Who reads our output may close it, as `head` does: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") {
    process.exit(EXIT_CODES.done);
  }
  throw error;
});

try {
  const program = createProgram();
  await program.parseAsync(hoistOptions(program, process.argv.slice(2)), { from: "user" });
} catch (error) {
  if (isToldAlready(error)) {
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.usage;
  } else {
    process.stderr.write(`candlehouse: ${sentenceOf(error)}\n`);
    process.exitCode = error instanceof CommandError ? error.exitCode : EXIT_CODES.failed;
  }
}
