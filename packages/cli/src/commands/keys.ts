import { RATES, SCOPES } from "@candlehouse/shared/core/access";
import { isKeyId } from "@candlehouse/shared/core/api-key";
import { InvalidArgumentError, Option, type Command } from "commander";
import { keyAnswer, keysAnswer, newKeyAnswer, type Key } from "../answers/access.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { readPositive, readTime } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import { colourState } from "../terminal/state-colour.ts";
import type { Column } from "../terminal/table.ts";

/** Keys in one page of the list. */
const PAGE_KEYS = 1_000;

const DAY_SECONDS = 86_400;

interface CreateFlags {
  readonly scope: string;
  readonly rate?: string;
  /** Unix seconds. */
  readonly expires?: number;
  readonly days?: number;
}

/** `candlehouse keys` */
export function addKeysCommand(program: Command): void {
  const keys = program
    .command("keys")
    .description("who may do what: list, create, revoke")
    .enablePositionalOptions();
  for (const command of [keys, keys.command("list", { hidden: true })]) {
    command.action((_options, self: Command) => runCommand(self, list));
  }
  keys
    .command("create")
    .description("make a key, and print it this once")
    .argument("<name>", "what it is for, such as 'trading bot'")
    .addOption(
      new Option("--scope <scope>", "what it may do").choices(SCOPES).makeOptionMandatory(),
    )
    .addOption(new Option("--rate <n>", "requests a minute").choices(RATES.map(String)))
    .addOption(
      new Option("--expires <time>", "from then on it is refused; never").argParser(readTime),
    )
    .addOption(
      new Option("--days <n>", "it is good for so many days")
        .argParser(readPositive)
        .conflicts("expires"),
    )
    .action((name: string, _options, self: Command) =>
      runCommand<CreateFlags>(self, (session, flags) => create(session, name, flags)),
    );
  keys
    .command("revoke")
    .description("let nobody in by a key any more")
    .argument("<id...>", "as the list has it", collectIds)
    .action((ids: readonly string[], _options, self: Command) =>
      runCommand(self, (session) => revoke(session, ids)),
    );
}

async function list({ client, out }: Session): Promise<ExitCode> {
  const keys: Key[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE_KEYS, cursor };
    const page = await client.ask(keysAnswer, { path: "/v1/keys", query });
    keys.push(...page.keys);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  out.json({ keys });
  out.table(COLUMNS, keys);
  const live = keys.filter(({ state }) => state === "live").length;
  out.line(keys.length === 0 ? "no key" : `${formatCount(keys.length, "key")}, ${live} live`);
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column<Key>[] = [
  { name: "id", text: ({ id }) => id },
  { name: "for", mayShrink: true, text: ({ name }) => name },
  { name: "scope", text: ({ scope }) => scope },
  { name: "state", text: ({ state }) => colourState(state) },
  {
    name: "a minute",
    align: "right",
    leaveOut: 2,
    text: ({ rate }) => (rate === null ? "–" : formatNumber(rate)),
  },
  { name: "created", leaveOut: 3, text: ({ created_at: at }) => formatTime(at) },
  { name: "expires", text: ({ expires_at: at }) => (at === null ? "never" : formatTime(at)) },
  { name: "used", leaveOut: 1, text: ({ last_used_at: at }) => formatTime(at) },
];

/** The key alone goes to standard output, so that a script can keep it. */
async function create(
  { client, out }: Session,
  name: string,
  { scope, rate, expires, days }: CreateFlags,
): Promise<ExitCode> {
  const expiresAt =
    days === undefined ? expires : Math.floor(Date.now() / 1_000) + days * DAY_SECONDS;
  const body = {
    name,
    scope,
    ...(rate === undefined ? {} : { rate: Number(rate) }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
  const answer = await client.ask(newKeyAnswer, { method: "POST", path: "/v1/keys", body });
  out.json(answer);
  out.line(answer.key);
  const until = answer.expires_at === null ? "" : ` until ${formatTime(answer.expires_at)} UTC`;
  out.note(
    `the key ${answer.id} for ${JSON.stringify(answer.name)} has the scope ${answer.scope}${until}; it is shown this once`,
  );
  return EXIT_CODES.done;
}

async function revoke({ client, out }: Session, ids: readonly string[]): Promise<ExitCode> {
  const keys: Key[] = [];
  for (const id of ids) {
    const key = await client.ask(keyAnswer, { method: "DELETE", path: `/v1/keys/${id}` });
    keys.push(key);
    out.line(`the key ${key.id} for ${JSON.stringify(key.name)} is revoked`);
  }
  out.json({ keys });
  out.note("within half a minute nobody is let in by what was revoked");
  return EXIT_CODES.done;
}

function collectIds(text: string, before: readonly string[] = []): readonly string[] {
  if (!isKeyId(text)) {
    throw new InvalidArgumentError(
      "An id is the 12 characters between the underscores of the key; the list has them.",
    );
  }
  return [...before, text];
}
