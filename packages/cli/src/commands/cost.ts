import type { Command } from "commander";
import {
  costsAnswer,
  type BillLine,
  type CostBudget,
  type WorkOfMonth,
} from "../answers/operations.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { runCommand, type Session } from "../session.ts";
import {
  formatBytes,
  formatNumber,
  formatRatio,
  formatShort,
  formatUsd,
} from "../terminal/format.ts";
import type { Column } from "../terminal/table.ts";

interface CostFlags {
  readonly month?: string;
}

/** `candlehouse cost` */
export function addCostCommand(program: Command): void {
  program
    .command("cost")
    .description("what was done this month, and what is billed of it")
    .option("--month <month>", "another month, such as 2026-10; UTC")
    .action((_options, command: Command) => runCommand<CostFlags>(command, tellCost));
}

async function tellCost({ client, out }: Session, { month }: CostFlags): Promise<ExitCode> {
  const costs = await client.ask(costsAnswer, { path: "/v1/costs", query: { month } });
  out.json(costs);
  out.table(BILL_COLUMNS, costs.items);
  out.line();
  if (costs.works.length > 0) {
    out.table(WORK_COLUMNS, costs.works);
    out.line();
  }
  const { plan, projected_usd: usd } = costs;
  const fee = `${formatUsd(plan.usd_a_month)} of them for the plan ${plan.name}`;
  out.line(
    costs.elapsed_ratio >= 1
      ? `${costs.month}: ${formatUsd(usd)}, ${fee}`
      : `${costs.month}, of which ${formatRatio(costs.elapsed_ratio)} is over: ${formatUsd(usd)} by its end if it goes on so, ${fee}`,
  );
  if (costs.elapsed_ratio < 1) {
    out.line(budgetText(costs.budget));
  }
  out.line("not counted:");
  for (const what of costs.not_counted) {
    out.line(`  ${what}`);
  }
  return EXIT_CODES.done;
}

function budgetText(budget: CostBudget): string {
  if (budget === null) {
    return "budget: none is known (BUDGET_USD), so that nothing slows backfills";
  }
  return `budget: ${formatUsd(budget.usd)} a month; backfills are ${budget.reason ?? "at full speed"}`;
}

function amountOf(unit: string, amount: number): string {
  return unit === "bytes" ? formatBytes(amount) : formatShort(amount);
}

/** `0.4 %`, `312 %`: unlike a ratio of completeness, it may be above one. */
function shareOf(ratio: number): string {
  return `${ratio < 0.1 ? (ratio * 100).toFixed(1) : formatNumber(Math.round(ratio * 100))} %`;
}

const BILL_COLUMNS: readonly Column<BillLine>[] = [
  { name: "billed", text: ({ name }) => name },
  { name: "so far", align: "right", text: ({ unit, used }) => amountOf(unit, used) },
  {
    name: "by month's end",
    align: "right",
    text: ({ unit, projected }) => amountOf(unit, projected),
  },
  {
    name: "included",
    align: "right",
    leaveOut: 1,
    text: ({ unit, included }) => amountOf(unit, included),
  },
  { name: "of that", align: "right", text: ({ projected_ratio }) => shareOf(projected_ratio) },
  { name: "cost", align: "right", text: ({ projected_usd }) => formatUsd(projected_usd) },
];

const WORK_COLUMNS: readonly Column<WorkOfMonth>[] = [
  { name: "work", text: ({ work }) => work },
  { name: "runs", align: "right", text: ({ runs }) => formatShort(runs) },
  { name: "candles", align: "right", text: ({ candles }) => formatShort(candles) },
  { name: "rows written", align: "right", text: ({ rows_written }) => formatShort(rows_written) },
  { name: "rows read", align: "right", text: ({ rows_read }) => formatShort(rows_read) },
  { name: "queue", align: "right", text: ({ queue_operations }) => formatShort(queue_operations) },
  { name: "requests", align: "right", leaveOut: 3, text: ({ requests }) => formatShort(requests) },
  { name: "R2 writes", align: "right", leaveOut: 2, text: ({ class_a }) => formatShort(class_a) },
  { name: "R2 reads", align: "right", leaveOut: 2, text: ({ class_b }) => formatShort(class_b) },
  { name: "steps", align: "right", leaveOut: 1, text: ({ steps }) => formatShort(steps) },
  {
    name: "limiters",
    align: "right",
    leaveOut: 1,
    text: ({ object_requests }) => formatShort(object_requests),
  },
];
