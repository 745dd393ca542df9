import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystem, type System } from "./system.ts";

/** Each of these pages shows a door by commands that run as they are written. */
const PAGES = [
  "README.md",
  "docs/http-api.md",
  "docs/tradingview.md",
  "docs/binance.md",
  "docs/grafana.md",
  "docs/compare.md",
  "docs/live.md",
  "docs/notebooks.md",
  "docs/alerts.md",
  "docs/cost.md",
];

/** What the pages call the running system. */
const WRITTEN_HOST = /(http:\/\/)?localhost:8787/g;
const SHELL_BLOCK = /^```sh\n([\s\S]*?)^```$/gm;

/** A stream has no end of its own: that it has begun is enough. */
const STREAM_SECONDS = 3;
/** What curl answers where the answer is an error. */
const REFUSED = 22;
/** What `timeout` answers where it ended the command. */
const ENDED_BY_TIMEOUT = 124;

const START_MS = Date.UTC(2026, 2, 2, 10, 0, 20);
const MINUTE_MS = 60_000;

/** Those of the fleet that the pages name. */
const SERIES = [
  { source: "binance", symbol: "BTC-USDT", timeframe: "1m" },
  { source: "binance", symbol: "BTC-USDT", timeframe: "1h" },
  { source: "binance", symbol: "ETH-USDT", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USD", timeframe: "1m" },
  { source: "kraken", symbol: "BTC-USD", timeframe: "1h" },
  { source: "coinbase", symbol: "BTC-USD", timeframe: "1m" },
  { source: "coinbase", symbol: "BTC-USD", timeframe: "1h" },
] as const;

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** A command of a page, as a shell reads it. */
interface Command {
  readonly text: string;
  /** Whether the page says of it that it is refused. */
  readonly isRefused: boolean;
}

const ASSIGNMENT = /^[A-Z]+=/;

/** The commands of a page that call curl, and the assignments that they go by. */
function readPage(page: string): { assignments: string; commands: Command[] } {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), "utf8");
  const all = [...text.matchAll(SHELL_BLOCK)].flatMap(([, block = ""]) => splitCommands(block));
  const assignments = all.filter((command) => ASSIGNMENT.test(command.text));
  return {
    assignments: assignments.map((command) => `${command.text}\n`).join(""),
    commands: all.filter((command) => /(^|[\s(])curl\s/.test(command.text)),
  };
}

/** The commands of a shell block: a line belongs to those before until bash can read them. */
function splitCommands(block: string): Command[] {
  const commands: Command[] = [];
  let [open, isRefused] = ["", false];
  for (const line of block.split("\n").filter((each) => each !== "")) {
    if (line.startsWith("#")) {
      isRefused = line.startsWith("# refused");
      continue;
    }
    open = open === "" ? line : `${open}\n${line}`;
    if (!line.endsWith("\\") && spawnSync("bash", ["-n", "-c", open]).status === 0) {
      commands.push({ text: open, isRefused });
      [open, isRefused] = ["", false];
    }
  }
  return open === "" ? commands : [...commands, { text: open, isRefused }];
}

describe("the commands of the documents", () => {
  const home = mkdtempSync(`${tmpdir()}/candlehouse-curl-`);
  let system: System;
  let origin: string;

  beforeAll(async () => {
    // An answer that is an error fails the command, and is shown.
    writeFileSync(`${home}/.curlrc`, "fail-with-body\nsilent\nshow-error\n");
    system = await startSystem({ startMs: START_MS, speed: 0 });
    await system.addSeries(...SERIES);
    await system.tick();
    system.simulator.setClock({ nowMs: START_MS + MINUTE_MS });
    await system.tick();
    ({ origin } = new URL((await system.harness.listen()).url));
  });

  afterAll(async () => {
    await system.close();
    rmSync(home, { recursive: true });
  });

  async function run(command: string): Promise<Outcome> {
    const isStream = /\s(-N|--no-buffer)\s/.test(command);
    const limit = isStream ? STREAM_SECONDS : 60;
    const child = spawn("timeout", [String(limit), "bash", "-c", command], {
      cwd: home,
      env: { PATH: process.env["PATH"], CURL_HOME: home, HOME: home },
    });
    let output = "";
    let errors = "";
    child.stdout.on("data", (piece: Buffer) => (output += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
    const [code] = (await once(child, "close")) as [number];
    return { code: isStream && code === ENDED_BY_TIMEOUT ? 0 : code, output, errors };
  }

  test.each(PAGES)("those of %s run as they are written", async (page) => {
    const { assignments, commands } = readPage(page);
    expect(commands, "curl commands").not.toHaveLength(0);
    for (const { text, isRefused } of commands) {
      const { code, output, errors } = await run(
        (assignments + text).replaceAll(WRITTEN_HOST, origin),
      );
      const expected = isRefused ? REFUSED : 0;
      const said = code === expected ? "" : `${output}${errors}`;
      expect({ text, code, said }).toEqual({ text, code: expected, said: "" });
    }
  });
});
