import { parseArgs } from "node:util";

export const USAGE = `npm run archive -- run | verify | rebuild-catalog

  run              archives all that has left the hot window, and waits until it is done
  verify           reads the files again, byte by byte, and checks their history
    --partition    of one partition of a series only, such as 2026-10
  rebuild-catalog  rebuilds the manifest from the files on R2 alone

  --series         run, verify: of one series only, such as binance:BTC-USDT:1m

  --url            where the system answers; default http://localhost:8787
  --key            the key that may write; default the variable CANDLEHOUSE_KEY
  --help           this text`;

const COMMANDS = ["run", "verify", "rebuild-catalog"] as const;

/** What was asked for. */
export interface ArchiveSettings {
  readonly command: (typeof COMMANDS)[number];
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
  readonly series: string | undefined;
  readonly partition: string | undefined;
}

/**
 * Reads the command line and the environment; undefined where the help is asked for. Throws a
 * sentence with the offending value.
 */
export function readArchiveSettings(
  commandLine: readonly string[],
  environment: NodeJS.ProcessEnv,
): ArchiveSettings | undefined {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      series: { type: "string" },
      partition: { type: "string" },
      url: { type: "string" },
      key: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    return undefined;
  }
  const [name, ...more] = positionals;
  const command = COMMANDS.find((one) => one === name);
  if (command === undefined || more.length > 0) {
    throw new Error(
      `${JSON.stringify(positionals.join(" "))} is no command: there are ${COMMANDS.join(", ")}; --help tells more`,
    );
  }
  const { series, partition } = values;
  const isOfAll = command === "rebuild-catalog";
  expectOption("--series", series !== undefined && isOfAll, "run and verify");
  expectOption("--partition", partition !== undefined && command !== "verify", "verify");
  return {
    command,
    url: (values.url ?? "http://localhost:8787").replace(/\/+$/, ""),
    key: values.key ?? (environment["CANDLEHOUSE_KEY"] || undefined),
    series,
    partition,
  };
}

function expectOption(option: string, isElsewhere: boolean, command: string): void {
  if (isElsewhere) {
    throw new Error(`${option} is for ${command}`);
  }
}
