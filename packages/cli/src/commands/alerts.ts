import { Option, type Command } from "commander";
import { alertsAnswer, type Alert } from "../answers/alert.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { addLimitOption } from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { formatCount, formatNumber, formatTime } from "../terminal/format.ts";
import { colourState } from "../terminal/state-colour.ts";
import type { Column } from "../terminal/table.ts";

/** Most alerts that one answer has. */
const ALERTS_MAX = 1_000;

interface AlertFlags {
  readonly state: "firing" | "resolved" | "any";
  readonly limit: number;
}

/** `candlehouse alerts` */
export function addAlertsCommand(program: Command): void {
  addLimitOption(
    program.command("alerts").description("what is wrong now, and where it is told what to do"),
    100,
  )
    .addOption(
      new Option("--state <state>", "those that fire, those that are over, or any")
        .choices(["firing", "resolved", "any"])
        .default("firing"),
    )
    .action((_options, command: Command) => runCommand<AlertFlags>(command, list));
}

async function list({ client, out }: Session, { state, limit }: AlertFlags): Promise<ExitCode> {
  const query = {
    ...(state === "any" ? {} : { state }),
    limit: Math.min(limit, ALERTS_MAX),
  };
  const { alerts } = await client.ask(alertsAnswer, { path: "/v1/alerts", query });
  out.json({ alerts });
  out.table(COLUMNS, alerts);
  const firing = alerts.filter((alert) => alert.state === "firing").length;
  const kind = state === "any" ? "alert" : `${state} alert`;
  out.line(alerts.length === 0 ? `no ${kind}` : formatCount(alerts.length, kind));
  return firing === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
}

const COLUMNS: readonly Column<Alert>[] = [
  { name: "kind", text: ({ kind }) => kind },
  { name: "severity", text: ({ severity }) => colourState(severity) },
  { name: "state", leaveOut: 3, text: ({ state }) => state },
  { name: "since", text: ({ raised_at: at }) => formatTime(at) },
  {
    name: "until",
    leaveOut: 2,
    text: ({ resolved_at: at }) => (at === null ? "–" : formatTime(at)),
  },
  {
    name: "times",
    align: "right",
    leaveOut: 4,
    text: ({ raised_count }) => formatNumber(raised_count),
  },
  { name: "what to do", leaveOut: 1, text: ({ runbook }) => runbook ?? "–" },
  { name: "why", isBelow: true, text: ({ message }) => message },
];
