import { Option, type Command } from "commander";
import { assetSet, assetsAnswer, type Asset } from "../answers/series.ts";
import { EXIT_CODES, usageError, type ExitCode } from "../command-error.ts";
import { readTime, TIERS } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatDay } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

const CATEGORIES = ["CRYPTO", "STOCK", "COMMODITY", "CURRENCY"];

interface ListFlags {
  readonly tier?: string;
  readonly category?: string;
}

interface SetFlags extends ListFlags {
  readonly name?: string;
  readonly alias?: readonly string[];
  readonly successor?: string;
  readonly validFrom?: number;
  readonly validUntil?: number;
}

/** `candlehouse assets` */
export function addAssetsCommand(program: Command): void {
  const assets = program
    .command("assets")
    .description("what is known of assets: list, set")
    .enablePositionalOptions();
  for (const command of [assets, assets.command("list", { hidden: true })]) {
    addTierAndCategory(command).action((_options, self: Command) =>
      runCommand<ListFlags>(self, listAssets),
    );
  }
  const set = assets
    .command("set")
    .description("give an asset a tier, a name, aliases or a successor")
    .argument("<ticker>", "such as BTC");
  addTierAndCategory(set)
    .option("--name <name>", "its name, such as Bitcoin")
    .addOption(
      new Option("--alias <ticker>", "another name that people use; several by commas").argParser(
        (text: string, before?: readonly string[]) => [...(before ?? []), ...text.split(",")],
      ),
    )
    .option("--successor <ticker>", "the asset that took its place")
    .addOption(new Option("--valid-from <time>", "inclusive").argParser(readTime))
    .addOption(new Option("--valid-until <time>", "exclusive").argParser(readTime))
    .action((ticker: string, _options, command: Command) =>
      runCommand<SetFlags>(command, (session, flags) => setAsset(session, ticker, flags)),
    );
}

function addTierAndCategory(command: Command): Command {
  return command
    .addOption(new Option("--tier <n>", "1 is collected first").choices(TIERS))
    .addOption(new Option("--category <category>", "what it is").choices(CATEGORIES));
}

async function listAssets(
  { client, out }: Session,
  { tier, category }: ListFlags,
): Promise<ExitCode> {
  const answer = await client.ask(assetsAnswer, { path: "/v1/assets", query: { tier, category } });
  out.json(answer);
  out.table(COLUMNS, answer.assets);
  out.line(formatCount(answer.assets.length, "asset"));
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column<Asset>[] = [
  { name: "ticker", text: ({ ticker }) => ticker },
  { name: "name", mayShrink: true, text: ({ name }) => name ?? "" },
  { name: "category", leaveOut: 1, text: ({ category }) => category },
  { name: "tier", align: "right", text: ({ tier }) => String(tier) },
  { name: "given by", leaveOut: 2, text: ({ assigned }) => assigned },
  { name: "aliases", mayShrink: true, text: ({ aliases }) => aliases.join(", ") },
  { name: "successor", text: ({ successor }) => successor ?? "" },
  {
    name: "valid",
    text: ({ valid_from, valid_until }) =>
      valid_from === null && valid_until === null
        ? ""
        : `${valid_from === null ? "" : formatDay(valid_from)} … ${valid_until === null ? "" : formatDay(valid_until)}`,
  },
];

async function setAsset(
  { client, out }: Session,
  ticker: string,
  flags: SetFlags,
): Promise<ExitCode> {
  const { tier, category, name, alias, successor, validFrom, validUntil } = flags;
  const body = {
    ...(tier === undefined ? {} : { tier: Number(tier) }),
    ...(category === undefined ? {} : { category }),
    ...(name === undefined ? {} : { name }),
    ...(alias === undefined ? {} : { aliases: alias }),
    ...(successor === undefined ? {} : { successor }),
    ...(validFrom === undefined ? {} : { valid_from: validFrom }),
    ...(validUntil === undefined ? {} : { valid_until: validUntil }),
  };
  if (Object.keys(body).length === 0) {
    throw usageError("say what to set: --tier, --name, --alias, --successor or another option");
  }
  const path = `/v1/assets/${encodeURIComponent(ticker.toUpperCase())}`;
  const answer = await client.ask(assetSet, { method: "PUT", path, body });
  out.json(answer);
  out.line(answer.message);
  return EXIT_CODES.done;
}
