import type { Command } from "commander";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { readStatus, type Status } from "../read-status.ts";
import { runCommand, type Session } from "../session.ts";
import { formatBytes, formatCount, formatNumber, formatTime } from "../terminal/format.ts";

/** `candlehouse status` */
export function addStatusCommand(program: Command): void {
  program
    .command("status")
    .description("everything at a glance")
    .action((_options, command: Command) => runCommand(command, tellStatus));
}

async function tellStatus(session: Session): Promise<ExitCode> {
  const { client, out } = session;
  const status = await readStatus(session);
  out.json(status);
  if (!out.isJson) {
    const { health, problems } = status;
    out.line(`${out.colour("bold", "Candlehouse")} at ${client.url}`);
    out.line(
      `${health.status === "ok" ? out.colour("green", "ok") : out.colour("yellow", health.status)}, its clock shows ${formatTime(health.time)} UTC`,
    );
    out.line();
    for (const { name, isRight, text, details } of rowsOf(status)) {
      const mark = isRight ? out.colour("green", "✓") : out.colour("yellow", "!");
      out.line(`${mark} ${name.padEnd(13)} ${text}`);
      for (const detail of details) {
        out.line(`${" ".repeat(16)}${out.colour("dim", fit(detail, 16))}`);
      }
    }
    out.line();
    out.line(problems === 0 ? "nothing needs you" : `${formatCount(problems, "thing")} to look at`);
  }
  return status.problems === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
}

/** One line of a terminal at most, `indent` characters of which are taken. */
function fit(text: string, indent: number): string {
  const width = (process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY) - indent;
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

interface StatusRow {
  readonly name: string;
  readonly isRight: boolean;
  readonly text: string;
  readonly details: readonly string[];
}

/** What is told below a line at most. */
const DETAILS_MAX = 5;

function rowsOf(status: Status): StatusRow[] {
  const { sources, series, jobs, gaps, dead_letters: letters, archive } = status;
  const failing = sources.filter(({ state }) => state === "failing");
  const off = sources.filter(({ state }) => state === "off");
  const unasked = sources.filter(({ state }) => state === null);
  return [
    {
      name: "sources",
      isRight: failing.length === 0,
      text: `${sources.length - failing.length - off.length - unasked.length} ok, ${failing.length} failing, ${off.length} off${unasked.length === 0 ? "" : `, ${unasked.length} not asked yet`}`,
      details: failing
        .concat(off)
        .map(({ source, state, reason }) => `${source} ${state}: ${reason ?? "no reason given"}`),
    },
    {
      name: "series",
      isRight: series.late.length === 0,
      text: `${formatNumber(series.enabled)} collected, ${series.late.length === 0 ? "none" : formatNumber(series.late.length)} late or failing`,
      details: shortened(series.late),
    },
    {
      name: "jobs",
      isRight: true,
      text: jobs.length === 0 ? "none open" : `${formatCount(jobs.length, "backfill")} open`,
      details: shortened(
        jobs.map(
          ({ series: name, state, done, due }) =>
            `${name} ${state}, ${due === 0 ? 0 : Math.floor((100 * done) / due)}%`,
        ),
      ),
    },
    {
      name: "gaps",
      isRight: gaps.gaps === 0,
      text:
        gaps.gaps === 0
          ? "none open"
          : `${formatNumber(gaps.gaps)}${gaps.has_more ? "+" : ""} open, ${formatCount(gaps.candles, "candle")} missing`,
      details:
        gaps.gaps === 0 ? [] : ["candlehouse gaps lists them, candlehouse repair fills them"],
    },
    {
      name: "dead letters",
      isRight: letters.open === 0,
      text: letters.open === 0 ? "none open" : `${formatNumber(letters.open)} open`,
      details: letters.open === 0 ? [] : ["candlehouse dead-letters lists them"],
    },
    {
      name: "archive",
      isRight: archive.damaged === 0,
      text: `${formatCount(archive.files, "file")}, ${formatCount(archive.candles, "candle")}, ${formatBytes(archive.bytes)}${archive.damaged === 0 ? "" : `; ${archive.damaged} damaged`}`,
      details: archive.damaged === 0 ? [] : ["candlehouse verify names them"],
    },
  ];
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - DETAILS_MAX;
  return more > 0 ? [...lines.slice(0, DETAILS_MAX), `and ${formatNumber(more)} more`] : [...lines];
}
