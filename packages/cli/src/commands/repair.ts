import { GAP_CLASSES } from "@candlehouse/shared/core/gap";
import type { Series } from "@candlehouse/shared/core/series";
import { Option, type Command } from "commander";
import { repairAnswer, type Failure } from "../answers/gap.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import type { Output } from "../output.ts";
import {
  addDryRunOption,
  addRangeOptions,
  addSelectionOptions,
  addYesOption,
  collectSeries,
  type RangeFlags,
  type SelectionFlags,
} from "../options.ts";
import { filtersOf, rangeOf } from "../select-series.ts";
import { runCommand, type Session } from "../session.ts";
import { confirmChange } from "../terminal/confirm.ts";
import { formatCount } from "../terminal/format.ts";
import { tellResult, watchBackfills } from "../watch-backfills.ts";

interface RepairFlags extends SelectionFlags, RangeFlags {
  readonly class?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
}

/** `candlehouse repair` */
export function addRepairCommand(program: Command): void {
  const repair = program
    .command("repair")
    .description("fill the gaps that can be filled")
    .argument("[series...]", "such as binance:BTC-USDT:1m", collectSeries);
  addSelectionOptions(repair);
  addRangeOptions(repair);
  addYesOption(addDryRunOption(repair))
    .addOption(new Option("--class <class>", "only gaps of this class").choices(GAP_CLASSES))
    .option("--no-wait", "start it and return at once")
    .action((named: Series[] | undefined, _options, command: Command) =>
      runCommand<RepairFlags>(command, (session, flags) => runRepair(session, named ?? [], flags)),
    );
}

async function runRepair(
  session: Session,
  named: readonly Series[],
  flags: RepairFlags,
): Promise<ExitCode> {
  const { client, out } = session;
  const range = await rangeOf(client, flags);
  const filters = await filtersOf(client, named, flags);
  const orders = filters.map((filter) => ({
    ...filter,
    ...range,
    ...(flags.class === undefined ? {} : { class: flags.class }),
  }));
  const plan = await send(session, orders, true);
  if (flags.dryRun === true) {
    out.json({ dry_run: true, gaps: plan.gaps, candles: plan.candles });
    out.line(plan.gaps === 0 ? NOTHING : `this would repair ${extentOf(plan)}`);
    return EXIT_CODES.done;
  }
  if (plan.gaps === 0) {
    out.json({ gaps: 0, candles: 0, backfills: [] });
    out.line(NOTHING);
    return EXIT_CODES.done;
  }
  if (named.length !== 1) {
    await confirmChange(`repair ${extentOf(plan)}`, flags.yes === true);
  }
  const started = await send(session, orders, false);
  if (!flags.wait || started.backfills.length === 0) {
    out.json(started);
    started.messages.forEach((message) => out.line(message));
    tellFailures(out, started.errors);
    for (const id of started.backfills) {
      out.line(`  candlehouse backfill show ${id} tells how far it is`);
    }
    return started.errors.length === 0 ? EXIT_CODES.done : EXIT_CODES.problems;
  }
  const ended = await watchBackfills(session, started.backfills);
  out.json({ ...started, backfills: ended });
  const code = tellResult(out, ended);
  tellFailures(out, started.errors);
  return code === EXIT_CODES.done && started.errors.length > 0 ? EXIT_CODES.problems : code;
}

function tellFailures(out: Output, errors: readonly Failure[]): void {
  for (const { series, reason } of errors) {
    out.line(`${series} could not be repaired: ${reason}`);
  }
}

const NOTHING = "no gap can be filled by asking again: candlehouse gaps lists what is missing";

interface Repair {
  readonly gaps: number;
  readonly candles: number;
}

function extentOf({ gaps, candles }: Repair): string {
  return `${formatCount(gaps, "gap")} with ${formatCount(candles, "candle")}`;
}

async function send({ client }: Session, orders: readonly object[], isDryRun: boolean) {
  const sums = {
    gaps: 0,
    candles: 0,
    backfills: [] as string[],
    errors: [] as Failure[],
    messages: [] as string[],
  };
  for (const order of orders) {
    const answer = await client.ask(repairAnswer, {
      method: "POST",
      path: "/v1/gaps/repair",
      body: { ...order, dry_run: isDryRun },
    });
    sums.gaps += answer.gaps;
    sums.candles += answer.candles;
    sums.backfills.push(...answer.backfills);
    sums.errors.push(...answer.errors);
    sums.messages.push(answer.message);
  }
  return sums;
}
