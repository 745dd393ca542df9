import { formatSeries, type Series } from "@candlehouse/shared/core/series";
import { Option, type Command } from "commander";
import { triggerAnswer } from "../answers/series.ts";
import { EXIT_CODES, type ExitCode } from "../command-error.ts";
import { collectSeries, readPositive, readTime } from "../options.ts";
import { runCommand, type Session } from "../session.ts";

interface TriggerFlags {
  readonly limit?: number;
  readonly to?: number;
}

/** `candlehouse trigger` */
export function addTriggerCommand(program: Command): void {
  program
    .command("trigger")
    .description("fetch up to 2,000 candles of series now")
    .argument("<series...>", "such as binance:BTC-USDT:1m", collectSeries)
    .addOption(new Option("--limit <n>", "candles, up to 2000").argParser(readPositive))
    .addOption(
      new Option("--to <time>", "the newest candle wanted holds this time; now").argParser(
        readTime,
      ),
    )
    .action((series: Series[], _options, command: Command) =>
      runCommand<TriggerFlags>(command, (session, flags) => trigger(session, series, flags)),
    );
}

async function trigger(
  { client, out }: Session,
  list: readonly Series[],
  { limit, to }: TriggerFlags,
): Promise<ExitCode> {
  const triggered: object[] = [];
  for (const series of list) {
    const body = {
      ...series,
      ...(limit === undefined ? {} : { limit }),
      ...(to === undefined ? {} : { toTs: to }),
    };
    const answer = await client.ask(triggerAnswer, { method: "POST", path: "/trigger", body });
    triggered.push({ series: formatSeries(series), ...answer });
    out.line(answer.message);
    const next = /toTs=(\d+)/.exec(answer.next_trigger ?? "")?.[1];
    if (next !== undefined) {
      out.line(`  further back: candlehouse trigger ${formatSeries(series)} --to ${next}`);
    }
  }
  out.json({ triggered });
  return EXIT_CODES.done;
}
