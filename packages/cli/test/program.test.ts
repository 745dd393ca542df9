import { describe, expect, test } from "vitest";
import { createProgram, hoistOptions } from "../src/program.ts";
import { runCli } from "./run-cli.ts";

describe("options of the program", () => {
  test.each([
    [
      ["status", "--json"],
      ["--json", "status"],
    ],
    [
      ["gaps", "scan", "--url", "http://a", "--tier", "1"],
      ["--url", "http://a", "gaps", "scan", "--tier", "1"],
    ],
    [
      ["gaps", "--key=x", "--csv", "f"],
      ["--key=x", "gaps", "--csv", "f"],
    ],
    [
      ["complete", "--", "gaps", "--json"],
      ["complete", "--", "gaps", "--json"],
    ],
    [
      ["status", "--url"],
      ["--url", "status"],
    ],
  ])("may stand anywhere: %j is read as %j", (given, read) => {
    expect(hoistOptions(createProgram(), given)).toEqual(read);
  });
});

describe("help", () => {
  test("lists every command, and where address and key come from", async () => {
    const { code, out } = await runCli(["--help"]);
    expect(code).toBe(0);
    for (const name of ["status", "backfill", "import", "rebuild-catalog", "completion"]) {
      expect(out).toMatch(new RegExp(`^  ${name} +\\w`, "m"));
    }
    expect(out).toContain("~/.config/candlehouse/config.json");
    expect(out.split("\n").filter((line) => line.length > 90)).toEqual([]);
  });

  test.each(["series", "assets", "backfill", "gaps"])(
    "of %s names what is below it",
    async (name) => {
      const { code, out } = await runCli([name, "--help"]);
      expect(code).toBe(0);
      expect(out).toContain("Commands:");
    },
  );

  test("an option of a command is none of the commands below it", async () => {
    const { code, err } = await runCli(["gaps", "scan", "--csv", "file"]);
    expect(code).toBe(2);
    expect(err).toBe("candlehouse: unknown option '--csv'; --help tells more\n");
  });
});
