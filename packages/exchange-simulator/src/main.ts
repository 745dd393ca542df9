/** Runs a simulator until SIGINT or SIGTERM. `--help` lists the options. */
import { parseArgs } from "node:util";
import { startSimulator, type SimulatorOptions } from "./index.ts";
import { SOURCE_HOSTS } from "./sources.ts";

const USAGE = `node packages/exchange-simulator/src/main.ts [options]

  --port NUMBER        port on 127.0.0.1; default any free one
  --recordings FOLDER  recorded candles; default none, all is random
  --seed NUMBER        of the random market; default 1
  --start TIME         simulated time at the start, ISO 8601 or unix ms; default now
  --speed NUMBER       simulated seconds per real second; default 1
  --latency NUMBER     milliseconds added to each answer; default 0`;

const OPTIONS = {
  port: { type: "string" },
  recordings: { type: "string" },
  seed: { type: "string" },
  start: { type: "string" },
  speed: { type: "string" },
  latency: { type: "string" },
  help: { type: "boolean" },
} as const;

function optionsOf(
  values: Readonly<Record<string, string | boolean | undefined>>,
): SimulatorOptions {
  const options: SimulatorOptions = {};
  const numbers = { port: "port", seed: "seed", speed: "speed", latency: "latencyMs" } as const;
  for (const [name, option] of Object.entries(numbers)) {
    if (values[name] !== undefined) {
      options[option] = numberOf(name, String(values[name]));
    }
  }
  if (typeof values["recordings"] === "string") {
    options.recordings = values["recordings"];
  }
  if (typeof values["start"] === "string") {
    const start = values["start"];
    options.startMs = /^\d+$/.test(start) ? Number(start) : Date.parse(start);
    if (Number.isNaN(options.startMs)) {
      throw new Error(`--start is not valid: ${start}`);
    }
  }
  return options;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${name} is not valid: ${text}`);
  }
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) {
    print(USAGE);
    return;
  }
  const options = optionsOf(values);
  const simulator = await startSimulator(options);
  print(`Exchange simulator at ${simulator.url}`);
  print(
    `  simulated time ${new Date(simulator.nowMs()).toISOString()}, speed ${options.speed ?? 1}`,
  );
  print(
    `  candles: ${options.recordings ?? "no recordings"}, else random with seed ${options.seed ?? 1}`,
  );
  for (const host of SOURCE_HOSTS) {
    print(`  ${simulator.url}/${host}`);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void simulator.close();
    });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
