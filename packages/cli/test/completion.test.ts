import { spawnSync } from "node:child_process";
import { mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

/** The words that a shell would offer behind `line`; the last one is being written. */
async function wordsFor(...line: readonly string[]): Promise<string[]> {
  const { code, out } = await runCli(["complete", "--", ...line]);
  expect(code).toBe(0);
  return out
    .split("\n")
    .filter((word) => word !== "" && !word.startsWith(":"))
    .map((word) => word.split("\t")[0] ?? "");
}

describe("completion", () => {
  test.each([
    [["s"], ["status", "stats", "series"]],
    [["backfill", "p"], ["pause"]],
    [["backfill", "--so"], ["--source"]],
    [["gaps", "--state", "un"], ["unfillable"]],
    [
      ["series", "tier", ""],
      ["1", "2", "3", "4", "asset"],
    ],
  ])("of %j offers %j", async (line, words) => {
    expect(await wordsFor(...line)).toEqual(words);
  });

  test("offers the choices of an option", async () => {
    expect(await wordsFor("export", "binance:BTC-USDT:1m", "--format", "")).toEqual([
      "csv",
      "ndjson",
    ]);
  });

  test("prints a script that bash reads, and by which it completes", async () => {
    const { out } = await runCli(["completion", "bash"]);
    const folder = mkdtempSync(join(tmpdir(), "candlehouse-bin-"));
    const command = new URL("../src/candlehouse.ts", import.meta.url).pathname;
    symlinkSync(command, join(folder, "candlehouse"));
    // What the package bash-completion brings, for a line without quotes.
    const words = `_get_comp_words_by_ref() { cur="\${COMP_WORDS[COMP_CWORD]}"; words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; }`;
    const ask = `COMP_WORDS=(candlehouse repair --cl); COMP_CWORD=2; __candlehouse_complete 2>/dev/null; echo "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync("bash", ["-c", `${words}\n${out}\n${ask}`], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` },
    });
    expect(stdout).toBe("--class\n");
  });
});
