/**
 * Prints what a month of fleets costs: a simulation, minute by minute, by the code that plans the
 * work, with what is billed counted as the ledger counts it.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";

const USAGE = `npm run simulate-month [-- --fleet NAME|FILE.json] [--days 30] [--json]

  --fleet         tokens-13-hourly, tokens-25, default, series-1000, or a file in the form of
                  workers/producer/fleet.json; may be given more than once; default all four
  --days          from 1 to 366; default 30
  --json          all figures
  --help          this text`;

const root = new URL("../", import.meta.url).pathname;

/** What took less needs no word of how far it is. */
const QUIET_MS = 2_000;

interface Order {
  readonly fleets: readonly { readonly name: string; readonly file?: unknown }[];
  readonly days: number;
  readonly isJson: boolean;
  readonly onProgress: (fleet: string, ratio: number) => void;
}

const commandModule = z.object({
  simulateFleets: z.custom<(order: Order) => Promise<string>>(
    (value) => typeof value === "function",
  ),
});

/** Reads the command line. Throws a sentence with the offending value; undefined asks for help. */
function readOrder(commandLine: readonly string[]): Omit<Order, "onProgress"> | undefined {
  const { values } = parseArgs({
    args: [...commandLine],
    options: {
      fleet: { type: "string", multiple: true },
      days: { type: "string", default: "30" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 366) {
    throw new Error(`--days is a whole number from 1 to 366, not ${values.days}`);
  }
  const fleets = (values.fleet ?? []).map((name) =>
    name.endsWith(".json") ? { name, file: JSON.parse(readFileSync(name, "utf8")) } : { name },
  );
  return values.help ? undefined : { fleets, days, isJson: values.json };
}

/** Says on a terminal how far a long simulation is, and how long it will take. */
function progressPrinter(): (fleet: string, ratio: number) => void {
  const startedMs = Date.now();
  let shownMs = startedMs + QUIET_MS;
  return (fleet, ratio) => {
    const nowMs = Date.now();
    if (process.stderr.isTTY && nowMs >= shownMs && ratio < 1) {
      shownMs = nowMs + 500;
      const seconds = Math.ceil(((nowMs - startedMs) / 1_000) * (1 / ratio - 1));
      process.stderr.write(`\r\u001B[K${fleet}: ${Math.floor(ratio * 100)} %, ${seconds} s left`);
    } else if (process.stderr.isTTY && ratio >= 1 && shownMs !== startedMs + QUIET_MS) {
      process.stderr.write("\r\u001B[K");
    }
  };
}

async function main(): Promise<void> {
  const order = readOrder(process.argv.slice(2));
  if (order === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  // It knows the platform's types, which are not those of Node.
  const path = `${root}workers/producer/src/simulation/command.ts`;
  const { simulateFleets } = commandModule.parse(await import(path));
  const text = await simulateFleets({ ...order, onProgress: progressPrinter() });
  process.stdout.write(`${text}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
});
