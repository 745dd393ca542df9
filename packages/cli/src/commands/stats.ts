import type { Command } from "commander";
import {
  statsAnswer,
  type QueueBacklog,
  type Stats,
  type StatsHour,
} from "../answers/operations.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { runCommand, type Session } from "../session.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatRate,
  formatTime,
} from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

/** Hours that are shown of the 48 that are answered. */
const SHOWN_HOURS = 12;

/** `candlehouse stats` */
export function addStatsCommand(program: Command): void {
  program
    .command("stats")
    .description("the pipeline at work: what is stored, what waits, what is kept")
    .action((_options, command: Command) => runCommand(command, tellStats));
}

async function tellStats({ client, out }: Session): Promise<ExitCode> {
  const stats = await client.ask(statsAnswer, { path: "/stats" });
  out.json(stats);
  out.table(HOUR_COLUMNS, stats.hours.slice(-SHOWN_HOURS));
  if (stats.hours.length > 0) {
    out.line();
  }
  out.table(queueColumns(stats.at), stats.queues);
  if (stats.queues.length > 0) {
    out.line();
  }
  for (const [name, text] of linesOf(stats)) {
    out.line(`${name.padEnd(14)} ${text}`);
  }
  return EXIT_CODES.done;
}

function linesOf(stats: Stats): (readonly [name: string, text: string])[] {
  const { hour, day } = stats.totals;
  const { archive, dead_letters: letters, alerts, jobs } = stats;
  const rate = stats.candles_per_second;
  const damaged = archive.damaged === 0 ? "" : `; ${formatCount(archive.damaged, "file")} damaged`;
  const waiting =
    archive.fragments === 0 ? "" : `; ${formatCount(archive.fragments, "fragment")} to be merged`;
  return [
    ["last hour", `${formatCount(hour.inserted, "candle")} stored`],
    [
      "last day",
      `${formatCount(day.inserted, "candle")} stored, ${formatNumber(day.ignored)} known, ${formatNumber(day.revised)} revised${rate === null ? "" : `, ${formatRate(rate)} a second while it worked`}`,
    ],
    [
      "dead letters",
      letters.open === 0
        ? "none open"
        : `${formatNumber(letters.open)} open, the first since ${formatTime(letters.oldest_open_at)}`,
    ],
    [
      "archive",
      `${formatCount(archive.files, "file")}, ${formatCount(archive.candles, "candle")}, ${formatBytes(archive.bytes)}, changed ${formatTime(archive.last_change_at)}${waiting}${damaged}`,
    ],
    [
      "jobs",
      `${formatCount(jobs.open_backfills, "backfill")} and ${formatCount(jobs.open_imports, "import")} open`,
    ],
    [
      "alerts",
      alerts.firing === 0
        ? "none"
        : `${formatNumber(alerts.firing)} firing, ${formatNumber(alerts.critical)} of them critical`,
    ],
  ];
}

const HOUR_COLUMNS: readonly Column<StatsHour>[] = [
  { name: "hour", text: ({ hour }) => formatTime(hour) },
  { name: "stored", align: "right", text: ({ inserted }) => formatNumber(inserted) },
  { name: "known", align: "right", text: ({ ignored }) => formatNumber(ignored) },
  { name: "revised", align: "right", text: ({ revised }) => formatNumber(revised) },
  { name: "batches", align: "right", leaveOut: 2, text: ({ runs }) => formatNumber(runs) },
  { name: "sent back", align: "right", leaveOut: 1, text: ({ retried }) => formatNumber(retried) },
  { name: "dead", align: "right", text: ({ dead }) => formatNumber(dead) },
];

function queueColumns(at: number): readonly Column<QueueBacklog>[] {
  return [
    { name: "queue", text: ({ queue }) => queue },
    {
      name: "messages",
      align: "right",
      text: ({ backlog_messages }) => formatNumber(backlog_messages),
    },
    { name: "size", align: "right", text: ({ backlog_bytes }) => formatBytes(backlog_bytes) },
    {
      name: "oldest",
      align: "right",
      text: ({ oldest_message_at: oldest }) =>
        oldest === null ? "–" : formatDuration(Math.max(0, at - oldest)),
    },
  ];
}
