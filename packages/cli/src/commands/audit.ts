import { Option, type Command } from "commander";
import { auditAnswer, type AuditedOrder } from "../answers/access.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { addLimitOption, readTime } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

/** Most orders that one answer has. */
const PAGE_ORDERS_MAX = 1_000;

/** Longest detail of an order in the table, in characters. */
const SHOWN_LENGTH_MAX = 200;

interface AuditFlags {
  readonly caller?: string;
  /** Unix seconds, inclusive. */
  readonly since?: number;
  readonly limit: number;
}

/** `candlehouse audit` */
export function addAuditCommand(program: Command): void {
  addLimitOption(
    program.command("audit").description("what was ordered, by whom, and what came of it"),
    50,
  )
    .option("--caller <caller>", "key:ID, jwt:SUBJECT, bootstrap or local")
    .addOption(new Option("--since <time>", "orders from then on").argParser(readTime))
    .action((_options, command: Command) => runCommand<AuditFlags>(command, list));
}

async function list(
  { client, out }: Session,
  { caller, since, limit }: AuditFlags,
): Promise<ExitCode> {
  const orders: AuditedOrder[] = [];
  let cursor: string | undefined;
  do {
    const query = {
      caller,
      since,
      limit: Math.min(limit - orders.length, PAGE_ORDERS_MAX),
      cursor,
    };
    const page = await client.ask(auditAnswer, { path: "/v1/audit", query });
    orders.push(...page.orders);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && orders.length < limit);
  out.json({ orders });
  out.table(COLUMNS, orders);
  out.line(orders.length === 0 ? "no order" : formatCount(orders.length, "order"));
  return EXIT_CODES.done;
}

const COLUMNS: readonly Column<AuditedOrder>[] = [
  { name: "at", text: ({ at }) => formatTime(at) },
  { name: "caller", text: ({ caller }) => caller },
  { name: "name", mayShrink: true, leaveOut: 1, text: ({ name }) => name ?? "–" },
  { name: "order", text: ({ method, path }) => `${method} ${path}` },
  {
    name: "answer",
    align: "right",
    text: ({ status }) => (status === null ? "none" : String(status)),
  },
  {
    name: "ms",
    align: "right",
    leaveOut: 2,
    text: ({ duration_ms: took }) => (took === null ? "–" : formatNumber(took)),
  },
  { name: "what", isBelow: true, text: ({ detail }) => shownDetail(detail) },
];

function shownDetail(detail: AuditedOrder["detail"]): string {
  const text = JSON.stringify(detail);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
