import { InvalidArgumentError, Option, type Command } from "commander";
import { wholeDeadLetter, type DeadLetter } from "../answers/dead-letter.ts";
import { EXIT_CODES, usageError, type ExitCode } from "../command-error.ts";
import {
  DEAD_LETTERS,
  listDeadLetters,
  resolveIds,
  type DeadLetterFilter,
} from "../list-dead-letters.ts";
import { addLimitOption, addYesOption } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { discardNamed, replayAll, replayNamed } from "../settle-dead-letters.ts";
import { confirmChange } from "../terminal/confirm.ts";
import { formatBytes, formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

const STATES = ["open", "replayed", "discarded"];

/** A question names how many it is up to so many. */
const COUNTED_MAX = 1_000;

interface FilterFlags {
  readonly source?: string;
  readonly queue?: string;
  readonly code?: string;
}

interface ListFlags extends FilterFlags {
  readonly state: string;
  readonly limit: number;
}

interface ReplayFlags extends FilterFlags {
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** `candlehouse dead-letters` */
export function addDeadLettersCommand(program: Command): void {
  const letters = program
    .command("dead-letters")
    .description("messages that could not be stored: list, show, replay, discard")
    .enablePositionalOptions();
  addListOptions(letters);
  addListOptions(letters.command("list", { hidden: true }).description("what could not be stored"));
  letters
    .command("show")
    .description("all that is known of a dead letter, and the message itself")
    .argument("<id>", ID_TEXT, readId)
    .action((id: string, _options, command: Command) =>
      runCommand(command, (session) => show(session, id)),
    );
  const replay = letters
    .command("replay")
    .description("send dead letters to their queues again")
    .argument("[ids...]", ID_TEXT, collectIds)
    .option("--all", "all that are open, or those of them that the options below mean");
  addYesOption(addFilterOptions(replay)).action(
    (ids: string[] | undefined, _options, command: Command) =>
      runCommand<ReplayFlags>(command, (session, flags) => runReplay(session, ids ?? [], flags)),
  );
  letters
    .command("discard")
    .description("give dead letters up; what is in them stays on R2")
    .argument("<ids...>", ID_TEXT, collectIds)
    .requiredOption("--reason <text>", "why; it is kept with them")
    .action((ids: string[], _options, command: Command) =>
      runCommand<{ reason: string }>(command, (session, { reason }) =>
        discard(session, ids, reason),
      ),
    );
}

const ID_TEXT = "an id, or how it begins";

function readId(text: string): string {
  const id = text.toLowerCase();
  if (!/^[0-9a-f]{4,64}$/.test(id)) {
    throw new InvalidArgumentError("An id is 64 hexadecimal digits; four of them at least.");
  }
  return id;
}

function collectIds(text: string, before: readonly string[] = []): string[] {
  return [...before, readId(text)];
}

function addFilterOptions(command: Command): Command {
  return command
    .option("--source <source>", "those of this source")
    .option("--queue <queue>", "those of this queue, such as candles-dlq")
    .option("--code <code>", "those for this reason, such as retries_exhausted");
}

function addListOptions(command: Command): void {
  addLimitOption(addFilterOptions(command), 100)
    .addOption(
      new Option("--state <state>", "those in this state, or any")
        .choices([...STATES, "any"])
        .default("open"),
    )
    .action((_options, self: Command) => runCommand<ListFlags>(self, list));
}

function filterOf({ source, queue, code }: FilterFlags): DeadLetterFilter {
  return {
    ...(source === undefined ? {} : { source }),
    ...(queue === undefined ? {} : { queue }),
    ...(code === undefined ? {} : { reason_code: code }),
  };
}

async function list({ client, out }: Session, flags: ListFlags): Promise<ExitCode> {
  const { state, limit } = flags;
  const filter = { ...filterOf(flags), ...(state === "any" ? {} : { state }) };
  const { letters, hasMore } = await listDeadLetters(client, filter, limit);
  out.json({ dead_letters: letters, has_more: hasMore });
  out.table(COLUMNS, letters);
  const kind = state === "any" ? "dead letter" : `${state} dead letter`;
  const counted = letters.length === 0 ? `no ${kind}` : formatCount(letters.length, kind);
  out.line(hasMore ? `${counted}; there are more: --limit ${limit * 10} shows them` : counted);
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { name: "id", text: ({ id }) => id.slice(0, 12) },
  { name: "first seen", text: ({ first_seen }) => formatTime(first_seen) },
  {
    name: "times",
    align: "right",
    leaveOut: 2,
    text: ({ seen_count }) => formatNumber(seen_count),
  },
  { name: "source", text: ({ source }) => source ?? "–" },
  {
    name: "candles",
    align: "right",
    text: ({ candles }) => (candles === null ? "–" : formatNumber(candles)),
  },
  { name: "state", leaveOut: 3, text: ({ state }) => state },
  { name: "code", text: ({ reason_code }) => reason_code },
  { name: "why", isBelow: true, text: ({ reason }) => reason },
];

async function show({ client, out }: Session, beginning: string): Promise<ExitCode> {
  const [id = beginning] = await resolveIds(client, [beginning]);
  const letter = await client.ask(wholeDeadLetter, { path: `${DEAD_LETTERS}/${id}` });
  out.json(letter);
  out.line(`${id}, ${letter.state}`);
  out.line(`${letter.reason_code}: ${letter.reason}`);
  out.line(
    `from ${letter.queue}, ${formatCount(letter.seen_count, "time")}: first ${formatTime(letter.first_seen)}, last ${formatTime(letter.last_seen)}`,
  );
  if (letter.settled_at !== null) {
    const why = letter.discard_reason === null ? "" : `: ${letter.discard_reason}`;
    out.line(`${letter.state} ${formatTime(letter.settled_at)}${why}`);
  }
  if (letter.damage !== null) {
    out.line(out.colour("red", letter.damage));
  }
  const { body } = letter;
  out.line();
  out.line(typeof body === "string" ? body : JSON.stringify(body, null, 2));
  if (letter.truncated) {
    out.line(`… the first part of ${formatBytes(letter.body_bytes)}`);
  }
  return letter.damage === null ? EXIT_CODES.done : EXIT_CODES.problems;
}

async function runReplay(
  { client, out }: Session,
  named: readonly string[],
  flags: ReplayFlags,
): Promise<ExitCode> {
  const filter = filterOf(flags);
  const isAll = flags.all === true;
  if (isAll === named.length > 0 || (!isAll && Object.keys(filter).length > 0)) {
    throw usageError("name the dead letters, or replay --all of them, which options may narrow");
  }
  if (isAll) {
    const { letters, hasMore } = await listDeadLetters(
      client,
      { state: "open", ...filter },
      COUNTED_MAX,
    );
    if (letters.length > 0) {
      const count = `${hasMore ? "more than " : ""}${formatCount(letters.length, "dead letter")}`;
      await confirmChange(`replay ${count}`, flags.yes === true);
    }
  }
  const { ids, failed } = isAll
    ? await replayAll(client, filter)
    : await replayNamed(client, await resolveIds(client, named));
  out.json({ replayed: ids.length, ids, failed });
  for (const { id, reason } of failed) {
    out.note(`${id.slice(0, 12)}: ${reason}`);
  }
  const kept = failed.length === 0 ? "" : `; ${formatNumber(failed.length)} could not be`;
  const next = ids.length === 0 ? "" : ": candlehouse dead-letters lists those that come back";
  out.line(`${formatCount(ids.length, "dead letter")} sent again${kept}${next}`);
  return failed.length === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
}

async function discard(
  { client, out }: Session,
  named: readonly string[],
  reason: string,
): Promise<ExitCode> {
  const ids = await resolveIds(client, named);
  const discarded = await discardNamed(client, ids, reason);
  out.json({ discarded: discarded.length, ids: discarded });
  const left = ids.length - discarded.length;
  const rest = left === 0 ? "" : `; ${formatNumber(left)} of those named are not open`;
  out.line(`${formatCount(discarded.length, "dead letter")} discarded${rest}`);
  return left === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
}
