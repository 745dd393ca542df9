import { BACKFILL_STATES } from "@candlehouse/shared/core/backfill-job";
import type { Series } from "@candlehouse/shared/core/series";
import { SOURCES } from "@candlehouse/shared/core/source";
import { Option, type Command } from "commander";
import {
  backfill as backfillAnswer,
  backfillPlan,
  backfillStart,
  jobsPage,
  type BackfillStart,
  type Job,
  type PlannedJob,
} from "../answers/backfill.ts";
import { planOrders, type BackfillOrder } from "../backfill-orders.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import {
  addDryRunOption,
  addLimitOption,
  addRangeOptions,
  addSelectionOptions,
  addYesOption,
  collectSeries,
  type RangeFlags,
  type SelectionFlags,
} from "../options.ts";
import { runCommand, type Session } from "../session.ts";
import { confirmChange } from "../terminal/confirm.ts";
import { formatCount, formatNumber, formatTime, formatUsd } from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";
import { readBackfill, showJobs, tellResult, watchBackfills } from "../watch-backfills.ts";

interface StartFlags extends SelectionFlags, RangeFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly grouped?: boolean;
  /** False with --no-wait. */
  readonly wait: boolean;
}

interface ListFlags {
  readonly state?: string;
  readonly source?: string;
  readonly limit: number;
}

/** One series that was named is begun without a question up to so many candles. */
const UNASKED_CANDLES_MAX = 100_000;

const BACKFILLS = "/v1/backfills";

/** `candlehouse backfill` */
export function addBackfillCommand(program: Command): void {
  const backfill = program
    .command("backfill")
    .description("fetch history: start, list, show, pause, resume, cancel")
    .argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries)
    .enablePositionalOptions();
  addSelectionOptions(backfill);
  addRangeOptions(backfill);
  addYesOption(addDryRunOption(backfill))
    .option("--grouped", "1d candles of all symbols a day at once, where the source has that")
    .option("--no-wait", "start it and return at once")
    .action((named: Series[] | undefined, _options, command: Command) =>
      runCommand<StartFlags>(command, (session, flags) => start(session, named ?? [], flags)),
    );
  addLimitOption(backfill.command("list").description("jobs, the newest first"), 50)
    .addOption(new Option("--state <state>", "only those in this state").choices(BACKFILL_STATES))
    .addOption(new Option("--source <source>", "only those of this source").choices(SOURCES))
    .action((_options, command: Command) => runCommand<ListFlags>(command, list));
  backfill
    .command("show")
    .description("how far a backfill is, and what came of it")
    .argument("<id>", "of a backfill or of one of its jobs")
    .option("--watch", "until it has ended")
    .action((id: string, _options, command: Command) =>
      runCommand<{ watch?: boolean }>(command, (session, { watch }) => show(session, id, watch)),
    );
  addControl(backfill, "pause", "let a backfill rest", "POST");
  addControl(backfill, "resume", "go on with a backfill that rests", "POST");
  addControl(backfill, "cancel", "end a backfill; what it stored stays", "DELETE");
}

async function start(
  session: Session,
  named: readonly Series[],
  flags: StartFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  const orders = await planOrders(client, named, flags);
  const isAsked = flags.yes !== true || flags.dryRun === true;
  if (isAsked) {
    const plan = await planAll(session, orders);
    if (flags.dryRun === true) {
      out.json({ dry_run: true, jobs: plan });
      out.table(PLAN_COLUMNS, plan);
      out.line(`this would start ${extentOf(plan)}`);
      return EXIT_CODES.done;
    }
    const isSmall =
      plan.length === 1 && named.length === 1 && missingOf(plan) <= UNASKED_CANDLES_MAX;
    if (!isSmall) {
      if (!out.isJson) {
        out.table(PLAN_COLUMNS, plan);
      }
      await confirmChange(`start ${extentOf(plan)}`, false);
    }
  }
  const started: BackfillStart[] = [];
  for (const body of orders) {
    started.push(await client.ask(backfillStart, { method: "POST", path: BACKFILLS, body }));
  }
  if (!flags.wait) {
    out.json({ backfills: started });
    for (const { id, message } of started) {
      out.line(`${message}\n  candlehouse backfill show ${id} tells how far it is`);
    }
    return EXIT_CODES.done;
  }
  const ended = await watchBackfills(
    session,
    started.map(({ id }) => id),
  );
  out.json({ backfills: ended });
  return tellResult(out, ended);
}

