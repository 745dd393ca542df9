import { Option, type Command } from "commander";
import { deadLettersPage, type DeadLetter } from "../answers/series.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { addLimitOption } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

const STATES = ["open", "replayed", "discarded"];

/** Most dead letters in one page. */
const PAGE_LETTERS = 1_000;

interface DeadLetterFlags {
  readonly state: string;
  readonly limit: number;
}

/** `candlehouse dead-letters` */
export function addDeadLettersCommand(program: Command): void {
  addLimitOption(
    program.command("dead-letters").description("messages that could not be stored, and why"),
    100,
  )
    .addOption(
      new Option("--state <state>", "those in this state, or any")
        .choices([...STATES, "any"])
        .default("open"),
    )
    .action((_options, command: Command) => runCommand<DeadLetterFlags>(command, list));
}

/** Up to `limit` dead letters, the one first seen last at the top, and whether there are more. */
export async function listDeadLetters(
  { client }: Session,
  state: string | undefined,
  limit: number,
): Promise<{ readonly letters: DeadLetter[]; readonly hasMore: boolean }> {
  const letters: DeadLetter[] = [];
  let cursor: string | undefined;
  do {
    const query = { state, cursor, limit: Math.min(PAGE_LETTERS, limit + 1 - letters.length) };
    const page = await client.ask(deadLettersPage, { path: "/v1/dead-letters", query });
    letters.push(...page.dead_letters);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && letters.length <= limit);
  return { letters: letters.slice(0, limit), hasMore: letters.length > limit };
}

async function list(session: Session, { state, limit }: DeadLetterFlags): Promise<ExitCode> {
  const { out } = session;
  const { letters, hasMore } = await listDeadLetters(
    session,
    state === "any" ? undefined : state,
    limit,
  );
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
