import { globSync, readFileSync } from "node:fs";
import { CommanderError, type Command } from "commander";
import { describe, expect, test } from "vitest";
import { createProgram, hoistOptions } from "../src/program.ts";

const root = new URL("../../../", import.meta.url).pathname;
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  ...globSync("docs/*.md", { cwd: root }),
];

/** A command as a page has it. */
interface Written {
  readonly text: string;
  /** Whether it stands in a sentence, where it may be named without what it needs. */
  readonly isNamed: boolean;
}

const COMMAND = /(?<![\w./-])(?:npm run candlehouse -- |candlehouse )([a-z][^\n]*)/g;

function commandsOf(page: string): Written[] {
  const text = readFileSync(`${root}${page}`, "utf8");
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = ""]) => block);
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  return [
    ...writtenIn(blocks, false),
    ...writtenIn(
      spans.filter((span) => /^(npm run candlehouse -- |candlehouse )/.test(span)),
      true,
    ),
  ];
}

function writtenIn(sources: readonly string[], isNamed: boolean): Written[] {
  return sources
    .flatMap((source) => [...source.matchAll(COMMAND)])
    .map(([, text = ""]) => ({ text, isNamed }));
}

/** The words of a command up to what the shell reads for itself; `ID` stands for any id. */
function wordsOf(text: string): string[] {
  const [own = ""] = text.split(/ #| [|>]|[;)]|&&/);
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map(([word, ...parts]) => parts.find((part) => part !== undefined) ?? word)
    .map((word) => (word === "ID" ? "a".repeat(64) : word));
}

/** The command line, which does nothing and says nothing. */
function silentProgram(): Command {
  const program = createProgram();
  const silence = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    command.action(() => undefined);
    command.commands.forEach(silence);
  };
  silence(program);
  return program;
}

/** What is wrong with the command; undefined where it can be meant. */
async function refusalOf({ text, isNamed }: Written): Promise<string | undefined> {
  const program = silentProgram();
  try {
    await program.parseAsync(hoistOptions(program, wordsOf(text)), { from: "user" });
    return undefined;
  } catch (error) {
    const isShort = error instanceof CommanderError && error.code === "commander.missingArgument";
    return isNamed && isShort ? undefined : `${text}: ${String(error)}`;
  }
}

describe("the documents", () => {
  test("have commands", () => {
    expect(pages.flatMap(commandsOf).length).toBeGreaterThan(100);
  });

  test.each(pages)("name no command, option or value that is refused: %s", async (page) => {
    const refusals = await Promise.all(commandsOf(page).map(refusalOf));
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([]);
  });
});