/** What the orders would start; nothing is started. */
async function planAll({ client }: Session, orders: readonly BackfillOrder[]) {
  const jobs: PlannedJob[] = [];
  for (const order of orders) {
    const body = { ...order, dry_run: true };
    const plan = await client.ask(backfillPlan, { method: "POST", path: BACKFILLS, body });
    jobs.push(...plan.jobs);
  }
  return jobs;
}

function missingOf(plan: readonly PlannedJob[]): number {
  return plan.reduce((sum, job) => sum + (job.missing ?? job.candles_due), 0);
}

function extentOf(plan: readonly PlannedJob[]): string {
  const requests = plan.reduce((sum, job) => sum + job.requests_estimated, 0);
  const usd = plan.reduce((sum, job) => sum + job.usd_estimated, 0);
  return `a backfill of ${formatCount(plan.length, "series")}: ${formatCount(missingOf(plan), "missing candle")}, some ${formatCount(requests, "request")} and ${formatUsd(usd)} beyond what the plan includes`;
}

const PLAN_COLUMNS: readonly Column<PlannedJob>[] = [
  { name: "series", text: ({ series }) => series },
  { name: "from", text: (job) => formatTime(job.start) },
  { name: "until", leaveOut: 1, text: (job) => formatTime(job.end) },
  { name: "candles", align: "right", text: (job) => formatNumber(job.candles_due) },
  {
    name: "missing",
    align: "right",
    text: ({ missing }) => (missing === undefined ? "?" : formatNumber(missing)),
  },
  { name: "requests", align: "right", text: (job) => formatNumber(job.requests_estimated) },
];

async function list({ client, out }: Session, { state, source, limit }: ListFlags) {
  const jobs: Job[] = [];
  let cursor: string | undefined;
  do {
    const query = { state, source, limit: limit - jobs.length, cursor };
    const page = await client.ask(jobsPage, { path: BACKFILLS, query });
    jobs.push(...page.jobs);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && jobs.length < limit);
  out.json({ jobs });
  showJobs(out, jobs);
  out.line(
    `${formatCount(jobs.length, "job")}${cursor === undefined ? "" : `; there are more: --limit ${limit * 4}`}`,
  );
  return EXIT_CODES.done;
}

async function show(session: Session, id: string, watch: boolean | undefined): Promise<ExitCode> {
  const { out } = session;
  if (watch === true) {
    const ended = await watchBackfills(session, [id]);
    out.json(ended[0]);
    return tellResult(out, ended);
  }
  const backfill = await readBackfill(session, id);
  out.json(backfill);
  showJobs(out, backfill.jobs);
  for (const { series, errors } of backfill.jobs) {
    for (const { code, reason, count } of errors) {
      out.line(`${series}: ${code}${count > 1 ? ` (${count} times)` : ""}: ${reason ?? ""}`);
    }
  }
  out.line(backfill.message);
  return EXIT_CODES.done;
}

function addControl(
  parent: Command,
  name: "pause" | "resume" | "cancel",
  description: string,
  method: "POST" | "DELETE",
): void {
  parent
    .command(name)
    .description(description)
    .argument("<id>", "of a backfill or of one of its jobs")
    .action((id: string, _options, command: Command) =>
      runCommand(command, async ({ client, out }) => {
        const path = `${BACKFILLS}/${encodeURIComponent(id)}${name === "cancel" ? "" : `/${name}`}`;
        const answer = await client.ask(backfillAnswer, { method, path });
        out.json(answer);
        showJobs(out, answer.jobs);
        out.line(answer.message);
        return EXIT_CODES.done;
      }),
    );
}
